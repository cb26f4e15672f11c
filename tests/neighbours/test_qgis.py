"""A real QGIS without a window: the Processing script's masks are the native command's, in the same place, and the command's
own layers open there, outlines on top of the mask.

QGIS has a Python of its own; GROUNDMASK_QGIS_PACKAGES names a folder with onnxruntime for it (`pip install --target`).
"""

import csv
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine

from conftest import NETWORKS, run

SCRIPT = Path(__file__).parents[2] / "qgis/groundmask_qgis.py"
# Debian's script of the shorter name hands it an option that only QGIS itself knows (3.22.16+dfsg-1, /etc/default/qgis).
PROGRAM = shutil.which("qgis_process.bin") or shutil.which("qgis_process")
# Several tiles, of no multiple of the network's stride.
SIDES_PX = (700, 930)

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="QGIS is not installed: apt-get install qgis python3-qgis")


@pytest.fixture(scope="module")
def qgis(tmp_path_factory):
    """Runs the algorithm by its name, in a profile that has the script."""
    home = tmp_path_factory.mktemp("qgis")
    for version in (3, 4):
        scripts = home / f".local/share/QGIS/QGIS{version}/profiles/default/processing/scripts"
        scripts.mkdir(parents=True)
        shutil.copy(SCRIPT, scripts)
    env = {
        **os.environ,
        "HOME": str(home), "XDG_RUNTIME_DIR": str(home), "QT_QPA_PLATFORM": "offscreen",
        "PYTHONPATH": os.environ.get("GROUNDMASK_QGIS_PACKAGES", ""),
    }  # fmt: skip
    # What a virtual environment says of itself is not for QGIS's Python.
    env.pop("VIRTUAL_ENV", None)

    def process(algorithm="script:groundmask_segment", **parameters):
        words = [f"{key}={value}" for key, value in parameters.items()]
        return run(PROGRAM, "--json", "run", algorithm, "--", *words, env=env)

    return process


