"""Makes the golden tensors of this folder with Keras. See README.md.

python3 -m venv venv && venv/bin/pip install -r requirements.txt
venv/bin/python make_golden.py            # writes the files
venv/bin/python make_golden.py --check    # makes them again and compares with the files, writes nothing
"""

import argparse
import json
import os
import platform
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import keras
import numpy as np
import safetensors
import tensorflow as tf
from safetensors import safe_open
from safetensors.numpy import save_file

from nets import BN_EPSILON, BN_MOMENTUM, Arch, draw_weights, f32, keras_model, parameter_count, plan, variables

HERE = Path(__file__).resolve().parent
SIZE_PX, BATCH = 32, 2
CLIP = 1e-7
UNET_NORM, UNET, UNET_SMALL = Arch("unet_norm", 4, 4, True), Arch("unet", 4, 4, False), Arch("unet_small", 8, 2, False)
# Trainable parameters at Classic's width 64, as docs/classic-pipeline.md has them: proof that the wiring is Classic's.
SEED_COUNTS = {"unet_norm": 31_043_465, "unet": 31_031_685, "unet_small": 1_862_789}


def versions() -> dict[str, str]:
    return {
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "numpy": np.__version__,
        "safetensors": safetensors.__version__,
    }


def data(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Random image in [0, 1) and random 0/1 target, `[batch, height, width, 1]`."""
    rng = np.random.default_rng(seed)
    shape = (BATCH, SIZE_PX, SIZE_PX, 1)
    return f32(rng.random(shape)), (rng.random(shape) < 0.4).astype(np.float64)


def bce(p, y):
    """Mean binary cross-entropy with p clipped to [1e-7, 1 - 1e-7], as Keras defines it."""
    p = tf.clip_by_value(p, CLIP, 1 - CLIP)
    return -tf.reduce_mean(y * tf.math.log(p) + (1 - y) * tf.math.log(1 - p))


def evaluate(arch: Arch, weights: dict, x: np.ndarray, y: np.ndarray, dtype: str) -> dict[str, np.ndarray]:
    """Everything that is compared: probabilities, loss, gradients, updated running statistics."""
    model = keras_model(arch, SIZE_PX, dtype)
    trainable, running = variables(arch, model)
    for name, variable in (trainable | running).items():
        variable.assign(weights[name].astype(dtype))
    x, y = tf.constant(x, dtype), tf.constant(y, dtype)
    out = {"prob.infer": model(x, training=False)}
    with tf.GradientTape() as tape:
        tape.watch(x)
        p = model(x, training=True)
        loss = bce(p, y)
    keras_loss = keras.losses.BinaryCrossentropy(dtype=dtype)(y, p)
    assert abs(float(loss) - float(keras_loss)) < (1e-12 if dtype == "float64" else 1e-6), (loss, keras_loss)
    out |= {"prob.train": p, "loss": tf.reshape(loss, [1])}
    grads = tape.gradient(loss, {"x": x} | {n: v.value for n, v in trainable.items()})
    out |= {f"grad.{name}": g for name, g in grads.items()}
    out |= {f"updated.{name}": v for name, v in running.items()}
    return {name: np.asarray(t) for name, t in out.items()}


def batch_statistics(arch: Arch, weights: dict, x: np.ndarray) -> dict[str, np.ndarray]:
    """Mean and biased variance of every BatchNormalization's input in training mode, and what Keras made of them."""
    if not arch.norm:
        return {}
    model = keras_model(arch, SIZE_PX, "float64")
    trainable, running = variables(arch, model)
    for name, variable in (trainable | running).items():
        variable.assign(weights[name])
    norms = [c for c in plan(arch) if c.norm]
    taps = keras.Model(model.input, [model.get_layer(c.norm).input for c in norms])
    out = {}
    for c, t in zip(norms, taps(tf.constant(x), training=True)):
        t = np.asarray(t)
        out[f"batch.{c.norm}.mean"], out[f"batch.{c.norm}.var"] = t.mean(axis=(0, 1, 2)), t.var(axis=(0, 1, 2))
    return out


def finite_difference_error(arch: Arch, weights: dict, x: np.ndarray, y: np.ndarray, grads: dict) -> float:
    """Relative error of `<gradient, d>` against a central difference of the loss along one random direction d."""
    model = keras_model(arch, SIZE_PX, "float64")
    trainable, running = variables(arch, model)
    rng = np.random.default_rng(99)
    step = {n: rng.normal(size=weights[n].shape) for n in trainable}
    slope = sum(float((grads[f"grad.{n}"] * step[n]).sum()) for n in trainable)
    losses = []
    for h in (1e-7, -1e-7):
        for name, variable in trainable.items():
            variable.assign(weights[name] + h * step[name])
        losses.append(float(bce(model(tf.constant(x), training=True), tf.constant(y))))
    return abs((losses[0] - losses[1]) / 2e-7 - slope) / abs(slope)


def relative_errors(got: dict, want: dict) -> dict[str, dict[str, float]]:
    """Per tensor: largest difference over largest magnitude (`max`), norm of the difference over norm (`l2`)."""
    out = {}
    for name, w in want.items():
        d = got[name].astype(np.float64) - w
        out[name] = {
            "max": float(f"{np.abs(d).max() / np.abs(w).max():.1e}"),
            "l2": float(f"{np.linalg.norm(d) / np.linalg.norm(w):.1e}"),
        }
    return out


def net_files() -> tuple[dict, dict]:
    """`(files, noise)` of the three networks."""
    files, noise = {}, {}
    for archs, data_seed in (([UNET_NORM, UNET], 1), ([UNET_SMALL], 2)):
        x, y = data(data_seed)
        # Best of 12 seeds: the widest gap in the pooling windows (the ReLU's margin is made by the bias search).
        draws = [draw_weights(archs, x, seed) for seed in range(12)]
        seed = max(range(12), key=lambda i: min(one["pool"] for one in draws[i][1].values()))
        weights, info = draws[seed]
        for arch in archs:
            at64 = Arch(arch.name, 64, arch.depth, arch.norm)
            assert parameter_count(at64) == SEED_COUNTS[arch.name]
            want = evaluate(arch, weights, x, y, "float64")
            assert np.allclose(want["prob.train"], info[arch.name]["prob"], atol=1e-12)
            got = evaluate(arch, weights, x, y, "float32")
            stats = batch_statistics(arch, weights, x)
            for c in (c for c in plan(arch) if c.norm):
                for kind in ("mean", "var"):
                    old = weights[f"{c.norm}.running_{kind}"]
                    new = BN_MOMENTUM * old + (1 - BN_MOMENTUM) * stats[f"batch.{c.norm}.{kind}"]
                    assert np.allclose(new, want[f"updated.{c.norm}.running_{kind}"], rtol=1e-12), c.norm
            small = {n: float(np.abs(t).max()) for n, t in want.items() if n.startswith("grad.")}
            assert all(v > 1e-6 for v in small.values()), [n for n, v in small.items() if v <= 1e-6]
            assert want["prob.train"].std() > 0.02 and want["prob.infer"].std() > 0.02
            errors = relative_errors(got, want)
            gradient_zeros = sum(int((t == 0).sum()) for n, t in want.items() if n.startswith("grad."))
            noise[arch.name] = {
                "weight_seed": seed,
                "margin_relu": info[arch.name]["relu"],
                "margin_pool": info[arch.name]["pool"],
                "gradient_largest_of_smallest_tensor": min(small.values()),
                "gradient_elements_exactly_zero": gradient_zeros,
                "finite_difference_error": finite_difference_error(arch, weights, x, y, want),
                "prob_train_mean_std": [float(want["prob.train"].mean()), float(want["prob.train"].std())],
                "prob_infer_mean_std": [float(want["prob.infer"].mean()), float(want["prob.infer"].std())],
                "loss": float(want["loss"][0]),
                "parameters": parameter_count(arch),
                "float32_error": errors,
            }
            # `unet` shares the convolutions of `unet_norm`: its file holds none.
            own = {} if arch is UNET else weights
            files[arch.name] = (
                {"x": x, "y": y} | own | want | stats,
                {
                    "architecture": arch.name,
                    "base": str(arch.base),
                    "depth": str(arch.depth),
                    "weights": "unet_norm.safetensors" if arch is UNET else f"{arch.name}.safetensors",
                    "bn_momentum": str(BN_MOMENTUM),
                    "bn_epsilon": str(BN_EPSILON),
                },
            )
    return files, noise


def loss_file() -> dict[str, np.ndarray]:
    """BCE + soft Dice: values and gradients with respect to the logits, plain and with foreground weight 3."""
    rng = np.random.default_rng(3)
    logits, y = f32(rng.normal(0, 2, (2, 8, 8, 1))), (rng.random((2, 8, 8, 1)) < 0.3).astype(np.float64)
    out = {"logits": logits, "y": y, "foreground_weight": np.array([3.0])}

    def case(prefix: str, logits: np.ndarray, weight: float) -> None:
        z = tf.constant(logits)
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(z)
            p = tf.sigmoid(z)
            clipped = tf.clip_by_value(p, CLIP, 1 - CLIP)
            each = -(y * tf.math.log(clipped) + (1 - y) * tf.math.log(1 - clipped))
            w = tf.where(tf.constant(y) == 1, tf.constant(weight, tf.float64), 1.0)
            b = tf.reduce_sum(w * each) / tf.reduce_sum(w)
            d = 1 - (2 * tf.reduce_sum(p * y) + 1) / (tf.reduce_sum(p) + tf.reduce_sum(y) + 1)
            parts = {"bce": b, "dice": d, "bce_dice": b + d}
        for name, value in parts.items():
            if prefix and name == "dice":
                continue  # the Dice term takes no weight: same as without
            out[f"{prefix}{name}.loss"] = np.asarray(value).reshape(1)
            out[f"{prefix}{name}.grad_logits"] = np.asarray(tape.gradient(value, z))

    case("", logits, 1.0)
    case("weighted.", logits, 3.0)
    # The same by hand, so that the gradients do not hang on one framework.
    p = 1 / (1 + np.exp(-logits))
    u, v = 2 * (p * y).sum() + 1, p.sum() + y.sum() + 1
    w = np.where(y == 1, 3.0, 1.0)
    dice_grad = -(2 * y * v - u) / v**2 * p * (1 - p)
    assert np.allclose(out["bce.grad_logits"], (p - y) / p.size, atol=1e-15)
    assert np.allclose(out["dice.grad_logits"], dice_grad, atol=1e-15)
    assert np.allclose(out["weighted.bce_dice.grad_logits"], w * (p - y) / w.sum() + dice_grad, atol=1e-15)
    # Confident logits, where the clip acts beyond |logit| = 16.118: loss of one pixel each, as float64 gives it.
    confident = np.array([-40.0, -20.0, -16.0, -8.0, 0.0, 8.0, 16.0, 20.0, 40.0])
    out["clip.logits"] = confident
    for target in (0.0, 1.0):
        z = tf.constant(confident)
        with tf.GradientTape() as tape:
            tape.watch(z)
            c = tf.clip_by_value(tf.sigmoid(z), CLIP, 1 - CLIP)
            each = -(target * tf.math.log(c) + (1 - target) * tf.math.log(1 - c))
        out[f"clip.loss_y{target:.0f}"] = np.asarray(each)
        out[f"clip.grad_logits_y{target:.0f}"] = np.asarray(tape.gradient(each, z))
    return out


def adam_file() -> dict[str, np.ndarray]:
    """Five Adam steps in float64, in the textbook form and as Keras does them."""
    lr, beta_1, beta_2, eps, steps, n = 1e-4, 0.9, 0.999, 1e-7, 5, 16
    rng = np.random.default_rng(4)
    # Magnitudes from 1e-8 to 10: the place of epsilon shows in the small ones. One gradient is always zero.
    g = f32(rng.normal(size=(steps, n)) * np.logspace(-8, 1, n))
    g[:, 3] = 0
    p0 = f32(rng.normal(size=n))
    p0[::2] = 0  # where the parameter starts at 0, float32 resolves the whole step
    p, m, v, rows = p0.copy(), np.zeros(n), np.zeros(n), {"params": [], "m": [], "v": []}
    for t in range(1, steps + 1):
        m = beta_1 * m + (1 - beta_1) * g[t - 1]
        v = beta_2 * v + (1 - beta_2) * g[t - 1] ** 2
        p = p - lr * (m / (1 - beta_1**t)) / (np.sqrt(v / (1 - beta_2**t)) + eps)
        for name, value in (("params", p), ("m", m), ("v", v)):
            rows[name].append(value)
    variable = keras.Variable(p0, dtype="float64")
    adam = keras.optimizers.Adam(lr, beta_1, beta_2, eps)
    keras_rows = []
    for row in g:
        adam.apply([tf.constant(row)], [variable])
        keras_rows.append(np.asarray(variable))
    params, keras_params = np.stack(rows["params"]), np.stack(keras_rows)
    return {
        "hyper": np.array([lr, beta_1, beta_2, eps]),
        "params0": p0,
        "grads": g,
        "params": params,
        "step": params - p0,
        "m": np.stack(rows["m"]),
        "v": np.stack(rows["v"]),
        "keras.params": keras_params,
        "keras.step": keras_params - p0,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the files, write nothing")
    args = parser.parse_args()
    print(json.dumps(versions()))
    files, noise = net_files()
    files["losses"] = (loss_file(), {})
    files["adam"] = (adam_file(), {})
    total = 0
    for name, (tensors, meta) in files.items():
        path = HERE / f"{name}.safetensors"
        tensors = {n: np.ascontiguousarray(np.asarray(t, np.float32)) for n, t in tensors.items()}
        assert all(np.isfinite(t).all() for t in tensors.values()), name
        if args.check:
            with safe_open(path, "np") as stored:
                assert set(stored.keys()) == set(tensors), name
                worst = max(
                    float(np.abs(stored.get_tensor(n) - t).max() / max(np.abs(t).max(), 1e-30))
                    for n, t in tensors.items()
                )
            print(f"{name}: {len(tensors)} tensors, largest relative difference from the file {worst:.1e}")
            assert worst < 1e-6, name
        else:
            save_file(tensors, path, metadata=meta | {"made_by": "make_golden.py"} | versions())
            path.chmod(0o644)
            total += path.stat().st_size
            print(f"{path.name}: {len(tensors)} tensors, {path.stat().st_size} bytes")
    for name, n in noise.items():
        worst = max(n["float32_error"].items(), key=lambda item: item[1]["max"])
        print(name, json.dumps({k: v for k, v in n.items() if k != "float32_error"}), "worst float32:", worst)
    if not args.check:
        (HERE / "noise.json").write_text(json.dumps({"versions": versions(), "nets": noise}, indent=1) + "\n")
        print(f"total {total} bytes")


if __name__ == "__main__":
    main()
