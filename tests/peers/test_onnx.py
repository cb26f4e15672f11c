"""Our ONNX files in onnx and onnxruntime."""

import json

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, numpy_helper
from onnx.reference import ReferenceEvaluator

from conftest import VARIES, assert_exact

MODELS = {
    "seed": ("unet_norm", 16, 4, 1),
    "seed without batch norm": ("unet", 8, 4, 1),
    "seed, small": ("unet_small", 8, 2, 1),
    "balanced": ("unet_norm/direct", 16, 4, 3),
    "balanced before": ("unet_norm", 16, 4, 3),
    "ten bands": ("unet_norm/direct", 8, 4, 10),
    "six classes": ("unet_norm/direct", 8, 3, 3),
}
CLASSES = {"six classes": 6}


def run(path, x: np.ndarray) -> np.ndarray:
    """NHWC in and out."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (y,) = session.run(None, {"image": np.ascontiguousarray(x.transpose(0, 3, 1, 2), np.float32)})
    return y.transpose(0, 2, 3, 1)


def run_in_double(path, x: np.ndarray) -> np.ndarray:
    """The same by onnx's own evaluator, with every weight and value in double precision."""
    model = onnx.load(path)
    for weight in model.graph.initializer:
        if weight.data_type == TensorProto.FLOAT:
            weight.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(weight).astype(np.float64), weight.name))
    for value in [*model.graph.input, *model.graph.output]:
        value.type.tensor_type.elem_type = TensorProto.DOUBLE
    (y,) = ReferenceEvaluator(model).run(None, {"image": x.transpose(0, 3, 1, 2).astype(np.float64)})
    return y.transpose(0, 2, 3, 1)


@pytest.mark.parametrize("name", MODELS)
def test_outputs_are_ours(peer, seed, name):
    model, file = peer.model(*MODELS[name], seed, CLASSES.get(name, 1)), peer.folder / "m.onnx"
    peer("onnx", model, file)
    onnx.checker.check_model(onnx.load(file), full_check=True)
    rng = np.random.default_rng(seed)
    for shape in [(1, 64, 64), (2, 96, 160)]:
        x = rng.random((*shape, MODELS[name][3]), np.float32)
        ours, theirs = peer.forward(model, x), run(file, x)
        assert theirs.shape == ours.shape
        assert ours.std() > VARIES, "a constant output would prove nothing"
        assert_exact(ours, theirs, run_in_double(file, x))
        # Fresh weights of some seeds take single precision over 1e-4 in a few pixels, whoever computes.
        assert np.quantile(np.abs(ours - theirs), 0.99) < 1e-4
        assert np.abs(ours - theirs).max() < 5e-4


def test_deepness_finds_what_it_reads(peer, seed):
    """What its model_base.py and deepness_dockwidget.py ask of a segmentation model."""
    file = peer.folder / "m.onnx"
    peer("onnx", peer.model(*MODELS["balanced"], seed), file, 128)
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    (image,), (probability,) = session.get_inputs(), session.get_outputs()
    assert image.shape[1:] == [3, 128, 128] and isinstance(image.shape[0], str)
    assert probability.shape[1:] == [1, 128, 128]
    meta = {k: json.loads(v) for k, v in session.get_modelmeta().custom_metadata_map.items()}
    assert meta["model_type"] == "Segmentor"
    assert meta["class_names"] == {"0": "_background", "1": "building"}
    assert meta["tile_size"] == meta["tiles_size"] == 128
    assert 0 < meta["tiles_overlap"] < 50 and meta["resolution"] == 30.0 and meta["seg_thresh"] == 0.5
    assert meta["value_ranges"] in ([[0, 10_000]], [[0, 10_000]] * 3)
    # Deepness divides by 255 and standardises: 0 and 10,000 have to come out as 0 and 1.
    numbers = np.array([0, 5_000, 10_000]) / 255
    for mean, deviation in zip(meta["standardization_mean"], meta["standardization_std"], strict=True):
        assert np.allclose((numbers - mean) / deviation, [0, 0.5, 1])
    assert len(meta["standardization_mean"]) == 3
    assert onnx.load(file).opset_import[0].version >= 17
