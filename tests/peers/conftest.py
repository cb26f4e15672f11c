"""The core behind a command line: `tests/peers/peer.rs`, named by the variable GROUNDMASK_PEER."""

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")


# Least standard deviation of an output that says something.
VARIES = 1e-3
# Seeds tried until there is one.
TRIES = 20


class Peer:
    """Runs the core's commands; files lie in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.program = os.environ["GROUNDMASK_PEER"]

    def __call__(self, *arguments) -> str:
        done = subprocess.run([self.program, *map(str, arguments)], capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, f"{arguments}: {done.stderr}"
        return done.stdout

    def refuses(self, *arguments) -> str:
        """The one line it fails with. A panic is no refusal."""
        done = subprocess.run([self.program, *map(str, arguments)], capture_output=True, text=True, timeout=120)
        assert done.returncode == 1, f"{arguments}: exit {done.returncode}, {done.stderr}"
        assert "panicked" not in done.stderr
        return done.stderr.strip()

    def model(self, architecture: str, base: int, depth: int, channels: int, seed: int, classes: int = 1) -> Path:
        """Fresh weights whose output varies: without batch norm some seeds give one grey, which would prove nothing."""
        path = self.folder / f"{architecture.replace('/', '-')}-{base}-{depth}-{channels}.safetensors"
        x = np.random.default_rng(seed).random((1, 64, 64, channels), np.float32)
        for own in range(seed, seed + TRIES):
            self("model", architecture, base, depth, channels, classes, own, path)
            if self.forward(path, x).std() > 2 * VARIES:
                return path
        raise AssertionError(f"{TRIES} seeds from {seed} on give a constant output")

    def forward(self, model: Path, x: np.ndarray) -> np.ndarray:
        """Our probabilities for images `[n, h, w, c]` in 0..1."""
        save_file({"x": np.ascontiguousarray(x, np.float32)}, self.folder / "x.safetensors")
        self("forward", model, self.folder / "x.safetensors", self.folder / "y.safetensors")
        return load_file(self.folder / "y.safetensors")["probability"]


def assert_exact(ours: np.ndarray, theirs: np.ndarray, exact: np.ndarray) -> None:
    """Ours is the output in double precision up to rounding: within 1e-4, or where single precision does not reach that,
    as near as the other program (seed 16598: Keras 1.2e-4, ours 0.8e-4)."""
    assert exact.dtype == np.float64
    off = np.abs(theirs - exact).max()
    assert 0 < off < 1e-3
    assert np.abs(ours - exact).max() < max(1e-4, 2 * off)


@pytest.fixture
def peer(tmp_path) -> Peer:
    return Peer(tmp_path)


@pytest.fixture
def seed() -> int:
    """A fresh seed a test, printed so that a failure can be repeated (GROUNDMASK_SEED)."""
    value = int(os.environ.get("GROUNDMASK_SEED", int.from_bytes(os.urandom(2), "big")))
    print(f"seed {value}")
    return value
