#!/usr/bin/env bash
# albumentations 2.0.8 on opencv-python-headless 5.0.0.93; the grids of Pillow 13.0.0,
# scipy 1.17.1, rasterio 1.4.4 and onnxruntime 1.32.0 beside it
#
# Expected: Resize of an image and its mask in one call keeps them on each other.
# Happens: the image is resampled about pixel centres, the mask by OpenCV's
#   INTER_NEAREST, which takes the first pixel of each block: in an image made smaller
#   by f the mask lies (f - 1) / 2 pixels of the large picture beside it, always to
#   the same side. INTER_NEAREST_EXACT as mask_interpolation leaves the half pixel
#   that picking one of an even number must leave. "nearest" has four grids: of 16
#   made 4, OpenCV picks 0 4 8 12, ONNX' default 1 5 9 13, Pillow, GDAL and OpenCV's
#   exact one 2 6 10 14, scipy's zoom 0 5 10 15.
# Cost: tiles made smaller by 8 train with borders 3.5 pixels off. The network learns
#   the offset well, so the validation score, made with the same resize, shows
#   nothing; the masks drawn at full size are off.
#
# Observed:
#   made smaller by 2: mask beside the image by 0.50 pixels (exact 0.50)
#   made smaller by 4: mask beside the image by 1.50 pixels (exact 0.50)
#   made smaller by 8: mask beside the image by 3.50 pixels (exact 0.50)
#   OpenCV nearest 0 4 8 12
#   OpenCV exact   2 6 10 14
#   Pillow         2 6 10 14
#   rasterio       2 6 10 14
#   onnxruntime    1 5 9 13
#   scipy zoom     0 5 10 15
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q albumentations==2.0.8 opencv-python-headless==5.0.0.93 pillow==13.0.0 scipy==1.17.1 rasterio==1.4.4 onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
export NO_ALBUMENTATIONS_UPDATE=1
v/bin/python -W ignore - <<'PY'
import albumentations as A, cv2, numpy as np, onnxruntime, rasterio, scipy.ndimage
from onnx import TensorProto as T, helper as h
from PIL import Image

ramp = np.tile(np.arange(128, dtype="uint8"), (128, 1))
def beside(f, **more):
    r = A.Compose([A.Resize(128 // f, 128 // f, **more)])(image=np.dstack([ramp.astype("float32")] * 3), mask=ramp)
    inner = slice(1, -1)
    return float((r["image"][0, inner, 0] - r["mask"][0, inner]).mean())

for f in (2, 4, 8):
    n = abs(beside(f))
    e = abs(beside(f, mask_interpolation=cv2.INTER_NEAREST_EXACT))
    print("made smaller by %d: mask beside the image by %.2f pixels (exact %.2f)" % (f, n, e))
    assert abs(n - (f - 1) / 2) < 0.01 and e < 0.51
a = np.tile(np.arange(16, dtype="uint8"), (16, 1))
with rasterio.MemoryFile() as m:
    with m.open(driver="GTiff", dtype="uint8", count=1, height=16, width=16) as d:
        d.write(a, 1)
    with m.open() as d:
        gdal = d.read(1, out_shape=(4, 4))[0]
g = h.make_graph([h.make_node("Resize", ["x", "", "", "s"], ["y"], mode="nearest")], "g",
                 [h.make_tensor_value_info("x", T.FLOAT, [1, 1, 16, 16])], [h.make_tensor_value_info("y", T.FLOAT, None)],
                 [h.make_tensor("s", T.INT64, [4], [1, 1, 4, 4])])
s = onnxruntime.InferenceSession(h.make_model(g, opset_imports=[h.make_opsetid("", 18)], ir_version=9).SerializeToString(),
                                 providers=["CPUExecutionProvider"])
grids = {
    "OpenCV nearest": cv2.resize(a, (4, 4), interpolation=cv2.INTER_NEAREST)[0],
    "OpenCV exact": cv2.resize(a, (4, 4), interpolation=cv2.INTER_NEAREST_EXACT)[0],
    "Pillow": np.array(Image.fromarray(a).resize((4, 4), Image.Resampling.NEAREST))[0],
    "rasterio": gdal,
    "onnxruntime": s.run(None, {"x": a.astype("float32")[None, None]})[0][0, 0, 0],
    "scipy zoom": scipy.ndimage.zoom(a, 0.25, order=0)[0],
}
grids = {k: [int(x) for x in v] for k, v in grids.items()}
for k, v in grids.items():
    print(k.ljust(14), *v)
assert len({tuple(v) for v in grids.values()}) == 4
PY
