#!/usr/bin/env bash
# geotiff.js 3.0.5 reads; rasterio 1.4.4 (GDAL 3.10.3) writes and reads, tifffile
# 2026.3.3 writes
#
# Expected: for one file the page's bounding box and GDAL's bounds are equal, and an
#   array that the page writes without a place has no place.
# Happens, three times:
#   (a) a pixel scale with a minus for the rows: GDAL takes the size without the
#       sign (unless GTIFF_HONOUR_NEGATIVE_SCALEY is set), geotiff.js with it: the box
#       lies north of the tie point, the picture upside down;
#   (b) "pixel is point" (elevation models): GDAL takes the tie point for a pixel's
#       centre, geotiff.js for its corner: half a pixel, 15 m of a 30 m model;
#   (c) writeArrayBuffer with only width and height puts the array over the whole
#       Earth in EPSG:4326, and GDAL believes it.
# Cost: (a) labels miss the image altogether, (b) they miss it by an amount that looks
#   like bad drawing, (c) an exported mask is hundreds of kilometres a pixel, and a
#   later "does it have a georeference?" says yes.
#
# Observed (left, bottom, right, top):
#   negative scale, GDAL       500000 4999960 500040 5000000
#   negative scale, geotiff.js 500000 5000000 500040 5000040
#   pixel is point, GDAL       500000 4999960 500040 5000000
#   pixel is point, geotiff.js 500005 4999955 500045 4999995
#   written by geotiff.js      -180 -90 180 90 EPSG:4326
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q rasterio==1.4.4 tifffile==2026.3.3 numpy==2.4.6
npm init -y >/dev/null
npm install --silent --ignore-scripts --no-audit --no-fund geotiff@3.0.5
v/bin/python -W ignore - <<'PY'
import numpy as np, rasterio, tifffile

a = np.arange(16, dtype="uint8").reshape(4, 4)
keys = (1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 32633)
tifffile.imwrite("minus.tif", a, metadata=None, extratags=[
    (33550, 12, 3, (10.0, -10.0, 0.0)), (33922, 12, 6, (0, 0, 0, 500000.0, 5000000.0, 0)), (34735, 3, 16, keys)])
with rasterio.open("point.tif", "w", driver="GTiff", dtype="uint8", count=1, height=4, width=4, crs="EPSG:32633",
                   transform=rasterio.Affine(10, 0, 500000, 0, -10, 5000000)) as d:
    d.update_tags(AREA_OR_POINT="Point")
    d.write(a, 1)
PY
cat > g.mjs <<'JS'
import fs from 'node:fs';
import { fromFile, writeArrayBuffer } from 'geotiff';
for (const p of ['minus.tif', 'point.tif']) {
  const t = await fromFile(p);
  console.log((await t.getImage()).getBoundingBox().join(' '));
  await t.close();
}
fs.writeFileSync('page.tif', Buffer.from(await writeArrayBuffer(new Uint8Array(64 * 32), { width: 64, height: 32 })));
JS
v/bin/python -W ignore - <<'PY'
import subprocess
import rasterio

m, p = subprocess.check_output(["node", "g.mjs"], text=True).split("\n")[:2]
box = lambda n: " ".join("%g" % v if abs(v) < 1e5 else "%d" % v for v in rasterio.open(n).bounds)
w = box("page.tif") + " " + str(rasterio.open("page.tif").crs)
print("negative scale, GDAL      ", box("minus.tif"))
print("negative scale, geotiff.js", m)
print("pixel is point, GDAL      ", box("point.tif"))
print("pixel is point, geotiff.js", p)
print("written by geotiff.js     ", w)
assert box("minus.tif") == box("point.tif") == "500000 4999960 500040 5000000"
assert m == "500000 5000000 500040 5000040" and p == "500005 4999955 500045 4999995"
assert w == "-180 -90 180 90 EPSG:4326"
PY
