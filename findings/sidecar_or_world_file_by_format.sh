#!/usr/bin/env bash
# rasterio 1.4.4 (GDAL 3.10.3), Pillow 13.0.0 makes the pictures
#
# Expected: a picture with both an .aux.xml (GeoTransform and SRS) and a world file
#   has one rule for which of them places it.
# Happens: the rule goes by the format of the picture. PNG, GIF and BMP lie where the
#   world file says, JPEG and TIFF where the .aux.xml says; a TIFF's own tags beat the
#   world file and lose to the .aux.xml. The coordinate system comes from the .aux.xml
#   in each case, so a PNG has the numbers of one file in the system of the other. No
#   warning.
# Cost: image tiles and their PNG masks with the same two files beside each lie apart
#   by whatever the files differ in (here 100 km); a folder turned from JPEG into PNG
#   moves, and no pixel differs.
#
# Observed (left side; the world file says 600000, the .aux.xml 500000, the tags 700000):
#   png          : 600000 EPSG:32633
#   gif          : 600000 EPSG:32633
#   bmp          : 600000 EPSG:32633
#   jpg          : 500000 EPSG:32633
#   tif          : 500000 EPSG:32633
#   tif with tags: 700000 beside a world file, 500000 beside both
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q rasterio==1.4.4 pillow==13.0.0 numpy==2.4.6
v/bin/python -W ignore - <<'PY'
import numpy as np, rasterio
from PIL import Image

world = "10\n0\n0\n-10\n600005\n4999995\n"
aux = "<PAMDataset><SRS>EPSG:32633</SRS><GeoTransform>500000, 10, 0, 5000000, 0, -10</GeoTransform></PAMDataset>"

def put(name, w):
    open(name[:-3] + w, "w").write(world)
    open(name + ".aux.xml", "w").write(aux)

def left(name):
    with rasterio.open(name) as s:
        return int(s.transform.c), str(s.crs)

got = {}
for ext, w in (("png", "pgw"), ("gif", "gfw"), ("bmp", "bpw"), ("jpg", "jgw"), ("tif", "tfw")):
    name = "%s.%s" % (ext, ext)
    Image.fromarray(np.full((8, 8), 100, "uint8")).save(name)
    put(name, w)
    got[ext] = left(name)
    print("%-13s: %d %s" % (ext, *got[ext]))
with rasterio.open("geo.tif", "w", driver="GTiff", dtype="uint8", count=1, height=8, width=8, crs="EPSG:32633",
                   transform=rasterio.Affine(10, 0, 700000, 0, -10, 5000000)) as d:
    d.write(np.full((8, 8), 100, "uint8"), 1)
open("geo.tfw", "w").write(world)
two = left("geo.tif")[0]
put("geo.tif", "tfw")
three = left("geo.tif")[0]
print("tif with tags: %d beside a world file, %d beside both" % (two, three))
assert [v[0] for v in got.values()] == [600000, 600000, 600000, 500000, 500000] and (two, three) == (700000, 500000)
assert {v[1] for v in got.values()} == {"EPSG:32633"}
PY
