"""A Sentinel-like stack of ten bands, written by rasterio: learnt, and the same probabilities in onnxruntime and Keras."""

import json

import numpy as np
import onnxruntime
import pytest
import rasterio
from safetensors.numpy import load_file

from conftest import VARIES
from models import seed_model

NAMES = ["B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12"]
INFRARED = NAMES.index("B08")
SIDE = 96


def scene(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Numbers `[bands, h, w]` and where meadow is: squares that the infrared alone tells from what lies around them."""
    meadow = np.kron(rng.random((SIDE // 12, SIDE // 12)) < 0.35, np.ones((12, 12), bool))
    ground = 400 + 150 * np.arange(10)[:, None, None] + rng.integers(0, 300, (10, SIDE, SIDE))
    ground[INFRARED] += 1800 * meadow
    return ground.astype(np.uint16), meadow


def write(path, data: np.ndarray, names=NAMES, **options) -> None:
    bands, height, width = data.shape
    with rasterio.open(
        path, "w", driver="GTiff", width=width, height=height, count=bands, dtype=data.dtype, **options
    ) as f:
        f.write(data)
        f.descriptions = tuple(names[:bands])


@pytest.fixture(params=[{}, {"tiled": True, "blockxsize": 32, "blockysize": 32, "interleave": "band", "compress": "deflate"}])
def folder(peer, request):
    rng = np.random.default_rng(7)
    for part in ["image", "label"]:
        (peer.folder / "set" / part).mkdir(parents=True)
    for i in range(4):
        data, meadow = scene(rng)
        write(peer.folder / f"set/image/{i}.tif", data, **request.param)
        write(peer.folder / f"set/label/{i}.tif", 255 * meadow[None].astype(np.uint8), names=["meadow"])
    write(peer.folder / "new.tif", scene(rng)[0], **request.param)
    return peer.folder / "set"


def learnt(peer, folder, bands: list[int]) -> dict:
    words = ",".join(map(str, bands))
    return json.loads(peer("bands", folder, words, 160, peer.folder / "new.tif", peer.folder))


def test_what_infrared_alone_tells_is_learnt_and_the_exports_agree(peer, folder):
    colours = learnt(peer, folder, [3, 2, 1])
    bands = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    told = learnt(peer, folder, bands)
    print(f"IoU {told['iou']:.3f} of ten bands, {colours['iou']:.3f} of red, green and blue")
    assert told["iou"] >= 0.95 and colours["iou"] < 0.6
    assert told["bands"] == [{"number": i, "name": name} for i, name in enumerate(NAMES, 1)]
    ours = load_file(peer.folder / "p.safetensors")["probability"]
    assert ours.std() > VARIES

    # As the network sees it: each band by its range, clamped.
    with rasterio.open(peer.folder / "new.tif") as file:
        pixels = file.read().astype(np.float64)
    low, high = np.array(told["ranges"]).T[:, :, None, None]
    x = (np.rint(np.clip((pixels - low) / (high - low), 0, 1) * 65535) / 65535).astype(np.float32)

    session = onnxruntime.InferenceSession(str(peer.folder / "model.onnx"), providers=["CPUExecutionProvider"])
    assert session.get_inputs()[0].shape[1] == 10
    meta = {k: json.loads(v) for k, v in session.get_modelmeta().custom_metadata_map.items()}
    assert meta["bands"] == told["bands"] and len(meta["standardization_mean"]) == 10
    (theirs,) = session.run(None, {"image": x[None]})
    apart = np.abs(theirs[0, 0] - ours).max()
    print(f"onnxruntime {apart:.1e}")
    assert apart < 1e-4

    model = seed_model("unet_norm/direct", 4, 2, 10)
    model.load_weights(peer.folder / "model.h5")
    apart = np.abs(model.predict(x.transpose(1, 2, 0)[None], verbose=0)[0, :, :, 0] - ours).max()
    print(f"Keras {apart:.1e}")
    assert apart < 1e-4


def test_a_network_sees_the_bands_in_the_order_they_are_named(peer, folder):
    """Two bands and five, out of order: the export's inputs are those bands."""
    for bands in [[7, 1], [8, 7, 3, 2, 10]]:
        told = learnt(peer, folder, bands)
        assert [band["number"] for band in told["bands"]] == bands and told["iou"] >= 0.95
        ours = load_file(peer.folder / "p.safetensors")["probability"]
        with rasterio.open(peer.folder / "new.tif") as file:
            pixels = file.read(bands).astype(np.float64)
        low, high = np.array(told["ranges"]).T[:, :, None, None]
        x = (np.rint(np.clip((pixels - low) / (high - low), 0, 1) * 65535) / 65535).astype(np.float32)
        session = onnxruntime.InferenceSession(str(peer.folder / "model.onnx"), providers=["CPUExecutionProvider"])
        (theirs,) = session.run(None, {"image": x[None]})
        assert np.abs(theirs[0, 0] - ours).max() < 1e-4
