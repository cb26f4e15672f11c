#!/usr/bin/env bash
# rasterio 1.4.4 (GDAL 3.10.3), GeoTIFF with a projection that its keys cannot say
#
# Expected: a GeoTIFF carries its coordinate system inside; if it could not, writing
#   would fail or warn.
# Happens: Equal Earth about a meridian of one's own (or a rotated pole) is not among
#   the projections of the keys. rasterio writes without a word, and reads the system
#   back equal, for GDAL has put it into FILE.aux.xml. The TIFF alone, copied,
#   uploaded or opened by any other reader, has pixel sizes in metres and no
#   coordinate system. Robinson, Goode or Natural Earth, no less rare, and Equal Earth
#   by its code, stay inside.
# Cost: the test (write, read, compare) passes; the user's file, dropped onto a page
#   as one file, is "without georeference", and nothing in the folder says that the
#   .aux.xml was more than a cache of statistics.
#
# Observed (read back | read back after the TIFF alone was copied):
#   +proj=eqearth +lon_0=11  : same | none
#   rotated pole             : same | none
#   +proj=robin +lon_0=11    : same | same
#   +proj=natearth +lon_0=11 : same | same
#   EPSG:8857 (Equal Earth)  : same | same
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q rasterio==1.4.4 numpy==2.4.6
v/bin/python -W ignore - <<'PY'
import shutil
import numpy as np, rasterio
from rasterio.crs import CRS

for name, text, inside in (
    ("+proj=eqearth +lon_0=11", "+proj=eqearth +lon_0=11 +datum=WGS84", False),
    ("rotated pole", "+proj=ob_tran +o_proj=longlat +o_lon_p=-162 +o_lat_p=39.25 +lon_0=180 +R=6371229", False),
    ("+proj=robin +lon_0=11", "+proj=robin +lon_0=11 +datum=WGS84", True),
    ("+proj=natearth +lon_0=11", "+proj=natearth +lon_0=11 +datum=WGS84", True),
    ("EPSG:8857 (Equal Earth)", "EPSG:8857", True),
):
    crs = CRS.from_user_input(text)
    tag = "".join(c for c in name if c.isalnum())
    with rasterio.open(tag + ".tif", "w", driver="GTiff", dtype="uint8", count=1, height=4, width=4, crs=crs,
                       transform=rasterio.Affine(10, 0, 5e5, 0, -10, 5e6)) as d:
        d.write(np.zeros((1, 4, 4), "uint8"))
    shutil.copyfile(tag + ".tif", tag + "_alone.tif")
    here, alone = rasterio.open(tag + ".tif").crs, rasterio.open(tag + "_alone.tif").crs
    say = lambda c: "same" if c == crs else "other" if c else "none"
    print(name.ljust(24), ":", say(here), "|", say(alone))
    assert say(here) == "same" and say(alone) == ("same" if inside else "none")
PY
