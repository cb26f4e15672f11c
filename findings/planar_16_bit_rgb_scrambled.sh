#!/usr/bin/env bash
# A 16-bit RGB GeoTIFF whose bands lie in planes (GDAL's INTERLEAVE=BAND, how many
# satellite products come): rasterio 1.4.4 (GDAL 3.10.3) writes; Pillow 13.0.0 and
# opencv-python-headless 5.0.0.93 read
#
# Expected: red, green and blue of each pixel, as both give for the same picture
#   with its bands side by side, and for planes of 8 bits; or an error.
# Happens, without a word:
#   OpenCV, IMREAD_UNCHANGED: the red plane alone, its numbers poured in one after the
#     other as if they were red, green, blue, red ...: pixel (0, 0) has the reds of the
#     first three pixels, and the upper third of the picture is all there is of the
#     file. The default imread (to 8 bits) of the same file is right.
#   Pillow, uncompressed: the bytes of a plane are taken for 8-bit samples, so each
#     sample becomes two pixels (its low byte, then its high byte): the left half of
#     the scene, stretched to double width under noise. With Deflate or LZW it is right.
# Cost: size, bands and type are as they should be, so nothing downstream objects:
#   training goes on with pictures that have nothing to do with their masks. Whoever
#   checks with OpenCV's default flag, or recompresses the file to look at it, sees
#   a sound picture.
#
# Observed (share of samples that are the file's, OpenCV unchanged | OpenCV to
# 8 bits | Pillow):
#   pixel, none     1.00 | 1.00 | 1.00
#   pixel, deflate  1.00 | 1.00 | 1.00
#   band, none      0.00 | 1.00 | 0.00
#   band, deflate   0.00 | 1.00 | 1.00
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q rasterio==1.4.4 pillow==13.0.0 opencv-python-headless==5.0.0.93 numpy==2.4.6
v/bin/python -W ignore - <<'PY'
import cv2
import numpy as np
import rasterio
from PIL import Image

truth = np.random.default_rng(0).integers(0, 65536, (3, 64, 64)).astype("uint16")
# Both go to 8 bits by the high byte; a rounding of one step counts as the same.
high = (truth >> 8).astype(int)
rows = {}
for layout in ("pixel", "band"):
    for compress in ("none", "deflate"):
        path = f"{layout}-{compress}.tif"
        with rasterio.open(path, "w", driver="GTiff", width=64, height=64, count=3, dtype="uint16",
                           photometric="RGB", interleave=layout, compress=compress) as file:
            file.write(truth)
        whole = cv2.imread(path, cv2.IMREAD_UNCHANGED)[..., ::-1].transpose(2, 0, 1)
        eight = cv2.imread(path)[..., ::-1].transpose(2, 0, 1).astype(int)
        pillow = np.asarray(Image.open(path)).transpose(2, 0, 1).astype(int)
        assert whole.shape == eight.shape == pillow.shape == truth.shape and whole.dtype == truth.dtype
        rows[layout, compress] = [
            float((whole == truth).mean()),
            float((abs(eight - high) <= 1).mean()),
            float((pillow == high).mean()),
        ]
        print(f"{layout}, {compress:8}", " | ".join(f"{share:.2f}" for share in rows[layout, compress]))
        if layout == "band":
            # The red plane, poured in as if it were whole pixels.
            poured = whole.transpose(1, 2, 0).reshape(-1)[: 64 * 64]
            assert (poured == truth[0].reshape(-1)).all()
        if (layout, compress) == ("band", "none"):
            first = pillow[0, 0, :4].tolist()
            assert first == list(truth[0].astype("<u2").tobytes()[:4]), first

assert rows["pixel", "none"] == rows["pixel", "deflate"] == [1.0, 1.0, 1.0]
for compress, pillow_is_right in (("none", False), ("deflate", True)):
    unchanged, to_eight, by_pillow = rows["band", compress]
    assert unchanged < 0.01 and to_eight == 1.0
    assert by_pillow == 1.0 if pillow_is_right else by_pillow < 0.05
print("as described")
PY
