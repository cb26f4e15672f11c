"""The STAC item beside an ONNX file, to other people's eyes; and the ONNX file in OpenCV and OpenVINO.

Each is skipped where its package is not there: `pip install stac-model pystac[validation] opencv-python-headless openvino`.
"""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

NETWORKS = {"balanced": ("unet_norm/direct", 16, 4, 3, 1), "six classes": ("unet_norm/direct", 8, 3, 3, 6)}


@pytest.fixture(params=NETWORKS)
def exported(request, peer, groundmask, tmp_path):
    """A model, its ONNX file with the item beside it, and images with our probabilities for them."""
    plan = NETWORKS[request.param]
    peer("model", *plan, 5, tmp_path / "m.safetensors")
    groundmask("convert", "--model", tmp_path / "m.safetensors", "--out", tmp_path / "m.onnx", "--stac")
    x = np.random.default_rng(2).random((1, 96, 160, plan[3]), np.float32)
    save_file({"x": x}, tmp_path / "x.safetensors")
    peer("forward", tmp_path / "m.safetensors", tmp_path / "x.safetensors", tmp_path / "y.safetensors")
    ours = load_file(tmp_path / "y.safetensors")["probability"].transpose(0, 3, 1, 2)
    return tmp_path / "m.onnx", np.ascontiguousarray(x.transpose(0, 3, 1, 2)), ours


def close(ours, theirs):
    assert ours.std() > 1e-3, "a constant output would prove nothing"
    assert theirs.shape == ours.shape
    assert np.quantile(np.abs(ours - theirs), 0.99) < 1e-4


def test_the_item_is_valid(exported):
    pystac = pytest.importorskip("pystac")
    schema = pytest.importorskip("stac_model.schema")
    text = exported[0].with_suffix(".stac.json").read_text()
    item = pystac.Item.from_dict(json.loads(text))
    # STAC's own schema comes with pystac; the extensions' are on the network and their models in stac-model.
    pystac.validation.validate_dict(item.to_dict() | {"stac_extensions": []})
    properties = schema.MLModelProperties(**item.properties)
    (result,) = properties.output
    assert properties.name == "model-m" and len(properties.input[0].bands) == 3
    assert len(result.classes) == max(exported[2].shape[1], 2)
    assert "semantic-segmentation" in item.properties["keywords"] and "polygon" in item.properties["keywords"]
    asset = item.assets["model"]
    assert asset.href == "./m.onnx" and asset.extra_fields["file:size"] == exported[0].stat().st_size


def test_opencv(exported):
    cv2 = pytest.importorskip("cv2")
    path, x, ours = exported
    net = cv2.dnn.readNetFromONNX(str(path))
    net.setInput(x)
    close(ours, net.forward())


def test_openvino(exported):
    openvino = pytest.importorskip("openvino")
    path, x, ours = exported
    # Its plugin may compute in half precision unless it is told not to.
    model = openvino.Core().compile_model(str(path), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    close(ours, model(x)[0])
