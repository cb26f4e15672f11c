"""Weights to and from Keras, in the older HDF5 layout, and the same forward pass on both sides."""

import json
import re
from pathlib import Path

import keras
import numpy as np
import pytest

from conftest import TRIES, VARIES, assert_exact
from models import in_double, seed_model

MODELS = [("unet_norm", 16, 4, 1), ("unet", 8, 4, 1), ("unet_small", 8, 2, 1), ("unet_norm", 8, 3, 3), ("unet_norm/direct", 8, 4, 3), ("unet_norm/direct", 8, 3, 10)]


def shaken(model: keras.Model, rng: np.random.Generator) -> keras.Model:
    """Biases, gammas and running statistics away from their 0 and 1."""
    for weight in model.weights:
        if weight.path.endswith(("gamma", "variance")):
            weight.assign(rng.uniform(0.5, 1.5, weight.shape))
        elif not weight.path.endswith("kernel"):
            weight.assign(rng.uniform(-0.2, 0.2, weight.shape))
    return model


def assert_same(ours: np.ndarray, model: keras.Model, plan: tuple, x: np.ndarray) -> None:
    """Ours is the output of `model`, a network of `plan`, for images `x`."""
    exact = in_double(model, plan).predict(x.astype(np.float64), verbose=0)
    assert_exact(ours, model.predict(x, verbose=0), exact)


@pytest.mark.parametrize("plan", MODELS, ids=str)
@pytest.mark.parametrize("whole", [False, True], ids=["weights", "model"])
def test_keras_weights_give_keras_output(peer, seed, plan, whole):
    # Without batch norm some seeds give one grey, which would prove nothing.
    for own in range(seed, seed + TRIES):
        keras.utils.set_random_seed(own)
        rng = np.random.default_rng(own)
        model = shaken(seed_model(*plan), rng)
        x = rng.random((2, 64, 96, plan[3]), np.float32)
        theirs = model.predict(x, verbose=0)
        if theirs.std() > VARIES:
            break
    file, ours = peer.folder / "k.h5", peer.folder / "k.safetensors"
    if whole:
        model.save(file)
    else:
        import h5py
        from keras.src.legacy.saving import legacy_h5_format

        with h5py.File(file, "w") as f:
            legacy_h5_format.save_weights_to_hdf5_group(f, model)
    peer("from-keras", file, ours)
    assert theirs.std() > VARIES
    assert_same(peer.forward(ours, x), model, plan, x)


@pytest.mark.parametrize("plan", MODELS, ids=str)
def test_our_weights_give_our_output_in_keras(peer, seed, plan):
    ours, file = peer.model(*plan, seed), peer.folder / "k.h5"
    peer("keras", ours, file)
    model = seed_model(*plan)
    model.load_weights(file)
    x = np.random.default_rng(seed).random((1, 64, 64, plan[3]), np.float32)
    wanted = peer.forward(ours, x)
    assert wanted.std() > VARIES
    assert_same(wanted, model, plan, x)


@pytest.mark.parametrize("plan", MODELS, ids=str)
def test_the_documented_loader_takes_our_npz(peer, seed, plan):
    text = (Path(__file__).parents[2] / "docs/keras-weights.md").read_text()
    scope = {}
    exec(re.search(r"```python\n(.*?)```", text, re.S)[1], scope)
    ours, file = peer.model(*plan, seed), peer.folder / "k.npz"
    peer("npz", ours, file)
    model = seed_model(*plan)
    scope["load_npz"](model, file)
    x = np.random.default_rng(seed).random((1, 64, 64, plan[3]), np.float32)
    wanted = peer.forward(ours, x)
    assert wanted.std() > VARIES
    assert_same(wanted, model, plan, x)


@pytest.mark.parametrize("channels, classes", [(1, 1), (3, 1), (3, 6), (4, 1), (10, 1)])
def test_the_page_takes_the_peers_models(peer, seed, channels, classes):
    """A model file whose configuration only this program understood would prove nothing about the page's."""
    model = peer.model("unet_norm", 4, 2, channels, seed, classes)
    info = json.loads(peer("accepts", model))
    assert (info["base"], info["depth"], len(info["classes"])) == (4, 2, classes if classes > 1 else 0)
    broken = peer.folder / "broken.safetensors"
    broken.write_bytes(model.read_bytes()[:500])
    assert "ModelCorrupt" in peer.refuses("accepts", broken)


def test_other_layouts_and_networks_are_named(peer, seed):
    model = seed_model("unet_small", 4, 2, 1)
    new = peer.folder / "new.weights.h5"
    model.save_weights(new)
    assert "Keras 3" in peer.refuses("from-keras", new, peer.folder / "out")
    other = peer.folder / "other.h5"
    keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)]).save(other)
    assert "no U-Net" in peer.refuses("from-keras", other, peer.folder / "out")