@pytest.fixture(params=NETWORKS)
def scene(request, peer, groundmask, tmp_path):
    """A placed image with a part that was not measured, a model, and the command's own results."""
    plan = NETWORKS[request.param]
    draw = np.random.default_rng(4)
    y, x = np.mgrid[: SIDES_PX[0], : SIDES_PX[1]]
    pixels = (60 + ((x // 37 + y // 23) % 3 == 0) * 90 + draw.integers(0, 60, (3, *SIDES_PX))).astype(np.uint8)
    pixels[:, 200:260, 500:700] = 0
    # Nothing in one band is no missing pixel.
    pixels[draw.integers(0, 3, 2000), draw.integers(0, 200, 2000), draw.integers(0, SIDES_PX[1], 2000)] = 0
    profile = dict(driver="GTiff", count=3, dtype="uint8", height=SIDES_PX[0], width=SIDES_PX[1], crs="EPSG:32633", nodata=0)
    with rasterio.open(tmp_path / "a.tif", "w", **profile, transform=Affine(0.3, 0, 500_000, 0, -0.3, 5_400_000)) as f:
        f.write(pixels)
    peer("model", *plan, 5, tmp_path / "m.safetensors")
    groundmask("convert", "--model", tmp_path / "m.safetensors", "--out", tmp_path / "m.onnx")
    kinds = "probability-tif,class-tif"
    groundmask("predict", "--model", tmp_path / "m.safetensors", tmp_path / "a.tif", "--format", kinds, "--out", tmp_path / "ours")
    return tmp_path, plan[4]


def test_masks_are_the_commands(qgis, scene):
    folder, classes = scene
    common = dict(INPUT=folder / "a.tif", MODEL=folder / "m.onnx")
    qgis(**common, KIND=1, OUTPUT=folder / "p.tif")
    qgis(**common, OUTPUT=folder / "c.tif")
    files = [folder / name for name in ("p.tif", "ours/a_probability.tif", "c.tif", "ours/a_classes.tif")]
    opened = [rasterio.open(file) for file in files]
    p, our_p, c, our_c = (file.read(1) for file in opened)
    assert all((file.crs, file.transform) == (opened[0].crs, opened[0].transform) for file in opened)
    assert opened[0].crs.to_epsg() == 32633 and opened[0].transform.c == 500_000
    missing = our_p < 0
    assert missing.sum() == 60 * 200 and np.array_equal(p < 0, missing) and np.array_equal(c == 255, missing)
    off = np.abs(p - our_p)
    print(f"largest difference of the probability {off.max():.2g}")
    assert our_p[~missing].std() > 1e-3 and off.max() < 1e-4
    if classes == 1:
        # Only what lies at the threshold may fall to the other side.
        certain = ~missing & (np.abs(our_p - 0.5) > 1e-4)
    else:
        certain = ~missing
        assert (c != our_c)[certain].mean() < 1e-3
        return
    assert certain.mean() > 0.5 and np.array_equal(c[certain], our_c[certain])


def test_small_tiles_of_a_fixed_size_leave_no_pixel_out(qgis, peer, scene):
    """The file for Deepness: tiles as small as those of training, of which each pixel must be weighed."""
    folder, _ = scene
    with rasterio.open(folder / "a.tif") as f:
        profile, pixels = f.profile, f.read()
    with rasterio.open(folder / "part.tif", "w", **profile | dict(height=300, width=420)) as f:
        f.write(pixels[:, 200:500, 300:720])
    peer("onnx", folder / "m.safetensors", folder / "fixed.onnx", 128)
    qgis(INPUT=folder / "part.tif", MODEL=folder / "fixed.onnx", KIND=1, OUTPUT=folder / "small.tif")
    qgis(INPUT=folder / "part.tif", MODEL=folder / "m.onnx", KIND=1, OUTPUT=folder / "whole.tif")
    small, whole = (rasterio.open(folder / name).read(1) for name in ("small.tif", "whole.tif"))
    assert np.array_equal(small < 0, whole < 0)
    off = np.abs(small - whole)[whole >= 0]
    print(f"tiles of 128 against one piece: mean {off.mean():.2g}, largest {off.max():.2g}")
    # Tiles see less around them, much of it for a network of random weights; a pixel that no tile weighs would be 0.
    assert off.mean() < 0.1 and (small[whole > 0.05] > 0).all()


def test_a_model_that_is_none_is_refused_in_words(qgis, scene):
    folder, _ = scene
    (folder / "words.onnx").write_text("words")
    with pytest.raises(AssertionError, match="onnxruntime cannot read it"):
        qgis(INPUT=folder / "a.tif", MODEL=folder / "words.onnx", OUTPUT=folder / "c.tif")


def test_our_layers_open(qgis, groundmask, scene):
    folder, classes = scene
    with rasterio.open(folder / "ours/a_probability.tif") as f:
        p = f.read(1)
    formats = ["--format", "class-tif,geojson", "--simplify", 0, "--threshold", np.median(p[p >= 0])]
    groundmask("predict", "--model", folder / "m.safetensors", folder / "a.tif", *formats, "--out", folder / "ours", "--overwrite")
    layer = folder / "ours/a_classes.tif"
    with rasterio.open(layer) as f:
        mask = f.read(1)
        assert f.overviews(1) and f.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
    said = json.loads(qgis("native:rasterlayeruniquevaluesreport", INPUT=layer, BAND=1, OUTPUT_TABLE=folder / "values.csv"))["results"]
    assert said["CRS_AUTHID"] == "EPSG:32633" and said["NODATA_PIXEL_COUNT"] == (mask == 255).sum() == 60 * 200
    assert said["EXTENT"].startswith("500000.0")
    with open(folder / "values.csv") as f:
        counted = {float(row["value"]): float(row["count"]) for row in csv.DictReader(f)}
    assert counted == {float(v): float((mask == v).sum()) for v in np.unique(mask) if v != 255}
    # Pixels under each outline are of its class.
    zones = dict(INPUT=folder / "ours/a.geojson", INPUT_RASTER=layer, RASTER_BAND=1, STATISTICS="0,5,6")
    qgis("native:zonalstatisticsfb", **zones, COLUMN_PREFIX="_", OUTPUT=folder / "zones.geojson")
    outlines = [f["properties"] for f in json.loads((folder / "zones.geojson").read_text())["features"]]
    assert outlines
    for one in outlines:
        assert (one["_count"], one["_min"], one["_max"]) == (one["area_px"], one["class"], one["class"])
