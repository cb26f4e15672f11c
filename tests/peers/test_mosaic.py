"""Predictions of scenes cut from a mosaic, merged by GDAL, are the prediction of the mosaic in one piece."""

import csv
import os
import shutil
import subprocess

import geopandas
import mercantile
import numpy as np
import pyproj
import pytest
import rasterio
import rasterio.features
import shapely
from PIL import Image
from rasterio.merge import merge
from rasterio.transform import Affine
from rasterio.windows import Window, transform
from rio_cogeo.cogeo import cog_validate

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


ZOOM, TILE_PX, FIRST = 20, 256, (619_212, 523_264)
# Columns and rows of tiles that are there: some touch at a corner only, and there is a hole.
TILES = [(x, y) for x in range(5) for y in range(4) if (x, y) not in {(1, 1), (4, 0), (4, 1), (0, 3)}]


def test_map_tiles_become_one_map(peer, groundmask, tmp_path):
    """Tiles that are placed by their names alone: one GeoTIFF where mercantile says, one GeoJSON on top of it."""
    pixels = ground()[:, : 4 * TILE_PX, : 5 * TILE_PX]
    height, width = 4 * TILE_PX - 24, 5 * TILE_PX - 20
    padded = np.zeros((4 * TILE_PX, 5 * TILE_PX, 3), np.uint8)
    padded[: pixels.shape[1], : pixels.shape[2]] = np.moveaxis(pixels, 0, 2)
    assert pixels.shape[1:] == (height, width)
    whole, there = np.zeros((4 * TILE_PX, 5 * TILE_PX, 4), np.uint8), np.zeros((4 * TILE_PX, 5 * TILE_PX), bool)
    (tmp_path / "tiles").mkdir()
    for x, y in TILES:
        cut = np.s_[y * TILE_PX : (y + 1) * TILE_PX, x * TILE_PX : (x + 1) * TILE_PX]
        Image.fromarray(padded[cut]).save(tmp_path / f"tiles/{FIRST[0] + x}-{FIRST[1] + y}-{ZOOM}.png")
        whole[cut] = np.dstack([padded[cut], np.full((TILE_PX, TILE_PX), 255, np.uint8)])
        there[cut] = True
    Image.fromarray(whole).save(tmp_path / "whole.png")
    model = peer.model("unet_norm/direct", 4, 3, 3, 12)
    usual = ["--model", model, "--out"]
    groundmask("predict", tmp_path / "whole.png", "--format", "probability-tif", *usual, tmp_path / "whole")
    with rasterio.open(tmp_path / "whole/whole_probability.tif") as f:
        wanted = f.read(1)
    threshold = float(np.median(wanted[there]))
    formats = ["--format", "class-tif,probability-tif,geojson,areas-csv", "--threshold", threshold, "--simplify", 0]
    groundmask("predict", tmp_path / "tiles", "--mosaic", "--one-file", *formats, *usual, tmp_path / "one")

    boxes = [mercantile.xy_bounds(FIRST[0] + x, FIRST[1] + y, ZOOM) for x, y in ((0, 0), (4, 3))]
    pixel = (boxes[0].right - boxes[0].left) / TILE_PX
    for kind in ("classes", "probability"):
        path = tmp_path / f"one/mosaic_{kind}.tif"
        with rasterio.open(path) as f:
            assert f.crs == rasterio.CRS.from_epsg(3857) and f.shape == there.shape
            off = np.subtract(f.bounds, [boxes[0].left, boxes[1].bottom, boxes[1].right, boxes[0].top])
            assert np.abs(off).max() < 1e-6 * pixel + 4e-9, off / pixel  # 4e-9: a step of doubles at 2e7.
            assert np.array_equal(f.read(1) == f.nodata, ~there)
        assert cog_validate(path, strict=True) == (True, [], [])
    with rasterio.open(tmp_path / "one/mosaic_probability.tif") as f:
        assert np.array_equal(f.read(1), np.where(there, wanted, -1)), "a seam"
    with rasterio.open(tmp_path / "one/mosaic_classes.tif") as f:
        mask, place = f.read(1) == 1, f.transform

    frame = geopandas.read_file(tmp_path / "one/mosaic.geojson")
    assert frame.geometry.is_valid.all()
    on_map = frame.to_crs(3857)
    drawn = rasterio.features.rasterize(on_map.geometry, mask.shape, transform=place).astype(bool)
    smallest = frame.area_px.min()
    regions = rasterio.features.shapes(mask.astype(np.uint8), mask=mask, connectivity=4, transform=place)
    shapes = [shapely.geometry.shape(s) for s, _ in regions]
    large = [s for s in shapes if round(s.area / (place.a * -place.e)) >= smallest]
    assert len(large) == len(frame)
    assert (drawn != rasterio.features.rasterize(large, mask.shape, transform=place)).sum() <= 5
    # No outline ends at a tile's edge because the tile does.
    edge = boxes[0].right
    assert any(s.bounds[0] < edge - pixel and s.bounds[2] > edge + pixel for s in on_map.geometry)

    with open(tmp_path / "one/mosaic_areas.csv") as f:
        (row,) = csv.DictReader(f)
    assert int(row["class_px"]) == mask.sum() and int(row["measured_px"]) == there.sum()
    assert abs(float(row["class_share"]) - mask.sum() / there.sum()) < 1e-6
    lonlat = geopandas.GeoSeries(shapes, crs=3857).to_crs(4326)
    area = sum(abs(pyproj.Geod(ellps="WGS84").geometry_area_perimeter(s)[0]) for s in lonlat)
    assert abs(float(row["class_m2"]) / area - 1) < 1e-4
    assert abs(float(row["class_ha"]) / area * 1e4 - 1) < 1e-4
