#!/usr/bin/env bash
# rasterio 1.4.4 (GDAL 3.10.3), rioxarray 0.19.0, Pillow 13.0.0
#
# Expected: writing a 4-band 8-bit array (red, green, blue, near infrared) gives
#   four equal bands of numbers.
# Happens: GDAL's writer labels the fourth 8-bit band alpha unless it is told a
#   photometric, and every reader then believes it. Water and shade, where near
#   infrared is 0, are masked in all bands; averaging and warping weigh red, green
#   and blue by near infrared and give 0 where it is 0; Pillow's resize does too;
#   a "lossless" WebP made by Pillow or by GDAL's WebP driver (but not by GDAL's
#   WebP inside a TIFF) throws red, green and blue away there. The same array in
#   16 bits, or with photometric="MINISBLACK", has none of it.
# Cost: a land-cover model never sees water, or sees it black, and only after the
#   tiles are resampled; the 16-bit twin of the data behaves, so the bug seems to
#   be in the model.
#
# Observed (left half: near infrared 0, red about 131):
#   labels of the bands      : red green blue alpha
#   masked pixels of red     : 800 of 1600 (MINISBLACK 0, uint16 0)
#   rioxarray masked=True    : 800 NaN
#   red, averaged by 2       : rasterio 0.0, Pillow 0.0, true 131.7 (MINISBLACK 131.8)
#   lossless WebP, red kept  : Pillow False, GDAL WebP driver False, GDAL TIFF+WebP True
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q rasterio==1.4.4 rioxarray==0.19.0 pillow==13.0.0 numpy==2.4.6
v/bin/python -W ignore - <<'PY'
import numpy as np, rasterio, rasterio.shutil, rioxarray
from PIL import Image
from rasterio.enums import Resampling

rng = np.random.default_rng(1)
a = rng.integers(1, 256, (4, 40, 40)).astype("uint8")
a[3, :, :20] = 0
a[3, :, 20:] = rng.integers(1, 60, (40, 20))

def write(name, a, **more):
    with rasterio.open(name, "w", driver="GTiff", dtype=a.dtype.name, count=4, height=40, width=40,
                       crs="EPSG:32633", transform=rasterio.Affine(10, 0, 5e5, 0, -10, 5e6), **more) as d:
        d.write(a)
    return rasterio.open(name)

s = write("a.tif", a)
plain = write("b.tif", a, photometric="MINISBLACK")
wide = write("c.tif", a.astype("uint16"))
hidden = lambda d: int(d.read(1, masked=True).mask.sum())
print("labels of the bands      :", *(c.name for c in s.colorinterp))
print("masked pixels of red     : %d of 1600 (MINISBLACK %d, uint16 %d)" % (hidden(s), hidden(plain), hidden(wide)))
assert (hidden(s), hidden(plain), hidden(wide)) == (800, 0, 0)
nan = int(np.isnan(rioxarray.open_rasterio("a.tif", masked=True).values[0]).sum())
print("rioxarray masked=True    :", nan, "NaN")
assert nan == 800
half = lambda d: d.read(1, out_shape=(20, 20), resampling=Resampling.average)[:, :9].mean()
pil = np.array(Image.open("a.tif").resize((20, 20), Image.Resampling.BOX))[:, :9, 0].mean()
true = a[0].reshape(20, 2, 20, 2).mean((1, 3))[:, :9].mean()
print("red, averaged by 2       : rasterio %.1f, Pillow %.1f, true %.1f (MINISBLACK %.1f)" % (half(s), pil, true, half(plain)))
assert half(s) == 0 and pil == 0 and abs(half(plain) - true) < 1
Image.open("a.tif").save("p.webp", lossless=True)
rasterio.shutil.copy("a.tif", "g.webp", driver="WEBP", lossless=True)
write("w.tif", a, compress="WEBP", webp_lossless=True).close()
kept = [bool(np.array_equal(rasterio.open(n).read(1), a[0])) for n in ("p.webp", "g.webp", "w.tif")]
print("lossless WebP, red kept  : Pillow %s, GDAL WebP driver %s, GDAL TIFF+WebP %s" % tuple(kept))
assert kept == [False, False, True]
PY
