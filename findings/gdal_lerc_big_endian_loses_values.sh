#!/usr/bin/env bash
# rasterio 1.4.4 (GDAL 3.10.3), numpy 2.4.6
#
# Expected: LERC with a tolerance of 0 is lossless, whichever byte order the TIFF
#   has; ENDIANNESS=BIG with DEFLATE, and LERC on float64 or on integers, are.
# Happens: of float32 the bytes are turned round before LERC sees them as numbers.
#   Those that read backwards are no number (mantissa's low byte 7F or FF, then a
#   high bit: 1 value in 282 here) come back as 6.9e-41. The
#   rest is exact, everything is valid, nothing is said.
# Cost: a terrain model or an index with a pixel in three hundred at zero. It looks
#   like salt noise of the sensor; statistics, slopes and a stretch from the least
#   to the largest value are ruined. Nobody looks at the byte order.
#
# Observed (byte order, compression: values that changed, of 65536; what one became):
#   LITTLE LERC     0
#   BIG    LERC     232 6.9e-41
#   BIG    DEFLATE  0
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q rasterio==1.4.4 numpy==2.4.6
v/bin/python - <<'PY'
import warnings
import numpy as np
import rasterio

warnings.filterwarnings("ignore")
heights = np.random.default_rng(1).normal(100, 30, (256, 256)).astype("float32")


def changed(order, compression):
    form = dict(driver="GTiff", width=256, height=256, count=1, dtype="float32", compress=compression, endianness=order)
    if compression == "LERC":
        form["max_z_error"] = 0
    with rasterio.open("h.tif", "w", **form) as file:
        file.write(heights, 1)
    with rasterio.open("h.tif") as file:
        read, valid = file.read(1), file.read_masks(1)
    assert (valid == 255).all()
    return read[read != heights]


found = {key: changed(*key) for key in [("LITTLE", "LERC"), ("BIG", "LERC"), ("BIG", "DEFLATE")]}
for (order, compression), values in found.items():
    print(order, compression, len(values), *(f"{v:.2g}" for v in values[:1]))
assert len(found["LITTLE", "LERC"]) == 0 and len(found["BIG", "DEFLATE"]) == 0
lost = found["BIG", "LERC"]
assert 100 < len(lost) < 400, len(lost)
assert (abs(lost) < 1e-38).all(), lost
PY
