"""A synthetic scene as a large GeoTIFF: `python make_scene.py OUT.tif SIDE_PX`. Fields with bright roofs, UTM zone 33.

For measuring predictions of images that are never held decoded; about 1.2 bytes a pixel.
"""

import sys

import numpy as np
import rasterio
from rasterio.transform import Affine
from rasterio.windows import Window

BLOCK = 512


def block(row: int, column: int) -> np.ndarray:
    rng = np.random.default_rng([row, column])
    ground = np.array([60, 92, 52])[:, None, None] + rng.integers(0, 6, (1, BLOCK, BLOCK)) * 4
    image = np.broadcast_to(ground, (3, BLOCK, BLOCK)).copy()
    for _ in range(12):
        y, x = rng.integers(0, BLOCK - 60, 2)
        h, w = rng.integers(15, 60, 2)
        image[:, y : y + h, x : x + w] = np.array([205, 165, 140])[:, None, None] + rng.integers(0, 20)
    return image.astype(np.uint8)


def main(path: str, side: int) -> None:
    profile = dict(driver="GTiff", width=side, height=side, count=3, dtype="uint8", crs="EPSG:32633", compress="deflate")
    profile |= dict(tiled=True, blockxsize=BLOCK, blockysize=BLOCK, photometric="rgb", zlevel=1, BIGTIFF="IF_SAFER")
    with rasterio.open(path, "w", transform=Affine(0.5, 0, 500000, 0, -0.5, 5400000), **profile) as f:
        for row in range(0, side, BLOCK):
            for column in range(0, side, BLOCK):
                height, width = min(BLOCK, side - row), min(BLOCK, side - column)
                data = block(row // BLOCK, column // BLOCK)[:, :height, :width]
                f.write(data, window=Window(column, row, width, height))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
