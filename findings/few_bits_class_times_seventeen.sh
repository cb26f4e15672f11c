#!/usr/bin/env bash
# A 4-bit class map: rasterio 1.4.4 (GDAL 3.10.3) writes; Pillow 13.0.0,
# opencv-python-headless 5.0.0.93, tifffile 2026.3.3 + imagecodecs 2026.3.6, sharp
# 0.35.5 read
#
# Expected: class 3 of a map stored in 4 bits (NBITS=4, to save room) is 3 for every
#   reader, as it is in 8 bits.
# Happens: GDAL and tifffile count in steps of 1; Pillow, sharp and, for PNG, OpenCV
#   stretch to the full byte: class 3 is 51, and 15 is 255. For TIFF, OpenCV refuses 4
#   bits but reads 12 bits and multiplies by 16, where Pillow, which stretched 4 bits,
#   leaves them. One-bit masks are 0/1, False/True or 0/255.
# Cost: the map looks right in a viewer that stretches, trains in the program that
#   wrote it, and has classes out of range, or one class in 17, elsewhere. Reflectance
#   of a 12-bit camera is 16 times too bright through OpenCV.
#
# Observed (value written: value read):
#   PNG 4 bits,  3: rasterio 3, Pillow 51, OpenCV 51, sharp 51
#   TIFF 4 bits, 3: rasterio 3, tifffile 3, Pillow 51, sharp 51, OpenCV refuses
#   TIFF 12 bits, 200: rasterio 200, tifffile 200, Pillow 200, OpenCV 3200
#   TIFF 1 bit,  1: rasterio 1, tifffile True, Pillow True, OpenCV 255
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q rasterio==1.4.4 pillow==13.0.0 opencv-python-headless==5.0.0.93 tifffile==2026.3.3 imagecodecs==2026.3.6 numpy==2.4.6
npm init -y >/dev/null
npm install --silent --ignore-scripts --no-audit --no-fund sharp@0.35.5
cat > s.cjs <<'JS'
const sharp = require('sharp');
(async () => {
  for (const p of ['n4.png', 'n4.tif']) console.log((await sharp(p).raw().toBuffer({ resolveWithObject: true })).data[0]);
})();
JS
OPENCV_LOG_LEVEL=SILENT v/bin/python -W ignore - 2>/dev/null <<'PY'
import subprocess
import cv2, numpy as np, rasterio, tifffile
from PIL import Image

def write(name, value, bits, driver="GTiff", dtype="uint8"):
    with rasterio.open(name, "w", driver=driver, dtype=dtype, count=1, height=4, width=4, nbits=bits) as d:
        d.write(np.full((1, 4, 4), value, dtype))

def one(f):
    try:
        return np.asarray(f())[0, 0].item()
    except Exception:
        return "refuses"

gdal = lambda p: one(lambda: rasterio.open(p).read(1))
pil = lambda p: one(lambda: Image.open(p))
ocv = lambda p: one(lambda: cv2.imread(p, cv2.IMREAD_UNCHANGED))
tif = lambda p: one(lambda: tifffile.imread(p))
write("n4.png", 3, 4, "PNG")
write("n4.tif", 3, 4)
write("n12.tif", 200, 12, dtype="uint16")
write("n1.tif", 1, 1)
js = [int(x) for x in subprocess.check_output(["node", "s.cjs"], text=True).split()]
a = gdal("n4.png"), pil("n4.png"), ocv("n4.png"), js[0]
b = gdal("n4.tif"), tif("n4.tif"), pil("n4.tif"), js[1], ocv("n4.tif")
c = gdal("n12.tif"), tif("n12.tif"), pil("n12.tif"), ocv("n12.tif")
d = gdal("n1.tif"), tif("n1.tif"), pil("n1.tif"), ocv("n1.tif")
print("PNG 4 bits,  3: rasterio %s, Pillow %s, OpenCV %s, sharp %s" % a)
print("TIFF 4 bits, 3: rasterio %s, tifffile %s, Pillow %s, sharp %s, OpenCV %s" % b)
print("TIFF 12 bits, 200: rasterio %s, tifffile %s, Pillow %s, OpenCV %s" % c)
print("TIFF 1 bit,  1: rasterio %s, tifffile %s, Pillow %s, OpenCV %s" % d)
assert a == (3, 51, 51, 51) and b == (3, 3, 51, 51, "refuses")
assert c == (200, 200, 200, 3200) and d == (1, True, True, 255)
PY
