#!/usr/bin/env bash
# rasterio 1.4.4 (GDAL 3.10.3) writes a JPEG-compressed TIFF; geotiff.js 3.0.5,
# tifffile 2026.3.3 + imagecodecs 2026.3.6 and the crate tiff 0.11.3 read
#
# Expected: the samples of an aerial image in the usual web form (TIFF, JPEG, YCbCr
#   inside) are red, green, blue for whoever reads samples.
# Happens: GDAL and tifffile turn them into RGB without being asked. geotiff.js'
#   readRasters() and the Rust crate's read_image() hand out brightness and two colour
#   differences as bands 1, 2, 3, in the same type and shape. Only readRGB() of
#   geotiff.js turns them. The same image with photometric RGB is alike everywhere.
# Cost: a model trained in Python on such tiles is fed brightness as red in the page;
#   it half works, since band 1 still looks like the scene in grey.
#
# Observed (written 200 50 30):
#   YCbCr  rasterio 201 50 31, tifffile 201 50 31
#   YCbCr  geotiff.js readRasters 93 93 205, readRGB 201 50 31, tiff 93 93 205
#   RGB    rasterio 200 50 30, tifffile 200 50 30
#   RGB    geotiff.js readRasters 200 50 30, readRGB 200 50 30, tiff 200 50 30
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q rasterio==1.4.4 tifffile==2026.3.3 imagecodecs==2026.3.6 numpy==2.4.6
npm init -y >/dev/null
npm install --silent --ignore-scripts --no-audit --no-fund geotiff@3.0.5
mkdir -p t/src
cat > t/Cargo.toml <<'TOML'
[package]
name = "t"
version = "0.0.0"
edition = "2021"
[dependencies]
tiff = { version = "=0.11.3", default-features = false, features = ["jpeg"] }
[workspace]
TOML
cat > t/src/main.rs <<'RS'
use tiff::decoder::{Decoder, DecodingResult};
fn main() {
    for p in ["ycc.tif", "rgb.tif"] {
        let mut d = Decoder::new(std::fs::File::open(p).unwrap()).unwrap();
        match d.read_image().unwrap() {
            DecodingResult::U8(v) => println!("{} {} {}", v[0], v[1], v[2]),
            _ => unreachable!(),
        }
    }
}
RS
CARGO_TARGET_DIR=$PWD/target cargo build -q -j1 --manifest-path t/Cargo.toml
cat > g.mjs <<'JS'
import { fromFile } from 'geotiff';
for (const p of ['ycc.tif', 'rgb.tif']) {
  const t = await fromFile(p);
  const i = await t.getImage();
  console.log((await i.readRasters()).map((b) => b[0]).join(' '));
  console.log(Array.from((await i.readRGB({ interleave: true })).slice(0, 3)).join(' '));
  await t.close();
}
JS
v/bin/python -W ignore - <<'PY'
import subprocess
import numpy as np, rasterio, tifffile

a = np.empty((3, 64, 64), "uint8")
a[:] = np.array([200, 50, 30])[:, None, None]
for kind in ("ycc", "rgb"):
    with rasterio.open(kind + ".tif", "w", driver="GTiff", dtype="uint8", count=3, height=64, width=64, tiled=True,
                       blockxsize=64, blockysize=64, compress="jpeg", photometric={"ycc": "YCBCR", "rgb": "RGB"}[kind]) as d:
        d.write(a)
js = subprocess.check_output(["node", "g.mjs"], text=True).split("\n")
rs = subprocess.check_output(["target/debug/t"], text=True).split("\n")
say = lambda v: " ".join(str(int(x)) for x in v)
got = {}
for i, kind in enumerate(("ycc", "rgb")):
    r, t = say(rasterio.open(kind + ".tif").read()[:, 0, 0]), say(tifffile.imread(kind + ".tif")[0, 0])
    n = {"ycc": "YCbCr ", "rgb": "RGB   "}[kind]
    print(n, "rasterio %s, tifffile %s" % (r, t))
    print(n, "geotiff.js readRasters %s, readRGB %s, tiff %s" % (js[2 * i], js[2 * i + 1], rs[i]))
    got[kind] = [[int(x) for x in v.split()] for v in (r, t, js[2 * i], js[2 * i + 1], rs[i])]
near = lambda v: max(abs(np.array(v) - (200, 50, 30))) < 4
assert [near(v) for v in got["ycc"]] == [True, True, False, True, False] and got["ycc"][2][2] > 180
assert all(near(v) for v in got["rgb"])
PY
