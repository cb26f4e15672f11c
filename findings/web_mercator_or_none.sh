#!/usr/bin/env bash
# rasterio 1.4.4 (PROJ 9.7.1 in its wheel) against pyproj 3.7.2 (PROJ 9.5.1)
#
# Expected: "is it Web Mercator, EPSG:3857?" asked of one text has one answer.
# Happens: the answers are mirror images. From the well-known text (2) of ESRI:102100
#   pyproj says 3857 and rasterio says None, at every confidence; from that of
#   ESRI:102113 rasterio says 3857 and pyproj None. Both compare equal to 3857 all the
#   same, in both. rasterio also contradicts itself: ESRI:102113 given as a code is
#   not 3857 and not equal to it, given as text it is both; 102100 becomes 3857 by
#   being saved to a GeoTIFF.
# Cost: code that asks to_epsg() == 3857 to tell whether tiles lie on the map's grid
#   (and need no resampling) takes another branch in the reader than in the writer.
#
# Observed (to_epsg() at confidences 20, 70, 100; equal to EPSG:3857):
#   102100 text: rasterio None None None True  pyproj 3857 3857 None True
#   102100 rasterio, as a code: None True  text saved and opened: 3857
#   102113 text: rasterio 3857 3857 None True  pyproj 3785 None None True
#   102113 rasterio, as a code: None False  text saved and opened: None
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q rasterio==1.4.4 pyproj==3.7.2 numpy==2.4.6
v/bin/python -W ignore - <<'PY'
import pyproj, rasterio
from rasterio.crs import CRS

mercator = CRS.from_epsg(3857)
got = {}
for code in (102100, 102113):
    text = pyproj.CRS.from_authority("ESRI", code).to_wkt()
    r, p = CRS.from_wkt(text), pyproj.CRS(text)
    named = CRS.from_user_input("ESRI:%d" % code)
    with rasterio.open("m.tif", "w", driver="GTiff", dtype="uint8", count=1, height=4, width=4, crs=r,
                       transform=rasterio.Affine(10, 0, 0, 0, -10, 0)):
        pass
    with rasterio.open("m.tif") as s:
        saved = s.crs.to_epsg()
    q = [[c.to_epsg(n) for n in (20, 70, 100)] for c in (r, p)]
    got[code] = q + [r == mercator, p == pyproj.CRS(3857), named.to_epsg(), named == mercator, saved]
    print(code, "text: rasterio", *q[0], r == mercator, " pyproj", *q[1], p == pyproj.CRS(3857))
    print(code, "rasterio, as a code:", named.to_epsg(), named == mercator, " text saved and opened:", saved)
assert got[102100][0][:2] == [None, None] and got[102100][1][:2] == [3857, 3857]
assert got[102113][0][:2] == [3857, 3857] and got[102113][1][1] is None
assert got[102100][2:] == [True, True, None, True, 3857] and got[102113][2:] == [True, True, None, False, None]
PY
