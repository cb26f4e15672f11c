"""The engine's side: the example `peer` (GROUNDMASK_PEER) and the native command (GROUNDMASK)."""

import os
import subprocess

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

# Name of the network, filters, depth, channels, classes.
NETWORKS = {"balanced": ("unet_norm/direct", 16, 4, 3, 1), "six classes": ("unet_norm/direct", 8, 3, 3, 6)}


def run(*arguments, **more):
    done = subprocess.run([str(a) for a in arguments], capture_output=True, text=True, timeout=600, **more)
    assert done.returncode == 0, f"{arguments}: {done.stdout[-2000:]}{done.stderr[-3000:]}"
    return done.stdout


@pytest.fixture(scope="session")
def peer():
    return lambda *arguments: run(os.environ["GROUNDMASK_PEER"], *arguments)


@pytest.fixture(scope="session")
def groundmask():
    return lambda *arguments: run(os.environ["GROUNDMASK"], *arguments)


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
