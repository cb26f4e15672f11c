#!/usr/bin/env bash
# rasterio 1.4.4 (GDAL 3.10.3) COG driver, with rio-cogeo 7.0.4
#
# Expected: reading a class map smaller with resampling "nearest" picks some of
#   its pixels, so every class that comes out is a class that is in the map.
# Happens: a class map without a colour table, once it is a cloud-optimised TIFF
#   from GDAL's COG driver, carries overviews made with cubic resampling, and a
#   smaller read takes those and picks "nearest" inside them. Out come classes
#   that nobody labelled (between water 1, forest 2 and town 9). The identical
#   map with a colour table gets nearest overviews, and so does rio-cogeo's
#   translation of the map: one format, one reader call, different classes.
# Cost: labels read at training resolution hold stray class numbers along every
#   border (or a one-hot raises), legends show unknown entries, and areas are
#   wrong; at full resolution all looks well.
#
# Observed (map of 1024 x 1024 read as 200 x 200, nearest):
#   plain TIFF               : [1, 2, 9]
#   COG driver               : [1, 2, 3, 8, 9]
#   COG driver, colour table : [1, 2, 9]
#   rio-cogeo                : [1, 2, 9]
#   COG driver, full size    : [1, 2, 9]
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q rasterio==1.4.4 rio-cogeo==7.0.4 numpy==2.4.6
v/bin/python -W ignore - <<'PY'
import numpy as np, rasterio, rasterio.shutil
from rasterio.enums import Resampling
from rio_cogeo import cog_profiles, cog_translate

rng = np.random.default_rng(0)
a = np.kron(rng.choice([1, 2, 9], (64, 64)), np.ones((16, 16))).astype("uint8")

def write(name, table):
    with rasterio.open(name, "w", driver="GTiff", dtype="uint8", count=1, height=1024, width=1024,
                       crs="EPSG:32633", transform=rasterio.Affine(10, 0, 5e5, 0, -10, 5e6)) as d:
        d.write(a, 1)
        if table:
            d.write_colormap(1, {1: (0, 0, 255), 2: (0, 128, 0), 9: (255, 0, 0)})

def classes(name, n=200):
    with rasterio.open(name) as s:
        return np.unique(s.read(1, out_shape=(n, n), resampling=Resampling.nearest)).tolist()

write("plain.tif", False)
write("table.tif", True)
rasterio.shutil.copy("plain.tif", "cog.tif", driver="COG")
rasterio.shutil.copy("table.tif", "cogt.tif", driver="COG")
cog_translate("plain.tif", "rio.tif", cog_profiles.get("deflate"), quiet=True)
print("plain TIFF               :", classes("plain.tif"))
print("COG driver               :", classes("cog.tif"))
print("COG driver, colour table :", classes("cogt.tif"))
print("rio-cogeo                :", classes("rio.tif"))
print("COG driver, full size    :", classes("cog.tif", 1024))
assert classes("plain.tif") == classes("cogt.tif") == classes("rio.tif") == classes("cog.tif", 1024) == [1, 2, 9]
assert set(classes("cog.tif")) - {1, 2, 9}
PY
