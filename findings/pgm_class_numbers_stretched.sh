#!/usr/bin/env bash
# A mask of class numbers as PGM whose header says how many there are (maxval 3 for
# classes 0 to 3; 4095 for 12-bit samples): Pillow 13.0.0, imageio 2.37.0,
# opencv-python-headless 5.0.0.93 and rasterio 1.4.4 (GDAL 3.10.3) read
#
# Expected: the numbers of the file, from all of them: the image is a table of class
#   numbers, and maxval only says where it ends.
# Happens, without a word:
#   GDAL and OpenCV give the numbers. Pillow, and imageio by way of it, stretch them
#   so that maxval becomes 255 (or 65535): classes 0 1 2 3 come as 0 85 170 255, and
#   12-bit samples 0 1 2000 4095 as 0 16 32007 65535.
# Cost: the same mask has other classes in a loader that uses Pillow (most of the
#   training code there is) than in the GIS that it was made and checked in. Where labels are
#   then cut at 127 to foreground, class 1 becomes background and 2 foreground; where
#   they index a table of four classes, training ends with an error about labels out
#   of range, far from the file. With maxval 255 all four agree, so a test file
#   written by Pillow or OpenCV never shows it.
#
# Observed (Pillow | imageio | OpenCV | GDAL):
#   maxval 3     0 85 170 255 | 0 85 170 255 | 0 1 2 3 | 0 1 2 3
#   maxval 4095  0 16 32007 65535 | 0 16 32007 65535 | 0 1 2000 4095 | 0 1 2000 4095
#   maxval 255   0 1 2 3 | 0 1 2 3 | 0 1 2 3 | 0 1 2 3
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q rasterio==1.4.4 pillow==13.0.0 imageio==2.37.0 opencv-python-headless==5.0.0.93 numpy==2.4.6
v/bin/python - <<'PY' >seen 2>/dev/null
import cv2
import imageio.v3 as imageio
import numpy as np
import rasterio
from PIL import Image

FILES = {3: ([0, 1, 2, 3], "u1"), 4095: ([0, 1, 2000, 4095], ">u2"), 255: ([0, 1, 2, 3], "u1")}
for maxval, (numbers, kind) in FILES.items():
    name = f"{maxval}.pgm"
    with open(name, "wb") as file:
        file.write(b"P5\n4 1\n%d\n" % maxval + np.array(numbers, kind).tobytes())
    with rasterio.open(name) as source:
        by_gdal = source.read(1)
    read = [np.asarray(Image.open(name)), imageio.imread(name), cv2.imread(name, cv2.IMREAD_UNCHANGED), by_gdal]
    print(f"maxval {maxval:<5}", " | ".join(" ".join(str(int(n)) for n in np.ravel(a)) for a in read))
PY
cat >wanted <<'END'
maxval 3     0 85 170 255 | 0 85 170 255 | 0 1 2 3 | 0 1 2 3
maxval 4095  0 16 32007 65535 | 0 16 32007 65535 | 0 1 2000 4095 | 0 1 2000 4095
maxval 255   0 1 2 3 | 0 1 2 3 | 0 1 2 3 | 0 1 2 3
END
cat seen
diff wanted seen && echo "as described"
