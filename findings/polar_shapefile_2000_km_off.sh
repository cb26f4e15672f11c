#!/usr/bin/env bash
# geopandas 1.2.0 (pyogrio 0.13.0) writes, shpjs 6.2.0 (proj4js 2.22.0) reads
#
# Expected: a polar shapefile (EPSG:3413, the grid of most Arctic imagery) opened
#   in the browser shows up where geopandas put it, or is refused.
# Happens: the .prj of a shapefile spells the projection the Esri way,
#   Stereographic_North_Pole with the latitude of true scale as
#   Standard_Parallel_1 and no latitude of origin. proj4js takes the name and
#   leaves the latitude of origin at the equator: a point in the far
#   north lands in the Atlantic, 2,170 km away. No error. The same system as
#   proj4 string or as WKT 2 is right to the millimetre; so are the Esri spellings
#   of UTM, Lambert and Albers, so the page passes its tests in the mid-latitudes.
# Cost: sea-ice and glacier labels are matched with nothing, or with the wrong scene.
#
# Observed:
#   written : -40.00 75.00
#   shpjs   : -42.79 55.45   2177 km off
#   proj4js from the same .prj, EPSG:3413: wrong; from its proj4 string: ok; from its WKT 2: ok
#   proj4js from the .prj of EPSG:3995: wrong, EPSG:32633: ok, EPSG:2154: ok, EPSG:5070: ok
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q geopandas==1.2.0 pyogrio==0.13.0 pyproj==3.7.2 shapely==2.2.0 numpy==2.4.6
npm init -y >/dev/null
npm install --silent --ignore-scripts --no-audit --no-fund shpjs@6.2.0 proj4@2.22.0
v/bin/python -W ignore - <<'PY'
import json
import geopandas as gpd, pyproj
from shapely.geometry import Point

gpd.GeoDataFrame({"i": [1]}, geometry=[Point(-40, 75)], crs=4326).to_crs(3413).to_file("p.shp")
out = {}
for code, lon, lat in ((3413, -40, 75), (3995, 30, 75), (32633, 13, 52), (2154, 2, 47), (5070, -100, 40)):
    crs = pyproj.CRS(code)
    xy = pyproj.Transformer.from_crs(4326, crs, always_xy=True).transform(lon, lat)
    out[code] = dict(at=[lon, lat], xy=xy, prj=crs.to_wkt("WKT1_ESRI"), text=crs.to_proj4(), wkt2=crs.to_wkt())
assert out[3413]["prj"] == open("p.prj").read()
json.dump(out, open("crs.json", "w"))
PY
cat > read.mjs <<'JS'
import assert from 'node:assert';
import fs from 'node:fs';
import proj4 from 'proj4';
import shp from 'shpjs';
const part = (e) => fs.readFileSync('p.' + e);
const fc = await shp({ shp: part('shp'), dbf: part('dbf'), prj: part('prj') });
const [lon, lat] = fc.features[0].geometry.coordinates;
const r = Math.PI / 180;
const km = 6371 * Math.acos(Math.sin(75 * r) * Math.sin(lat * r) + Math.cos(75 * r) * Math.cos(lat * r) * Math.cos((lon + 40) * r));
console.log('written : -40.00 75.00');
console.log(`shpjs   : ${lon.toFixed(2)} ${lat.toFixed(2)}   ${km.toFixed(0)} km off`);
const crs = JSON.parse(fs.readFileSync('crs.json'));
const ok = (code, kind) => {
  const [x, y] = proj4(crs[code][kind]).forward([...crs[code].at]);
  return Math.hypot(x - crs[code].xy[0], y - crs[code].xy[1]) < 0.01;
};
const word = (b) => (b ? 'ok' : 'wrong');
console.log(`proj4js from the same .prj, EPSG:3413: ${word(ok(3413, 'prj'))}; from its proj4 string: ${word(ok(3413, 'text'))}; from its WKT 2: ${word(ok(3413, 'wkt2'))}`);
console.log('proj4js from the .prj of ' + [3995, 32633, 2154, 5070].map((c) => `EPSG:${c}: ${word(ok(c, 'prj'))}`).join(', '));
assert(km > 2000 && !ok(3413, 'prj') && !ok(3995, 'prj'));
assert(ok(3413, 'text') && ok(3413, 'wkt2') && ok(32633, 'prj') && ok(2154, 'prj') && ok(5070, 'prj'));
JS
node read.mjs
