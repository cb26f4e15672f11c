#!/usr/bin/env bash
# geopandas 1.2.0 with pyogrio 0.13.0 (GDAL 3.12.4) and with fiona 1.10.1 (GDAL 3.9.2)
#
# Expected: a layer in a projection that GeoJSON cannot name is refused, or is read
#   back without a coordinate system, as a GeoPackage or FlatGeobuf without one is.
# Happens: geopandas writes metres without a word, and its reader calls them EPSG:4326
#   without a word. So with a grid of one's own (here an equal-area one centred on the
#   study area), with `crs: null` (in the GeoJSON of 2008: nothing is known), and with
#   any name that GDAL does not resolve: EPSG:999999, a bare number, a wrongly spelt
#   URN, a link. Known codes are right. Read with fiona, urn:...:EPSG::102100 (Web
#   Mercator as Esri numbers it) is among the unknown ones, with pyogrio it is
#   EPSG:3857.
# Cost: near the middle of a local grid the metres even are plausible degrees: a
#   tree's crown lies in the Gulf of Guinea, reprojects without an error, and every
#   tile has no label. Far from it, to_crs answers with inf, no exception.
#
# Observed:
#   own grid: EPSG:4326, lower left 1.0000 1.0000 for 14.0000 50.0000, warnings 0
#   written without a system: gpkg None, fgb None, geojson EPSG:4326
#   crs EPSG:32633 : pyogrio EPSG:32633, fiona EPSG:32633
#   crs null       : pyogrio EPSG:4326, fiona EPSG:4326
#   crs EPSG:999999: pyogrio EPSG:4326, fiona EPSG:4326
#   crs 32633      : pyogrio EPSG:4326, fiona EPSG:4326
#   crs EPSG::32633: pyogrio EPSG:4326, fiona EPSG:4326
#   crs link       : pyogrio EPSG:4326, fiona EPSG:4326
#   crs urn 102100 : pyogrio EPSG:3857, fiona EPSG:4326
#   EPSG:999999, to_crs(3857): inf
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q geopandas==1.2.0 pyogrio==0.13.0 fiona==1.10.1 shapely==2.2.0 pyproj==3.7.2 numpy==2.4.6
v/bin/python - <<'PY'
import json, warnings
import geopandas as gpd, numpy as np
from shapely.geometry import box

laea = "+proj=laea +lat_0=50 +lon_0=14 +datum=WGS84"
crown = gpd.GeoDataFrame({"c": [1]}, geometry=[box(1, 1, 4, 4)], crs=laea)
true = crown.to_crs(4326).total_bounds
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    crown.to_file("f.geojson")
    back = gpd.read_file("f.geojson")
print("own grid: %s, lower left %.4f %.4f for %.4f %.4f, warnings %d"
      % (back.crs, *back.total_bounds[:2], *true[:2], len(told)))
assert np.isfinite(back.to_crs(3857).total_bounds).all()
assert back.crs == 4326 and not told and abs(back.total_bounds[0] - 1) < 1e-6
none = crown.set_crs(None, allow_override=True)
seen = {}
for name in ("n.gpkg", "n.fgb", "n.geojson"):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        none.to_file(name)
    seen[name] = str(gpd.read_file(name).crs)
print("written without a system:", ", ".join("%s %s" % (k[2:], v) for k, v in seen.items()))
assert list(seen.values()) == ["None", "None", "EPSG:4326"]

def named(n):
    return {"type": "name", "properties": {"name": n}}

cases = {"EPSG:32633": named("EPSG:32633"), "null": None, "EPSG:999999": named("EPSG:999999"), "32633": named("32633"),
         "EPSG::32633": named("EPSG::32633"), "link": {"type": "link", "properties": {"href": "p.txt", "type": "proj4"}},
         "urn 102100": named("urn:ogc:def:crs:EPSG::102100")}
got = {}
for key, crs in cases.items():
    ring = [[5e5, 5e6], [500100, 5e6], [500100, 5000100], [5e5, 5e6]]
    fc = {"type": "FeatureCollection", "crs": crs, "features": [
        {"type": "Feature", "properties": {"c": 1}, "geometry": {"type": "Polygon", "coordinates": [ring]}}]}
    json.dump(fc, open("t.geojson", "w"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        got[key] = [str(gpd.read_file("t.geojson", engine=e).crs) for e in ("pyogrio", "fiona")]
    print("crs %-11s: pyogrio %s, fiona %s" % (key, *got[key]))
    if key == "EPSG:999999":
        far = gpd.read_file("t.geojson").to_crs(3857).total_bounds[0]
w = ["EPSG:4326"] * 2
assert list(got.values()) == [["EPSG:32633"] * 2, w, w, w, w, w, ["EPSG:3857", "EPSG:4326"]]
print("EPSG:999999, to_crs(3857):", far)
assert far == float("inf")
PY
