"""Predictions of scenes cut from a mosaic, merged by GDAL, are the prediction of the mosaic in one piece."""

import os
import shutil
import subprocess

import numpy as np
import pytest
import rasterio
from rasterio.merge import merge
from rasterio.transform import Affine
from rasterio.windows import Window, transform

SIDES_PX = (1000, 1260)
# Top, left, height, width: no two rows of scenes are cut alike, and two lie over each other.
CUTS = [(0, 0, 420, 700), (0, 640, 420, 620), (420, 0, 580, 333), (420, 333, 580, 500), (420, 800, 580, 460)]


def ground():
    draw = np.random.default_rng(8)
    y, x = np.mgrid[: SIDES_PX[0], : SIDES_PX[1]]
    roofs = ((x // 41 + y // 29) % 3 == 0) * 90
    rgb = 50 + roofs + draw.integers(0, 60, (3, *SIDES_PX))
    rgb[1] -= roofs // 2
    return rgb.astype(np.uint8)


@pytest.fixture
def groundmask():
    def run(*arguments):
        done = subprocess.run([os.environ["GROUNDMASK"], *map(str, arguments)], capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr

    return run


def test_merged_scenes_are_the_mosaic(peer, groundmask, tmp_path):
    pixels, place = ground(), Affine(0.3, 0, 500_000, 0, -0.3, 5_400_000)
    profile = dict(driver="GTiff", count=3, dtype="uint8", crs="EPSG:32633", compress="deflate", photometric="rgb")
    (tmp_path / "scenes").mkdir()
    for number, (top, left, height, width) in enumerate(CUTS):
        window = Window(left, top, width, height)
        size = dict(height=height, width=width, transform=transform(window, place))
        with rasterio.open(tmp_path / f"scenes/s{number}.tif", "w", **profile, **size) as f:
            f.write(pixels[:, top : top + height, left : left + width])
    size = dict(height=SIDES_PX[0], width=SIDES_PX[1], transform=place)
    with rasterio.open(tmp_path / "whole.tif", "w", **profile, **size) as f:
        f.write(pixels)
    model = peer.model("unet_norm/direct", 4, 3, 3, 12)
    formats = ["--format", "probability-tif,mask-tif", "--model", model]
    groundmask("predict", *formats, tmp_path / "whole.tif", "--out", tmp_path / "whole")
    groundmask("predict", *formats, tmp_path / "scenes", "--mosaic", "--out", tmp_path / "parts")
    for kind in ("probability", "mask"):
        parts = sorted((tmp_path / "parts").glob(f"*_{kind}.tif"))
        assert len(parts) == len(CUTS)
        merged, where = merge(parts, method="last")
        with rasterio.open(tmp_path / f"whole/whole_{kind}.tif") as f:
            whole = f.read()
            assert where.almost_equals(f.transform)
        assert whole.std() > 1e-3, "a constant output would prove nothing"
        assert np.array_equal(merged, whole), np.abs(merged.astype(float) - whole).max()
        if shutil.which("gdalbuildvrt"):
            subprocess.run(["gdalbuildvrt", "-q", tmp_path / f"{kind}.vrt", *parts], check=True)
            with rasterio.open(tmp_path / f"{kind}.vrt") as f:
                assert np.array_equal(f.read(), whole)
