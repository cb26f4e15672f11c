#!/usr/bin/env bash
# rasterio 1.4.4 (GDAL 3.10.3), features.shapes on a float32 raster
#
# Expected: float32 holds every whole number up to 16,777,216 exactly, so object
#   numbers kept in it (what a label raster becomes after one NaN) give the
#   polygons that the same numbers give as int32.
# Happens: pixels are taken as one region when their floats lie within a few
#   representable steps of each other, not when they are equal. From 1,048,576
#   on, neighbouring object numbers 1 apart are within that, and the chain does
#   not stop: a row of 12 distinct numbers becomes one polygon, which carries
#   one of the numbers. Just below, and as int32, there are 12.
# Cost: parcels or buildings numbered past a million (a mosaic, a cadastre, a
#   hash) fuse into blobs and the rest of the numbers vanish, without a word.
#
# Observed (12 pixels, 12 different numbers):
#   from   1000000: float32 12 polygons, int32 12
#   from   1048576: float32 1 polygons, int32 12
#   from   8388608: float32 1 polygons, int32 12
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q rasterio==1.4.4 numpy==2.4.6
v/bin/python -W ignore - <<'PY'
import numpy as np
from rasterio.features import shapes

for base, want in ((1_000_000, 12), (1_048_576, 1), (8_388_608, 1)):
    f = (base + np.arange(12)).astype("float32").reshape(1, 12)
    assert len(np.unique(f)) == 12
    n, m = len(list(shapes(f))), len(list(shapes(f.astype("int32"))))
    print("from %9d: float32 %d polygons, int32 %d" % (base, n, m))
    assert (n, m) == (want, 12)
PY
