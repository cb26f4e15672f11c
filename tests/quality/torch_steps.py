"""Milliseconds of a training step of the U-Net in PyTorch on one made-up batch, as one JSON line.

    python tests/quality/torch_steps.py [--base 8] [--size 128] [--batch 2] [--steps 20] [--warmup 5] [--threads 2]

The network, the loss and the optimizer are those of `cargo xtask quality`; drawing and preparing batches is not in it.
"""

import argparse
import json
import statistics
import time

import numpy as np
import torch
from torch_unet import Net


def main():
    parser = argparse.ArgumentParser()
    for name, usual in (("base", 8), ("depth", 4), ("size", 128), ("batch", 2), ("steps", 20), ("warmup", 5), ("threads", 2)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    parser.set_defaults(lr=1e-3)
    options = parser.parse_args()
    net = Net(options, seed=1)
    numbers = np.random.default_rng(1)
    shape = (options.batch, options.size, options.size)
    images = numbers.random((*shape, 3), dtype=np.float32)
    masks = (numbers.random((*shape, 1)) < 0.3).astype(np.float32)
    milliseconds = []
    for _ in range(options.warmup + options.steps):
        began = time.perf_counter()
        net.step(images, masks)
        milliseconds.append(1000 * (time.perf_counter() - began))
    print(json.dumps({"torch": torch.__version__, "threads": torch.get_num_threads(), "train_ms": round(statistics.median(milliseconds[options.warmup :]), 1)}))


if __name__ == "__main__":
    main()
