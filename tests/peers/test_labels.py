"""Painted labels as we write them, in rasterio and geopandas, and dropped in again."""

import json
import zipfile

import geopandas
import numpy as np
import pytest
import rasterio
import rasterio.features
import shapely
from safetensors.numpy import load_file, save_file

from test_layers import PLACES
from test_tiff import write

NOT_LABELLED = 255


def strokes(rng: np.random.Generator, height: int, width: int, classes: int) -> np.ndarray:
    """Discs of every class on an image that is else not labelled."""
    labels = np.full((height, width), NOT_LABELLED, np.uint8)
    y, x = np.mgrid[:height, :width]
    for stroke in range(30):
        cy, cx, r = rng.uniform(0, height), rng.uniform(0, width), rng.uniform(2, 14)
        labels[(y - cy) ** 2 + (x - cx) ** 2 < r * r] = stroke % classes
    return labels


def export(peer, labels: np.ndarray, place: str | None) -> None:
    crs, transform = PLACES[place] if place else (None, None)
    image = np.random.default_rng(1).integers(0, 255, (3, *labels.shape), np.uint8)
    write(peer.folder / "image.tif", image, crs=crs, transform=transform)
    save_file({"labels": labels.astype(np.float32)}, peer.folder / "labels.safetensors")
    peer("labels", peer.folder / "image.tif", peer.folder / "labels.safetensors", peer.folder)


@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("place", PLACES)
def test_label_files_open_in_place(peer, seed, place, classes):
    labels = strokes(np.random.default_rng(seed), 180, 230, classes)
    export(peer, labels, place)
    crs, transform = PLACES[place]
    with rasterio.open(peer.folder / "image_labels.tif") as f:
        assert f.nodata == NOT_LABELLED and f.crs == rasterio.CRS.from_string(crs)
        assert np.allclose(f.transform.to_gdal(), transform.to_gdal(), rtol=1e-12)
        assert np.array_equal(f.read(1), labels) and f.colormap(1)[1][:3] == (255, 96, 0)
        assert np.array_equal(f.read_masks(1) > 0, labels != NOT_LABELLED)
    with rasterio.open(peer.folder / "image_labels.png") as f:
        assert np.array_equal(f.read(1), labels)
        assert f.colormap(1)[1] == (255, 96, 0, 255) and f.colormap(1)[NOT_LABELLED][3] == 0

    frame = geopandas.read_file(peer.folder / "image_labels.geojson")
    assert frame.geometry.is_valid.all() and set(frame["class"]) == set(range(1, classes))
    for number in range(1, classes):
        own = frame[frame["class"] == number]
        mask = labels == number
        assert own.area_px.sum() == mask.sum()
        theirs = [
            shapely.geometry.shape(s)
            for s, v in rasterio.features.shapes(mask.astype(np.uint8), mask=mask, transform=transform, connectivity=4)
        ]
        assert len(theirs) == len(own)
        ground = geopandas.GeoSeries(theirs, crs=crs).to_crs(4326)
        ours, other = shapely.union_all(own.geometry.buffer(0)), shapely.union_all(ground.buffer(0))
        assert ours.symmetric_difference(other).area < 5e-3 * other.area


@pytest.mark.parametrize("classes", [2, 3, 4])
@pytest.mark.parametrize("place", ["utm", None])
def test_the_archive_drops_back_in(peer, seed, place, classes):
    labels = strokes(np.random.default_rng(seed), 180, 230, classes)
    export(peer, labels, place)
    folder = peer.folder / "again"
    with zipfile.ZipFile(peer.folder / "groundmask-labels.zip") as archive:
        assert archive.testzip() is None
        archive.extractall(folder)
    told = json.loads(peer("train", folder, peer.folder / "set.safetensors"))
    assert len(told["pairs"]) == 1 and not told["faults"], told
    assert told["pairs"][0]["blocked"] is None
    again = load_file(peer.folder / "set.safetensors")
    assert np.array_equal(again["mask_0"].reshape(labels.shape), labels)
    if place:
        crs, transform = PLACES[place]
        with rasterio.open(folder / "images" / "image.png") as f:
            assert f.crs == rasterio.CRS.from_string(crs)
            assert np.allclose(f.transform.to_gdal(), transform.to_gdal(), rtol=1e-9)
