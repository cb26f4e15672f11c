#!/usr/bin/env bash
# rasterio 1.4.4 (GDAL 3.10.3) writes, tifffile 2026.3.3 reads
#
# Expected: page.nodata of tifffile is the number in the GDAL_NODATA tag, and
#   the tiles that a sparse file leaves out are filled with it, as GDAL fills them.
# Happens: true for -9999 and for 1e20, not for the most usual float nodata of
#   elevation data, the lowest float32. Its text in the tag has double precision,
#   tifffile holds that it does not fit into float32 and falls back to 0
#   (a line in the log, no warning, no exception): page.nodata is 0, and tiles
#   that were left out read as 0, while the nodata pixels inside written tiles
#   keep -3.4e38. One hole in the data has two values, and the advertised one
#   is sea level.
# Cost: code that masks a == page.nodata keeps -3.4e38 in its mean (the mean
#   becomes -1e38) and throws away every true 0 m; empty tiles become flat sea.
#
# Observed (written tile | tile left out | advertised nodata):
#   nodata -9999       rasterio -9999 -9999 -9999   tifffile -9999 -9999 -9999
#   nodata 1e+20       rasterio 1e+20 1e+20 1e+20   tifffile 1e+20 1e+20 1e+20
#   nodata -3.4028e+38 rasterio -3.4028e+38 -3.4028e+38 -3.4028e+38   tifffile -3.4028e+38 0 0
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q rasterio==1.4.4 tifffile==2026.3.3 numpy==2.4.6
v/bin/python -W ignore - <<'PY'
import logging
import numpy as np, rasterio, tifffile

logging.disable(logging.CRITICAL)
for nodata in (-9999.0, 1e20, float(np.finfo("float32").min)):
    with rasterio.open("s.tif", "w", driver="GTiff", dtype="float32", count=1, height=64, width=64, nodata=nodata,
                       tiled=True, blockxsize=32, blockysize=32, sparse_ok=True) as d:
        a = np.full((32, 32), 12.5, "float32")
        a[0, 0] = nodata
        d.write(a, 1, window=((0, 32), (0, 32)))
    with rasterio.open("s.tif") as s:
        g = s.read(1)
        r = (g[0, 0], g[40, 40], s.nodata)
    t = tifffile.imread("s.tif")
    with tifffile.TiffFile("s.tif") as f:
        q = (t[0, 0], t[40, 40], f.pages[0].nodata)
    print("nodata %-11.5g rasterio %.5g %.5g %.5g   tifffile %.5g %.5g %.5g" % (nodata, *r, *q))
    want = np.float32(nodata)
    assert all(np.float32(v) == want for v in r) and q[0] == want
    lost = nodata < -1e38
    assert (q[1] == 0 and q[2] == 0) if lost else (q[1] == want and np.float32(q[2]) == want)
PY
