#!/usr/bin/env bash
# rioxarray 0.19.0 with xarray 2026.9.0, rasterio 1.4.4
#
# Expected: after a coarsen, a stride or a flip, raster.rio.transform(), .bounds()
#   and .resolution() speak of the array at hand, as its x and y coordinates do
#   and as the file does that .rio.to_raster() writes from it.
# Happens: they keep the pixel size of the file that was opened, and put it at
#   the new first coordinate. After coarsen(4) the pixel is still 10 m where it is
#   40 m, and the bounds lose 15 m on every side; after a flip the rows still
#   run downward. to_raster() writes the right 40 m: the
#   array and its own file disagree. recalc=True gives the right answer.
# Cost: labels burnt with rasterio.features.rasterize(transform=a.rio.transform())
#   for a coarsened scene land in the wrong place and up to four times as wide. The
#   check by writing the scene and looking at it in a GIS shows nothing wrong.
#
# Observed:
#   coarsened by 4, coordinates 40.0 m apart
#   rio.resolution()         : (10.0, -10.0)
#   rio.bounds()             : (500015.0, 4999615.0, 500385.0, 4999985.0)
#   file of to_raster()      : 40.0 m, (500000.0, 4999600.0, 500400.0, 5000000.0)
#   rio.resolution(recalc)   : (40.0, -40.0)
#   a 160 m square covers    : 100 pixels by rio.transform(), 16 by the file's
#   flipped, rio.transform() : -10.0 m a row, coordinates +10.0
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q rioxarray==0.19.0 xarray==2026.9.0 rasterio==1.4.4 numpy==2.4.6
v/bin/python -W ignore - <<'PY'
import numpy as np, rasterio, rioxarray
from rasterio.features import rasterize

with rasterio.open("g.tif", "w", driver="GTiff", dtype="uint16", count=1, height=40, width=40,
                   crs="EPSG:32633", transform=rasterio.Affine(10, 0, 500000, 0, -10, 5000000)) as d:
    d.write(np.arange(1600, dtype="uint16").reshape(1, 40, 40))
a = rioxarray.open_rasterio("g.tif")
c = a.coarsen(x=4, y=4).mean()
c.rio.to_raster("c.tif")
s = rasterio.open("c.tif")
print("coarsened by 4, coordinates", float(c.x[1] - c.x[0]), "m apart")
print("rio.resolution()         :", c.rio.resolution())
print("rio.bounds()             :", c.rio.bounds())
print("file of to_raster()      : %s m, %s" % (s.res[0], tuple(s.bounds)))
print("rio.resolution(recalc)   :", c.rio.resolution(recalc=True))
assert c.rio.resolution() == (10, -10) and s.res == (40, 40) and c.rio.resolution(recalc=True) == (40, -40)
x, y = 500000, 5000000
square = {"type": "Polygon", "coordinates": [[(x, y), (x + 160, y), (x + 160, y - 160), (x, y - 160), (x, y)]]}
n = [int(rasterize([square], s.shape, transform=t).sum()) for t in (c.rio.transform(), s.transform)]
print("a 160 m square covers    : %d pixels by rio.transform(), %d by the file's" % tuple(n))
assert n[1] == 16 and n[0] > 80
f = a[:, ::-1]
print("flipped, rio.transform() : %s m a row, coordinates %+.1f" % (f.rio.transform().e, float(f.y[1] - f.y[0])))
assert f.rio.transform().e < 0 < float(f.y[1] - f.y[0])
PY
