#!/usr/bin/env bash
# rasterio 1.4.4 (its wheel's GDAL 3.10.3), numpy 2.2.6
#
# Expected: of two overlapping images each pixel of the mosaic comes from one
#   of them: the upper one wherever it has data. Images without nodata, and
#   images whose alpha is 255 everywhere, have data everywhere.
# Happens: merge() asks each band alone whether a place is still empty, and of
#   files without nodata it takes 0 for empty. Where the upper image has
#   (200, 0, 50) and the lower one (90, 90, 90) the mosaic has (200, 90, 50), a
#   colour that neither holds: with nodata 0, without any, and with an opaque
#   alpha band beside it. With method "last" it happens with nodata 0 alone.
#   dataset_mask() says 255 for that pixel of the upper image in all three, and
#   warping it alone keeps it whole.
# Cost: saturated reds and blues and deep shadows of 8-bit orthophotos have a
#   band of 0. Along every overlap they become other colours, in the mosaic
#   only: a network that was trained on the tiles meets colours that it has
#   never seen, and labels that were drawn on tiles do not fit. Passing nodata=
#   with a number that no pixel has, or the images the other way round with
#   "last", helps where the files name none; of files that say nodata 0 neither.
#
# Observed:
#   no nodata : mask 255, warped [200, 0, 50], merged [200, 90, 50], with nodata=255 [200, 0, 50]
#   nodata 0  : mask 255, warped [200, 0, 50], merged [200, 90, 50], with nodata=255 [200, 90, 50]
#   alpha 255 : mask 255, warped [200, 0, 50], merged [200, 90, 50], with nodata=255 [200, 0, 50]
#   method last: [200, 0, 50] [200, 90, 50] [200, 0, 50]
#   of 65536 dark pixels without nodata: 4713 are of both images
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q rasterio==1.4.4 numpy==2.2.6
v/bin/python - <<'PY'
import numpy as np
import rasterio
from rasterio.merge import merge
from rasterio.transform import Affine
from rasterio.vrt import WarpedVRT

def write(name, pixels, **more):
    count, height, width = pixels.shape
    with rasterio.open(name, "w", driver="GTiff", dtype="uint8", count=count, height=height, width=width,
                       crs="EPSG:32633", transform=Affine(1, 0, 500000, 0, -1, 5000000), **more) as f:
        f.write(pixels)

def opaque(pixels):
    return np.concatenate([pixels, np.full_like(pixels[:1], 255)])

upper = np.stack([np.full((8, 8), v, np.uint8) for v in (200, 0, 50)])
lower = np.full((3, 8, 8), 90, np.uint8)
same = lambda pixels: pixels
kinds = {
    "no nodata": (same, {}, [200, 0, 50]),
    "nodata 0": (same, {"nodata": 0}, [200, 90, 50]),
    "alpha 255": (opaque, {"photometric": "RGB", "alpha": "YES"}, [200, 0, 50]),
}
lasts = []
for kind, (shape, more, otherwise) in kinds.items():
    write("upper.tif", shape(upper), **more)
    write("lower.tif", shape(lower), **more)
    with rasterio.open("upper.tif") as f:
        mask = int(f.dataset_mask()[0, 0])
        with WarpedVRT(f, crs="EPSG:32633") as w:
            warped = w.read()[:3, 0, 0].tolist()
    first = merge(["upper.tif", "lower.tif"])[0][:3, 0, 0].tolist()
    last = merge(["lower.tif", "upper.tif"], method="last")[0][:3, 0, 0].tolist()
    told = merge(["upper.tif", "lower.tif"], nodata=255)[0][:3, 0, 0].tolist()
    print(f"{kind:10}: mask {mask}, warped {warped}, merged {first}, with nodata=255 {told}")
    assert (mask, warped) == (255, [200, 0, 50])
    assert first == [200, 90, 50] and told == otherwise
    lasts.append(last)

print("method last:", *lasts)
assert lasts == [[200, 0, 50], [200, 90, 50], [200, 0, 50]]

draw = np.random.default_rng(1)
# Dark and colourful, as roofs in shadow: each band alone is 0 now and then.
scene = np.maximum(draw.integers(-4, 200, (3, 256, 256)), 0).astype(np.uint8)
write("scene.tif", scene)
write("under.tif", np.full((3, 256, 256), 90, np.uint8))
merged = merge(["scene.tif", "under.tif"])[0]
mixed = (merged != scene).any(0) & (merged == scene).any(0)
print(f"of {mixed.size} dark pixels without nodata: {mixed.sum()} are of both images")
assert mixed.sum() > 2000
PY
