#!/usr/bin/env bash
# A TIFF whose photometric is "white is zero": rasterio 1.4.4 (GDAL 3.10.3) writes;
# tifffile 2026.3.3, Pillow 13.0.0, opencv-python-headless 5.0.0.93, sharp 0.35.5,
# the crate tiff 0.11.3 read
#
# Expected: either the flag is a matter of display and the numbers stay (GDAL,
#   tifffile), or the reader turns the numbers over for every depth.
# Happens: Pillow and OpenCV turn 8 bits over and leave 16 bits as they are;
#   sharp and the Rust crate turn both over. So one class map of 0..15
#   has classes 255..240 in Pillow, and the same map saved as uint16 has 0..15.
# Cost: scanners and some GIS exports write white-is-zero masks; the class
#   numbers come out as 255 - n depending on library and depth, and a mask whose
#   0 is "nothing" becomes all foreground. Moving a data set to 16 bits "repairs" it
#   in Python and breaks it in the Rust port.
#
# Observed (class 3 in 8 bits, class 3 in 16 bits):
#   rasterio 3 3
#   tifffile 3 3
#   Pillow   252 3
#   OpenCV   252 3
#   sharp    252 65532
#   tiff     252 65532
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q rasterio==1.4.4 pillow==13.0.0 opencv-python-headless==5.0.0.93 tifffile==2026.3.3 numpy==2.4.6
npm init -y >/dev/null
npm install --silent --ignore-scripts --no-audit --no-fund sharp@0.35.5
cat > s.cjs <<'JS'
const sharp = require('sharp');
(async () => {
  const a = await sharp('w8.tif').raw().toBuffer();
  const b = await sharp('w16.tif').toColourspace('grey16').raw({ depth: 'ushort' }).toBuffer();
  console.log(a[0], b.readUInt16LE(0));
})();
JS
mkdir -p t/src
cat > t/Cargo.toml <<'TOML'
[package]
name = "t"
version = "0.0.0"
edition = "2021"
[dependencies]
tiff = { version = "=0.11.3", default-features = false }
[workspace]
TOML
cat > t/src/main.rs <<'RS'
use tiff::decoder::{Decoder, DecodingResult};
fn main() {
    for p in ["w8.tif", "w16.tif"] {
        let mut d = Decoder::new(std::fs::File::open(p).unwrap()).unwrap();
        match d.read_image().unwrap() {
            DecodingResult::U8(v) => println!("{}", v[0]),
            DecodingResult::U16(v) => println!("{}", v[0]),
            _ => unreachable!(),
        }
    }
}
RS
CARGO_TARGET_DIR=$PWD/target cargo build -q -j1 --manifest-path t/Cargo.toml
OPENCV_LOG_LEVEL=SILENT v/bin/python -W ignore - <<'PY'
import subprocess
import cv2, numpy as np, rasterio, tifffile
from PIL import Image

for name, dtype in (("w8.tif", "uint8"), ("w16.tif", "uint16")):
    with rasterio.open(name, "w", driver="GTiff", dtype=dtype, count=1, height=4, width=4, photometric="MINISWHITE") as d:
        d.write(np.full((1, 4, 4), 3, dtype))
outside = lambda *c: [int(x) for x in subprocess.check_output(c, text=True).split()]
both = lambda f: [int(np.asarray(f(n))[0, 0]) for n in ("w8.tif", "w16.tif")]
got = {
    "rasterio": both(lambda n: rasterio.open(n).read(1)),
    "tifffile": both(tifffile.imread),
    "Pillow": both(Image.open),
    "OpenCV": both(lambda n: cv2.imread(n, cv2.IMREAD_UNCHANGED)),
    "sharp": outside("node", "s.cjs"),
    "tiff": outside("target/debug/t"),
}
for k, v in got.items():
    print(k.ljust(8), *v)
assert got["rasterio"] == got["tifffile"] == [3, 3]
assert got["Pillow"] == got["OpenCV"] == [252, 3]
assert got["sharp"] == got["tiff"] == [252, 65532]
PY
