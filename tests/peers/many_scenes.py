"""Many scenes of one mosaic through two shards of the native command, one of them killed half-way and started again.

    GROUNDMASK=<target>/fast/groundmask GROUNDMASK_PEER=<target>/fast/examples/peer python tests/peers/many_scenes.py DIR \
        [--across 20] [--down 10] [--side 2000] [--jobs 1]

Every scene has to be there once, nothing half, and the whole has to be the mosaic predicted in one piece. No test: the usual
size takes a gigabyte and half an hour. A mosaic of more than 2^28 pixels is held in 255 steps in one piece, and compared so.
"""

import argparse
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import rasterio
from rasterio.transform import Affine
from rasterio.windows import Window, transform

NATIVE, PEER = os.environ["GROUNDMASK"], os.environ["GROUNDMASK_PEER"]
NETWORK = ("unet_norm/direct", 4, 2, 3, 1)
PLACE = Affine(0.3, 0, 500_000, 0, -0.3, 5_400_000)
PROFILE = dict(driver="GTiff", count=1, dtype="uint8", crs="EPSG:32633", compress="deflate", tiled=True, blockxsize=512, blockysize=512)
FINE_PX = 1 << 28


def ground(top, left, height, width):
    """Fields, roofs and a little noise; a function of the place, and small when compressed."""
    y, x = np.mgrid[top : top + height, left : left + width].astype(np.uint32)
    roofs = ((x // 41 + 3 * (y // 29)) % 7 < 2) * 90
    fields = (x // 611 * 37 + y // 487 * 53) % 60
    noise = ((x // 2 * 2654435761 + y // 2 * 40503) >> 13) % 4 * 8
    return (40 + roofs + fields + noise).astype(np.uint8)


def make(folder, across, down, side):
    (folder / "scenes").mkdir(parents=True)
    with rasterio.open(folder / "whole.tif", "w", **PROFILE, width=across * side, height=down * side, transform=PLACE, zlevel=6) as whole:
        for row in range(down):
            for column in range(across):
                window = Window(column * side, row * side, side, side)
                pixels = ground(row * side, column * side, side, side)
                name = folder / f"scenes/{row:02}-{column:02}.tif"
                with rasterio.open(name, "w", **PROFILE, width=side, height=side, transform=transform(window, PLACE), zlevel=1) as file:
                    file.write(pixels, 1)
                whole.write(pixels, 1, window=window)


def predict(folder, *words):
    job = ["predict", "--quiet", "--model", folder / "m.safetensors", "--format", "probability-tif", *words]
    return subprocess.Popen([NATIVE, *map(str, job)])


def done_in(folder):
    return sorted((folder / "out").glob("*_probability.tif"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    for name, usual in (("across", 20), ("down", 10), ("side", 2000), ("jobs", 1)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    options = parser.parse_args()
    folder, count = options.folder, options.across * options.down
    make(folder, options.across, options.down, options.side)
    subprocess.run([PEER, "model", *map(str, NETWORK), "12", folder / "m.safetensors"], check=True)

    def shard(number):
        words = [folder / "scenes", "--out", folder / "out", "--mosaic", "--shard", f"{number}/2", "--jobs", options.jobs]
        return predict(folder, *words)

    began = time.monotonic()
    first, second = shard(1), shard(2)
    while len(done_in(folder)) < count // 4:
        assert first.poll() is None, "it ended before it was killed"
        time.sleep(0.05)
    first.send_signal(signal.SIGKILL)
    first.wait()
    at_kill = len(done_in(folder))
    left = sorted(path.name for path in (folder / "out").iterdir() if path.name.startswith("."))
    assert shard(1).wait() == 0 and second.wait() == 0
    seconds = time.monotonic() - began
    reports = [json.loads((folder / f"out/groundmask-report-{i}-of-2.json").read_text()) for i in (1, 2)]
    names = sorted(path.name for path in (folder / "out").iterdir())
    others = {"groundmask.json", "groundmask-report-1-of-2.json", "groundmask-report-2-of-2.json"}
    results = [f"{path.stem}_probability.tif" for path in sorted((folder / "scenes").iterdir())]
    assert set(names) == others | set(results), set(names) ^ (others | set(results))
    assert [len(r["done"]) + r["skipped"] for r in reports] == [(count + 1) // 2, count // 2]
    again = {d["image"] for d in reports[0]["done"]}

    began = time.monotonic()
    assert predict(folder, folder / "whole.tif", "--out", folder / "one", "--own-resolution").wait() == 0
    whole_seconds = time.monotonic() - began
    step = 65535 if count * options.side**2 <= FINE_PX else 255
    worst, differ = 0.0, 0
    with rasterio.open(folder / "one/whole_probability.tif") as whole:
        for path in done_in(folder):
            row, column = map(int, path.stem.split("_")[0].split("-"))
            with rasterio.open(path) as file:
                part = file.read(1)
                assert file.shape == (options.side, options.side)
            piece = whole.read(1, window=Window(column * options.side, row * options.side, options.side, options.side))
            off = np.abs(part - piece)
            worst, differ = max(worst, float(off.max())), differ + int((off > 0.5 / step + 1e-5).sum())
    told = {
        "scenes": count, "side_px": options.side, "done_at_the_kill": at_kill, "left_by_it": left, "done_again": len(again),
        "seconds": round(seconds, 1), "seconds_in_one_piece": round(whole_seconds, 1), "steps_in_one_piece": step,
        "largest_difference": worst, "pixels_that_differ": differ,
    }  # fmt: skip
    print(json.dumps(told))
    assert differ == 0


if __name__ == "__main__":
    main()
