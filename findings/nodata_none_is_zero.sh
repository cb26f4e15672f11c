#!/usr/bin/env bash
# rasterio 1.4.4 (GDAL 3.10.3), tifffile 2026.3.3 writes and reads
#
# Expected: a GDAL_NODATA text that is no number means that there is no nodata number;
#   a text that both libraries do take means the same to both.
# Happens: GDAL takes the leading number of the text, and 0 where there is none:
#   "none", "None" (what Python's str makes of it), "NA", "null" mask every true 0.
#   "nan" is known, "-nan" (what printf of C writes for the result of 0/0 on a PC) is
#   0 for GDAL and not-a-number for tifffile. "0,5" is 0.5 to both: a comma is a
#   point, so "0,255" is 0.255 and masks nothing. No warning from rasterio; tifffile
#   reports 0 for the words as well, with a line in the log.
# Cost: class 0 vanishes from a class map, sea level from an elevation model, and in
#   the "-nan" file the true not-a-numbers stay in and make the mean not-a-number.
#
# Observed (masked pixels of the values 0, nan, 0.5, of 16 each):
#   -9999  rasterio -9999  tifffile -9999  masked [0, 0, 0]
#   nan    rasterio nan    tifffile nan    masked [0, 16, 0]
#   none   rasterio 0      tifffile 0      masked [16, 0, 0]
#   None   rasterio 0      tifffile 0      masked [16, 0, 0]
#   NA     rasterio 0      tifffile 0      masked [16, 0, 0]
#   null   rasterio 0      tifffile 0      masked [16, 0, 0]
#   -nan   rasterio 0      tifffile nan    masked [16, 0, 0]
#   0,5    rasterio 0.5    tifffile 0.5    masked [0, 0, 16]
#   0,255  rasterio 0.255  tifffile 0.255  masked [0, 0, 0]
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q rasterio==1.4.4 tifffile==2026.3.3 numpy==2.4.6
v/bin/python -W ignore - <<'PY'
import logging
import numpy as np, rasterio, tifffile

logging.disable(logging.CRITICAL)
a = np.repeat(np.array([[0, np.nan, 0.5, 7]], "float32"), 16, 0)
want = {"-9999": (0, 0, 0), "nan": (0, 16, 0), "none": (16, 0, 0), "None": (16, 0, 0), "NA": (16, 0, 0),
        "null": (16, 0, 0), "-nan": (16, 0, 0), "0,5": (0, 0, 16), "0,255": (0, 0, 0)}
for text, n in want.items():
    tifffile.imwrite("n.tif", a, metadata=None, extratags=[(42113, 2, len(text) + 1, text)])
    with rasterio.open("n.tif") as s:
        m = np.ma.getmaskarray(s.read(1, masked=True)).sum(0)[:3].tolist()
        with tifffile.TiffFile("n.tif") as t:
            other = t.pages[0].nodata
        print("%-6s rasterio %-6s tifffile %-6g masked %s" % (text, "%g" % s.nodata, other, m))
    assert tuple(m) == n
    if text == "-nan":
        assert np.isnan(other)
PY
