#!/usr/bin/env bash
# rasterio 1.4.4 (GDAL 3.10.3)
#
# Expected: dataset_mask() of an image with a nodata number calls a pixel missing
#   where all its bands hold that number; so it does for 3, 5 or more bands.
# Happens: with exactly four bands of which the first is labelled red (photometric
#   RGB, the usual choice for RGB and near infrared) band 4 alone decides. A shaded or
#   wet pixel whose near infrared is 0 is missing, whatever its colours. Labels such
#   as "blue green red nir", or photometric MINISBLACK, or a fifth band, and all four
#   bands count again. The docstring hints at it as "a shadow nodata value", which is
#   meant for alpha and is not checked: here band 4 is no alpha. Where it is one, and
#   nodata is 255, a picture that is opaque everywhere is missing everywhere.
# Cost: windows over lakes are skipped as empty, tiles are cut away, statistics leave
#   water out; a stack of five bands of the same scene has none of it.
#
# Observed (missing pixels of 1600; near infrared is 0 in 800, all four bands in none):
#   RGB, 4 bands, nodata 0                    : 800
#   RGB, 4 bands labelled red green blue nir  : 800
#   4 bands labelled blue green red nir       : 0
#   MINISBLACK, 4 bands                       : 0
#   RGB, 3 bands (two of them 0)              : 0
#   RGB, 5 bands                              : 0
#   RGB and alpha 255, nodata 255             : 1600
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q rasterio==1.4.4 numpy==2.4.6
v/bin/python -W ignore - <<'PY'
import numpy as np, rasterio
from rasterio.enums import ColorInterp as C

rng = np.random.default_rng(1)
a = rng.integers(1, 200, (5, 40, 40)).astype("uint16")
a[3, :, :20] = 0

def missing(a, nodata, labels=None, **more):
    with rasterio.open("a.tif", "w", driver="GTiff", dtype=a.dtype.name, count=len(a), height=40, width=40, nodata=nodata,
                       crs="EPSG:32633", transform=rasterio.Affine(10, 0, 5e5, 0, -10, 5e6), **more) as d:
        if labels:
            d.colorinterp = labels
        d.write(a)
    with rasterio.open("a.tif") as s:
        return int((s.dataset_mask() == 0).sum())

four = a[:4]
shown = a[:4].astype("uint8")
shown[3] = 255
got = [("RGB, 4 bands, nodata 0", missing(four, 0, photometric="RGB")),
       ("RGB, 4 bands labelled red green blue nir", missing(four, 0, [C.red, C.green, C.blue, C.nir], photometric="RGB")),
       ("4 bands labelled blue green red nir", missing(four, 0, [C.blue, C.green, C.red, C.nir])),
       ("MINISBLACK, 4 bands", missing(four, 0, photometric="MINISBLACK")),
       ("RGB, 3 bands (two of them 0)", missing(np.stack([a[3], a[3], a[1]]), 0, photometric="RGB")),
       ("RGB, 5 bands", missing(a, 0, photometric="RGB")),
       ("RGB and alpha 255, nodata 255", missing(shown, 255, photometric="RGB", alpha="YES"))]
for name, n in got:
    print("%-42s: %d" % (name, n))
assert [n for _, n in got] == [800, 800, 0, 0, 0, 0, 1600]
PY
