#!/usr/bin/env bash
# rasterio 1.4.4 (GDAL 3.10.3) with tifffile 2026.3.3
#
# Expected: asking an open raster for its statistics is reading, and the answer
#   is about the pixels that the file now holds; at the least, writing the
#   pixels through the same library drops the old answer.
# Happens: the first question writes FILE.aux.xml beside the image. From then on
#   that text is the answer: after every pixel was overwritten in place through
#   rasterio itself (mode "r+"), and after another program replaced the whole
#   file, with an exact (approx=False) question as well. Only a rewrite
#   in mode "w" through GDAL clears it. All the while read().min() is right.
# Cost: stretches, "mean and standard deviation" normalisation and a viewer's
#   min/max are taken from the picture that used to be there. A file that was
#   re-exported by a script (tifffile, Pillow, a copy) shows black or white and
#   trains on inputs scaled by the wrong constants; deleting FILE.aux.xml cures it.
#
# Observed:
#   made by reading           : scene.tif.aux.xml
#   first answer              : 0..9
#   after r+ (all pixels 500) : 0..9, pixels 500..500
#   after tifffile replaced it: 0..9, pixels 1000..1999
#   after mode "w"            : 3000..3999, pixels 3000..3999
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q rasterio==1.4.4 tifffile==2026.3.3 numpy==2.4.6
v/bin/python -W ignore - <<'PY'
import os
import numpy as np, rasterio, tifffile

def ramp(lo, n):
    return (lo + np.arange(2500) % n).reshape(50, 50).astype("uint16")

def write(a):
    with rasterio.open("scene.tif", "w", driver="GTiff", dtype="uint16", count=1, height=50,
                       width=50, crs="EPSG:32633", transform=rasterio.Affine(10, 0, 5e5, 0, -10, 5e6)) as d:
        d.write(a, 1)

def ask():
    with rasterio.open("scene.tif") as s:
        t = s.statistics(1, approx=False)
        p = s.read(1)
    return (int(t.min), int(t.max)), (int(p.min()), int(p.max()))

write(ramp(0, 10))
before = set(os.listdir("."))
first, _ = ask()
print("made by reading           :", *sorted(set(os.listdir(".")) - before))
print("first answer              : %d..%d" % first)
with rasterio.open("scene.tif", "r+") as d:
    d.write(np.full((50, 50), 500, "uint16"), 1)
s, p = ask()
print("after r+ (all pixels 500) : %d..%d, pixels %d..%d" % (s + p))
assert first == (0, 9) and s == (0, 9) and p == (500, 500)
tifffile.imwrite("scene.tif", ramp(1000, 1000))
s, p = ask()
print("after tifffile replaced it: %d..%d, pixels %d..%d" % (s + p))
assert s == (0, 9) and p == (1000, 1999)
write(ramp(3000, 1000))
s, p = ask()
print('after mode "w"            : %d..%d, pixels %d..%d' % (s + p))
assert s == p
PY
