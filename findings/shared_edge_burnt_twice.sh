#!/usr/bin/env bash
# rasterio 1.4.4 (GDAL 3.10.3)
#
# Expected: rasterize() burns the pixels whose centre is in the polygon; where a
#   border runs through centres one of the two neighbours has them, whichever way up
#   the grid is.
# Happens: on a grid whose rows go south (every usual image) the row under a polygon's
#   LOWER side is burnt as well as the one under its upper side; on a grid whose rows
#   go north, or without a transform, only one of them, and of the left and right side
#   only one in both. A square of 3 by 3 pixels covers 12 or 9. Squares that tile a
#   field without a gap share rows, each pixel of which belongs to two.
# Cost: polygons traced through cell centres ("pixel is point" data, half-pixel
#   shifts) are the normal case of it: areas come out a third too large, instances
#   overlap, the later class wins a row, and burning flipped polygons is not flipping
#   the burnt ones.
#
# Observed (81 squares of 3 by 3 pixels on 27 by 27, sides through centres):
#   rows go south: pixels of a square [12], burnt 756 of 729, burnt twice 216
#   rows go north: pixels of a square [9], burnt 729 of 729, burnt twice 0
#   one square, flipped, equal: False
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q rasterio==1.4.4 shapely==2.2.0 numpy==2.4.6
v/bin/python -W ignore - <<'PY'
import numpy as np
from rasterio import Affine
from rasterio.enums import MergeAlg
from rasterio.features import rasterize
from shapely.geometry import box

cells = [box(500005 + 30 * i, 4999705 + 30 * j, 500035 + 30 * i, 4999735 + 30 * j) for i in range(9) for j in range(9)]
grids = {"rows go south": Affine(10, 0, 500000, 0, -10, 5000000), "rows go north": Affine(10, 0, 500000, 0, 10, 4999700)}
got = {}
for name, t in grids.items():
    one = {int(rasterize([(c, 1)], (30, 30), transform=t).sum()) for c in cells}
    n = rasterize([(c, 1) for c in cells], (30, 30), transform=t, merge_alg=MergeAlg.add)
    got[name] = (one, int((n > 0).sum()), int((n > 1).sum()))
    print("%s: pixels of a square %s, burnt %d of 729, burnt twice %d" % (name, sorted(one), *got[name][1:]))
south, north = (rasterize([(cells[40], 1)], (30, 30), transform=t) for t in grids.values())
flipped = np.array_equal(south[::-1], north)
print("one square, flipped, equal:", flipped)
assert got["rows go south"] == ({12}, 756, 216) and got["rows go north"] == ({9}, 729, 0) and not flipped
PY
