"""Groundmask's training loss over all processes together (`src/model/loss.rs`)."""

import math

import torch

from groundmask_scale.unet import over_all

# Clamping logits to this is Keras's clipping of probabilities to [1e-7, 1 - 1e-7].
LOGIT_LIMIT = math.log((1 - 1e-7) / 1e-7)


def loss_of(logits, target, kind="bce_dice", label_smoothing=0.0):
    """`logits` and `target` (0 or 1; NaN where nothing is known) are `[b, 1, h, w]`.

    Every process gets the loss of the whole batch, so that the mean of gradients that DistributedDataParallel takes is the
    gradient of it: what the sums of all processes hand back adds up to as many times the part of each.
    """
    if kind not in ("bce", "bce_dice"):
        raise ValueError(f"the loss {kind!r} is not made here")
    known = ~target.isnan()
    target = torch.where(known, target, 0.0)
    known = known.to(target.dtype)
    z = logits.clamp(-LOGIT_LIMIT, LOGIT_LIMIT)
    soft = target * (1 - label_smoothing) + label_smoothing / 2
    # Written so that it neither overflows nor loses digits: max(z, 0) - z y + ln(1 + exp(-|z|)).
    bce = z.clamp(min=0) - z * soft + torch.log1p(torch.exp(-z.abs()))
    entropy = over_all((bce * known).sum()) / over_all(known.sum()).clamp(min=1e-6)
    if kind == "bce":
        return entropy
    p = torch.sigmoid(logits) * known
    sums = over_all(torch.stack([(p * target).sum(), p.sum(), target.sum()]))
    return entropy + 1 - (2 * sums[0] + 1) / (sums[1] + sums[2] + 1)


def learning_rate(config, step, steps_total):
    """Of a step counted from 0, by the run's schedule (`Settings::lr_at`); a plateau is taken for constant."""
    lr, schedule, warmup = config["lr"], config["schedule"], int(config["warmup_steps"])
    if schedule == "one_cycle" and warmup == 0:
        warmup = min(steps_total // 10, 500)
    if step < warmup:
        return lr * (step + 1) / (warmup + 1)
    if schedule not in ("cosine", "one_cycle"):
        return lr
    done = min((step - warmup) / max(steps_total - warmup, 1), 1.0)
    return lr * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * done)))


def statistics_momentum(config, step):
    """How much of the running statistics a step keeps."""
    if config["norm_statistics"] == "keras":
        return 0.99
    return min((1 + step) / (10 + step), 0.99)
