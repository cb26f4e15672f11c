"""The STAC item beside an ONNX file, to other people's eyes; and the ONNX file in OpenCV, OpenVINO and onnxruntime-web."""

import json
import subprocess
from pathlib import Path

import cv2
import numpy as np
import openvino
import pystac
import pytest
from stac_model import schema

HERE = Path(__file__).parent


def close(what, ours, theirs):
    assert ours.std() > 1e-3, "a constant output would prove nothing"
    assert theirs.shape == ours.shape
    off = np.abs(ours - theirs)
    print(f"{what}: largest difference {off.max():.2g}")
    assert off.max() < 1e-4


def test_the_item_is_valid(exported):
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
    path, x, ours = exported
    net = cv2.dnn.readNetFromONNX(str(path))
    net.setInput(x)
    close(f"OpenCV {cv2.__version__}", ours, net.forward())


def test_openvino(exported):
    path, x, ours = exported
    # Its plugin may compute in half precision unless it is told not to.
    model = openvino.Core().compile_model(str(path), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    close(f"OpenVINO {openvino.__version__}", ours, model(x)[0])


# On a machine without a GPU Chromium's software adapter computes.
@pytest.mark.parametrize("provider", ["wasm", "webgpu"])
def test_onnxruntime_web(exported, tmp_path, provider):
    path, x, ours = exported
    x.tofile(tmp_path / "x.bin")
    shape = ",".join(map(str, x.shape))
    command = ["node", HERE / "ort_web.mjs", provider, path, tmp_path / "x.bin", shape, tmp_path / "y.bin"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    theirs = np.fromfile(tmp_path / "y.bin", np.float32).reshape(told["shape"])
    close(f"onnxruntime-web {told['version']}, {provider}", ours, theirs)
