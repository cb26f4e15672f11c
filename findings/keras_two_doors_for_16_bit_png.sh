#!/usr/bin/env bash
# keras 3.15.1 (load_img, on Pillow 13.0.0) against keras 3.15.1
# (image_dataset_from_directory, on tensorflow-cpu 2.21.0) and the crate image 0.25.10
#
# Expected: the two doors of Keras for image files bring one 16-bit grey PNG (elevation,
#   radar, infrared) to the same 0..255, or both refuse.
# Happens: load_img(color_mode="rgb") clips: all above 255 is 255. With
#   color_mode="grayscale" it does not reduce at all and gives up to 65535.
#   image_dataset_from_directory keeps the upper byte. The Rust crate's to_luma8
#   rounds. A 16-bit colour PNG comes out alike from all three doors.
# Cost: a model trained from a folder and used through load_img sees white
#   pictures (or, in grey, values 256 times as large), without an error,
#   and only for the grey files of a mixed set.
#
# Observed (0, 100, 255, 256, 1000, 12345, 65535 in a grey PNG):
#   load_img rgb       : 0 100 255 255 255 255 255
#   load_img grayscale : 0 100 255 256 1000 12345 65535
#   from_directory rgb : 0 0 0 1 3 48 255
#   from_directory grey: 0 0 0 1 3 48 255
#   image to_luma8     : 0 0 1 1 4 48 255
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q keras==3.15.1 tensorflow-cpu==2.21.0 pillow==13.0.0 numpy==2.4.6
mkdir -p t/src ds/a
cat > t/Cargo.toml <<'TOML'
[package]
name = "t"
version = "0.0.0"
edition = "2021"
[dependencies]
image = { version = "=0.25.10", default-features = false, features = ["png"] }
[workspace]
TOML
cat > t/src/main.rs <<'RS'
fn main() {
    for v in image::open("ds/a/g.png").unwrap().to_luma8().into_raw() {
        println!("{v}");
    }
}
RS
CARGO_TARGET_DIR=$PWD/target cargo build -q -j1 --manifest-path t/Cargo.toml
KERAS_BACKEND=tensorflow TF_CPP_MIN_LOG_LEVEL=3 v/bin/python -W ignore - 2>/dev/null <<'PY'
import subprocess
import keras, numpy as np
from PIL import Image

v = [0, 100, 255, 256, 1000, 12345, 65535]
Image.fromarray(np.array([v], "uint16")).save("ds/a/g.png")

def load(mode):
    return keras.utils.img_to_array(keras.utils.load_img("ds/a/g.png", color_mode=mode))[0, :, 0].astype(int).tolist()

def folder(mode):
    d = keras.utils.image_dataset_from_directory("ds", labels=None, image_size=(1, len(v)), color_mode=mode, verbose=False)
    return np.asarray(next(iter(d)))[0, 0, :, 0].astype(int).tolist()

rust = [int(x) for x in subprocess.check_output(["target/debug/t"], text=True).split()]
lr, lg, fr, fg = load("rgb"), load("grayscale"), folder("rgb"), folder("grayscale")
for n, x in (("load_img rgb       ", lr), ("load_img grayscale ", lg), ("from_directory rgb ", fr), ("from_directory grey", fg), ("image to_luma8     ", rust)):
    print(n + ":", *x)
assert lr == [min(x, 255) for x in v] and lg == v
assert fr == fg == [x >> 8 for x in v] and rust == [round(x / 257) for x in v]
PY
