#!/usr/bin/env bash
# A shapefile with one deleted row: pyshp 3.1.6, geopandas 1.2.0 (pyogrio 0.13.0),
# fiona 1.10.1, shpjs 6.2.0, shapefile 0.6.6 (npm), mapshaper 0.7.70
#
# Expected: dBASE deletes a row by a star in its first byte and leaves the rest
#   until the table is packed; GIS programs do the same, the shape
#   stays in the .shp. A reader skips row and shape together.
# Happens: three answers. geopandas and fiona skip both. The JavaScript readers
#   show the deleted feature alive. pyshp's shapeRecords() and iterShapeRecords()
#   skip the row but not its shape: every attribute after the deleted row sits
#   on its neighbour's shape, and the last shape is lost.
# Cost: delete one bad polygon in a class layer, train from it with pyshp, and
#   all later polygons carry the class of the next one. Count and classes look right.
#
# Observed (name @ left edge; the row of B is deleted):
#   geopandas : A@0 C@20 D@30 E@40
#   fiona     : A@0 C@20 D@30 E@40
#   pyshp     : A@0 C@10 D@20 E@30
#   shpjs     : A@0 B@10 C@20 D@30 E@40
#   shapefile : A@0 B@10 C@20 D@30 E@40
#   mapshaper : A@0 B@10 C@20 D@30 E@40
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q pyshp==3.1.6 geopandas==1.2.0 pyogrio==0.13.0 fiona==1.10.1 shapely==2.2.0 numpy==2.4.6
npm init -y >/dev/null
npm install --silent --ignore-scripts --no-audit --no-fund shpjs@6.2.0 shapefile@0.6.6 mapshaper@0.7.70
v/bin/python -W ignore - <<'PY'
import struct
import fiona, geopandas as gpd, shapefile
from shapely.geometry import box, shape

gpd.GeoDataFrame({"name": list("ABCDE")}, geometry=[box(i * 10, 0, i * 10 + 5, 5) for i in range(5)],
                 crs=4326).to_file("d.shp")
table = bytearray(open("d.dbf", "rb").read())
head, row = struct.unpack("<HH", table[8:12])
table[head + row] = ord("*")
open("d.dbf", "wb").write(table)
say = lambda rows: " ".join("%s@%d" % r for r in rows)
g = gpd.read_file("d.shp")
g = say(zip(g.name, g.bounds.minx))
with fiona.open("d.shp") as s:
    f = say((x.properties["name"], shape(x.geometry).bounds[0]) for x in s)
r = shapefile.Reader("d.shp")
p = say((x.record["name"], x.shape.bbox[0]) for x in r.shapeRecords())
assert p == say((x.record["name"], x.shape.bbox[0]) for x in r.iterShapeRecords())
print("geopandas :", g)
print("fiona     :", f)
print("pyshp     :", p)
assert g == f == "A@0 C@20 D@30 E@40" and p == "A@0 C@10 D@20 E@30"
PY
cat > read.mjs <<'JS'
import assert from 'node:assert';
import fs from 'node:fs';
import mapshaper from 'mapshaper';
import * as shapefile from 'shapefile';
import shp from 'shpjs';
const say = (fc) => fc.features.map((f) => `${f.properties.name}@${Math.round(Math.min(...f.geometry.coordinates[0].map((c) => c[0])))}`).join(' ');
const part = (e) => fs.readFileSync('d.' + e);
const all = {
  shpjs: say(await shp({ shp: part('shp'), dbf: part('dbf'), prj: part('prj') })),
  shapefile: say(await shapefile.read('d.shp', 'd.dbf')),
  mapshaper: say(JSON.parse((await mapshaper.applyCommands('-i d.shp -o o.json format=geojson'))['o.json'])),
};
for (const [k, v] of Object.entries(all)) {
  console.log(k.padEnd(9), ':', v);
  assert.equal(v, 'A@0 B@10 C@20 D@30 E@40');
}
JS
node read.mjs
