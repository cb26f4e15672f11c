#!/usr/bin/env bash
# A TIFF with Orientation 3 (turned by 180 degrees): tifffile 2026.3.3 writes;
# rasterio 1.4.4 (GDAL 3.10.3), Pillow 13.0.0, opencv-python-headless 5.0.0.93, sharp
# 0.35.5, geotiff.js 3.0.5, the crate image 0.25.10 read
#
# Expected: the tag is honoured by none or, as in JPEG, only on request
#   (ImageOps.exif_transpose, sharp's rotate()).
# Happens: for TIFF, Pillow turns the pixels by itself while loading, and OpenCV does
#   even with IMREAD_UNCHANGED; for a JPEG with the same orientation Pillow does not.
#   GDAL, tifffile, geotiff.js, sharp and the Rust crate leave the stored order.
# Cost: drone and scanner TIFFs: the image goes through Pillow, the labels or the
#   georeference through rasterio, and they are upside down to each other. At 180
#   degrees the size is the same, so no check on shapes finds it; and code that got
#   used to turning JPEGs by exif_transpose meets TIFFs that are turned already.
#
# Observed (first pixel of 0..15):
#   stored order : rasterio 0, tifffile 0, geotiff.js 0, sharp 0, image 0
#   turned       : Pillow 15, OpenCV 15
#   JPEG, same orientation: Pillow leaves it
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q rasterio==1.4.4 pillow==13.0.0 opencv-python-headless==5.0.0.93 tifffile==2026.3.3 numpy==2.4.6
npm init -y >/dev/null
npm install --silent --ignore-scripts --no-audit --no-fund sharp@0.35.5 geotiff@3.0.5
cat > s.mjs <<'JS'
import { fromFile } from 'geotiff';
import sharp from 'sharp';
const t = await fromFile('o.tif');
console.log((await (await t.getImage()).readRasters())[0][0], (await sharp('o.tif').raw().toBuffer())[0]);
await t.close();
JS
mkdir -p t/src
cat > t/Cargo.toml <<'TOML'
[package]
name = "t"
version = "0.0.0"
edition = "2021"
[dependencies]
image = { version = "=0.25.10", default-features = false, features = ["tiff"] }
[workspace]
TOML
cat > t/src/main.rs <<'RS'
fn main() {
    println!("{}", image::open("o.tif").unwrap().as_bytes()[0]);
}
RS
CARGO_TARGET_DIR=$PWD/target cargo build -q -j1 --manifest-path t/Cargo.toml
OPENCV_LOG_LEVEL=SILENT v/bin/python -W ignore - <<'PY'
import subprocess
import cv2, numpy as np, rasterio, tifffile
from PIL import Image

a = np.arange(16, dtype="uint8").reshape(4, 4)
tifffile.imwrite("o.tif", a, extratags=[(274, 3, 1, 3, True)], metadata=None)
one = lambda z: int(np.asarray(z)[0, 0])
outside = lambda *c: [int(x) for x in subprocess.check_output(c, text=True).split()]
g, s = outside("node", "s.mjs")
(r,) = outside("target/debug/t")
kept = one(rasterio.open("o.tif").read(1)), one(tifffile.imread("o.tif")), g, s, r
turned = one(Image.open("o.tif")), one(cv2.imread("o.tif", cv2.IMREAD_UNCHANGED))
print("stored order : rasterio %d, tifffile %d, geotiff.js %d, sharp %d, image %d" % kept)
print("turned       : Pillow %d, OpenCV %d" % turned)
exif = Image.Exif()
exif[274] = 3
half = np.zeros((16, 16), "uint8")
half[:8] = 255
Image.fromarray(half).save("o.jpg", exif=exif, quality=95)
top = np.asarray(Image.open("o.jpg"))[:4].mean()
print("JPEG, same orientation: Pillow", "leaves it" if top > 200 else "turns it")
assert kept == (0,) * 5 and turned == (15, 15) and top > 200
PY
