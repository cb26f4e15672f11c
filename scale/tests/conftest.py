"""The engine's side: the example `peer` (GROUNDMASK_PEER) and the native command (GROUNDMASK)."""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

SIDE_PX = 96


def run(*arguments, **more):
    done = subprocess.run([str(a) for a in arguments], capture_output=True, text=True, timeout=3600, **more)
    assert done.returncode == 0, f"{arguments}: {done.stdout[-2000:]}{done.stderr[-3000:]}"
    return done.stdout


@pytest.fixture(scope="session")
def peer():
    return lambda *arguments: run(os.environ["GROUNDMASK_PEER"], *arguments)


@pytest.fixture(scope="session")
def groundmask():
    return lambda *arguments: run(os.environ["GROUNDMASK"], *arguments)


def pictures(folder: Path, count=8, side=SIDE_PX):
    """Discs and boxes on noise; the discs are the foreground."""
    draw = np.random.default_rng(5)
    y, x = np.mgrid[:side, :side]
    for name in ("images", "masks"):
        (folder / name).mkdir(parents=True)
    for number in range(1, count + 1):
        image = draw.integers(40, 90, (side, side, 3))
        mask = np.zeros((side, side), bool)
        for _ in range(4):
            cy, cx, r = *draw.integers(10, side - 10, 2), draw.integers(6, 12)
            mask |= (y - cy) ** 2 + (x - cx) ** 2 < r * r
        left, top = draw.integers(0, side - 20, 2)
        image[top : top + 15, left : left + 15] = 150
        image[mask] = draw.integers(170, 230, (mask.sum(), 3))
        Image.fromarray(image.astype(np.uint8)).save(folder / f"images/{number}.png")
        Image.fromarray((mask * 255).astype(np.uint8)).save(folder / f"masks/{number}.png")


SETTINGS = {"base": 8, "depth": 3, "tile_px": 64, "batch": 4, "steps": 40, "validate_every": 20, "seed": 7}


@pytest.fixture(scope="session")
def begun(tmp_path_factory, groundmask):
    """Pictures, and a run on them that the native command has left off at step 10 of 40."""
    folder = tmp_path_factory.mktemp("begun")
    pictures(folder / "data")
    settings = [word for key, value in SETTINGS.items() for word in ("--set", f"{key}={json.dumps(value)}")]
    groundmask("train", folder / "data", *settings, "--until", "10", "--save", folder / "run.gmrun")
    return folder
