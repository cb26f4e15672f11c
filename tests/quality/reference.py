"""A U-Net trained as most people would train one, in PyTorch or Keras: what Groundmask's own recipe is measured against.

    python reference.py PLAN.json --framework torch|keras [--seeds 1,2,3] [--steps 600 | --seconds 60] [--threads 1]

PLAN.json lists image and mask files of a training and of a validation set, as `quality plan` writes it (sets.rs). The loop
is deliberately plain: random crops, no augmentation, Adam at a constant rate, binary cross-entropy plus Dice. One JSON line a
run, with the keys of our own runs (quality.rs).
"""

import argparse
import importlib
import json
import sys
import time

import numpy as np
from PIL import Image

BINS = 100
ECE_BINS = 15


def read_pairs(files):
    """`[(image [h, w, 3] in 0..1, mask [h, w, 1] of 0 and 1)]`."""
    pairs = []
    for image, mask in files:
        pixels = np.asarray(Image.open(image).convert("RGB"), np.float32) / 255
        truth = np.asarray(Image.open(mask).convert("L")) > 127
        pairs.append((pixels, truth[..., None].astype(np.float32)))
    return pairs


def crops(pairs, tile_px, batch, seed):
    """Batches without end. In an epoch every image comes once for each tile's worth of its pixels."""
    draw = np.random.default_rng(seed)
    visits = [i for i, (_, mask) in enumerate(pairs) for _ in range(max(1, round(mask.size / tile_px**2)))]
    order = []

    def window(length):
        start = int(draw.integers(0, abs(length - tile_px) + 1))
        start = start if length >= tile_px else -start
        return np.clip(np.arange(start, start + tile_px), 0, length - 1)

    while True:
        images, masks = [], []
        for _ in range(batch):
            if not order:
                order = list(draw.permutation(visits))
            image, mask = pairs[order.pop()]
            rows, columns = window(mask.shape[0]), window(mask.shape[1])
            images.append(image[rows][:, columns])
            masks.append(mask[rows][:, columns])
        yield np.stack(images), np.stack(masks)


def evaluate(net, pairs, stride_px=16):
    """Whole images, their edge repeated up to the next multiple of the network's stride, all pixels counted together."""
    positive, negative = np.zeros(BINS + 1), np.zeros(BINS + 1)
    bins = np.zeros((ECE_BINS, 3))
    for image, mask in pairs:
        height, width = mask.shape[:2]
        padded = np.pad(image, ((0, -height % stride_px), (0, -width % stride_px), (0, 0)), mode="edge")
        p = net.predict(padded[None])[0, :height, :width, 0].ravel()
        truth = mask.ravel() > 0.5
        at = (p * BINS).astype(int)
        positive += np.bincount(at[truth], minlength=BINS + 1)
        negative += np.bincount(at[~truth], minlength=BINS + 1)
        at = np.minimum((p * ECE_BINS).astype(int), ECE_BINS - 1)
        for column, weights in enumerate([None, p, truth]):
            bins[:, column] += np.bincount(at, weights, ECE_BINS)
    found = positive[::-1].cumsum()[::-1]
    wrong = negative[::-1].cumsum()[::-1]
    thresholds = np.arange(1, BINS)
    with np.errstate(invalid="ignore", divide="ignore"):
        iou = np.nan_to_num(found / (positive.sum() + wrong))
    # Of equal ones the nearest to 0.5.
    best = max(thresholds, key=lambda i: (iou[i], -abs(i - BINS // 2)))
    f1 = 2 * iou / (1 + iou)
    count, probability, foreground = bins.T
    half = BINS // 2
    return {
        "iou_half": round(float(iou[half]), 5),
        "f1_half": round(float(f1[half]), 5),
        "iou_best": round(float(iou[best]), 5),
        "f1_best": round(float(f1[best]), 5),
        "threshold_best": best / BINS,
        "ece": round(float(np.abs(probability - foreground).sum() / count.sum()), 5),
    }


def crossing(curve, share=0.9):
    """The step at which the curve is first above this share of its last figure."""
    end = curve[-1][2]
    return next((step for step, _, iou, _ in curve if iou >= share * end), None)


def train(net, plan, pairs, options, seed):
    training, validation = pairs
    batches = crops(training, options.tile, options.batch, seed)
    curve, kept, spent_s, start_s, step = [], None, 0.0, time.perf_counter(), 0
    while True:
        before = time.perf_counter()
        net.step(*next(batches))
        if step:  # The first one compiles.
            spent_s += time.perf_counter() - before
        step += 1
        is_last = spent_s >= options.seconds if options.seconds else step == options.steps
        if is_last or step % options.every == 0:
            last = evaluate(net, validation)
            curve.append([step, last["iou_half"], last["iou_best"], round(spent_s, 1)])
            if kept is None or last["iou_best"] > kept["iou_best"]:
                kept = {**last, "step": step}
        if is_last:
            break
    # At even odds the weights count that are best there: a plain loop knows no other threshold to keep them by.
    half = max(point[1] for point in curve)
    return {
        "set": plan["set"], "framework": net.name, "seed": seed, "steps": step, **kept,
        "iou_half": half, "f1_half": round(2 * half / (1 + half), 5),
        **{f"last_{key}": value for key, value in last.items()},
        "step90": crossing(curve), "seconds": round(spent_s, 1), "wall_s": round(time.perf_counter() - start_s, 1),
        "threads": options.threads, "curve": curve,
    }  # fmt: skip


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("plan")
    parser.add_argument("--framework", choices=["torch", "keras"], required=True)
    parser.add_argument("--seeds", default="1")
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--seconds", type=float, default=0.0, help="train for so long instead, validations left aside")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--base", type=int, default=8)
    parser.add_argument("--depth", type=int, default=4)
    parser.add_argument("--tile", type=int, default=128)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--every", type=int, default=50, help="steps between validations")
    options = parser.parse_args()
    with open(options.plan) as file:
        plan = json.load(file)
    framework = importlib.import_module(f"{options.framework}_unet")
    pairs = read_pairs(plan["train"]), read_pairs(plan["validation"])
    for seed in map(int, options.seeds.split(",")):
        net = framework.Net(options, seed)
        print(json.dumps(train(net, plan, pairs, options, seed)), flush=True)


if __name__ == "__main__":
    sys.exit(main())
