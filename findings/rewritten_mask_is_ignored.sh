#!/usr/bin/env bash
# rasterio 1.4.4 (GDAL 3.10.3)
#
# Expected: image.tif.msk beside image.tif is its mask; changing the mask's pixels
#   with the profile it was opened with gives a changed mask.
# Happens: only the tag INTERNAL_MASK_FLAGS_1 in the .msk makes it a mask. The profile
#   does not carry tags, so read, change, write with **profile loses it, and the mask
#   is ignored: all pixels are valid, no warning, although the dataset still lists the
#   file as its own. A byte-wise or driver copy keeps the tag. A mask also silences
#   the nodata number of the same image: pixels that are nodata are valid again.
# Cost: clipping, repairing or compressing cloud masks turns them off, and clouds are
#   trained on as land; the files look right in every folder listing.
#
# Observed (masked pixels of 1600):
#   as written 400, copied 400, changed to 800 and rewritten 0 (listed True), its tag put back 800
#   nodata alone 400, nodata and mask 400
#   nodata pixels still masked beside the mask: 0
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q rasterio==1.4.4 numpy==2.4.6
v/bin/python -W ignore - <<'PY'
import numpy as np, rasterio, rasterio.shutil

a = np.full((40, 40), 7, "uint8")
a[:, 30:] = 0
m = np.full((40, 40), 255, "uint8")
m[:, :10] = 0

def image(name, mask, **more):
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=False):
        with rasterio.open(name, "w", driver="GTiff", dtype="uint8", count=1, height=40, width=40, crs="EPSG:32633",
                           transform=rasterio.Affine(10, 0, 5e5, 0, -10, 5e6), **more) as d:
            d.write(a, 1)
            if mask:
                d.write_mask(m)

def masked(name):
    with rasterio.open(name) as s:
        return int((s.dataset_mask() == 0).sum())

image("i.tif", True)
first = masked("i.tif")
image("c.tif", False)
rasterio.shutil.copy("i.tif.msk", "c.tif.msk", driver="GTiff", compress="deflate")
copied = masked("c.tif")
with rasterio.open("i.tif.msk") as s:
    profile, flags, more = s.profile, s.tags(), s.read()
more[0, :, :20] = 0
with rasterio.open("i.tif.msk", "w", **profile) as d:
    d.write(more)
lost = masked("i.tif")
with rasterio.open("i.tif") as s:
    listed = "i.tif.msk" in s.files
with rasterio.open("i.tif.msk", "r+") as d:
    d.update_tags(**flags)
tagged = masked("i.tif")
print("as written %d, copied %d, changed to 800 and rewritten %d (listed %s), its tag put back %d"
      % (first, copied, lost, listed, tagged))
image("n.tif", False, nodata=0)
image("b.tif", True, nodata=0)
print("nodata alone %d, nodata and mask %d" % (masked("n.tif"), masked("b.tif")))
assert (first, copied, lost, listed, tagged) == (400, 400, 0, True, 800)
assert (masked("n.tif"), masked("b.tif")) == (400, 400)
with rasterio.open("b.tif") as s:
    r = np.ma.getmaskarray(s.read(1, masked=True))
print("nodata pixels still masked beside the mask:", int(r[:, 30:].sum()))
assert r[:, 30:].sum() == 0 and r[:, :10].all()
PY
