"""Classic's three U-Nets: layer plan, Keras model, and seeded weights that keep gradients well defined.

Used by make_golden.py. Shapes are NHWC for images and HWIO `[k, k, in, out]` for kernels.
"""

from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

BN_MOMENTUM = 0.99
BN_EPSILON = 1e-3


@dataclass(frozen=True)
class Arch:
    """One architecture: `depth` poolings, `base` filters at the first level."""

    name: str
    base: int
    depth: int
    norm: bool

    def filters(self, level: int) -> int:
        """Filters of a level, 1 = full resolution, depth + 1 = the middle."""
        return self.base << (level - 1)


@dataclass(frozen=True)
class Conv:
    """One convolution of the plan, in the order of the forward pass."""

    name: str  # "enc1.conv1"
    norm: str  # "enc1.norm1", or "" where no BatchNormalization follows
    k: int
    cin: int
    cout: int


def plan(arch: Arch, cin: int = 1) -> list[Conv]:
    """All convolutions in forward order."""
    convs: list[Conv] = []

    def block(name: str, c: int, out: int) -> None:
        for i in (1, 2):
            convs.append(Conv(f"{name}.conv{i}", f"{name}.norm{i}" if arch.norm else "", 3, c, out))
            c = out

    for level in range(1, arch.depth + 1):
        block(f"enc{level}", cin, arch.filters(level))
        cin = arch.filters(level)
    block("mid", cin, arch.filters(arch.depth + 1))
    for level in range(arch.depth, 0, -1):
        f = arch.filters(level)
        convs.append(Conv(f"up{level}.conv", "", 2, 2 * f, f))
        block(f"dec{level}", 2 * f, f)
    convs.append(Conv("head.conv", "head.norm" if arch.norm else "", 3, arch.filters(1), 2))
    convs.append(Conv("out", "", 1, 2, 1))
    return convs


def parameter_count(arch: Arch) -> int:
    """Trainable parameters, from the plan alone."""
    return sum(c.k * c.k * c.cin * c.cout + c.cout + (2 * c.cout if c.norm else 0) for c in plan(arch))


def forward(arch: Arch, x, conv, pool):
    """The wiring, once, for Keras layers and for the weight search.

    `conv(c, tensor)` applies convolution `c` with its activation (ReLU, or sigmoid for `out`) and, where `c.norm`
    is set, BatchNormalization after the ReLU. `pool(name, tensor)` is a 2x2 max pooling.
    """
    by_name = {c.name: c for c in plan(arch)}

    def block(name, t):
        return conv(by_name[f"{name}.conv2"], conv(by_name[f"{name}.conv1"], t))

    skips = {}
    for level in range(1, arch.depth + 1):
        skips[level] = x = block(f"enc{level}", x)  # Classic's dropout would stand here at level 4; its rate is 0
        x = pool(f"pool{level}", x)
    x = block("mid", x)
    for level in range(arch.depth, 0, -1):
        x = keras.layers.UpSampling2D(2, interpolation="nearest", dtype=x.dtype)(x)
        x = conv(by_name[f"up{level}.conv"], x)
        x = keras.layers.Concatenate(axis=3, dtype=x.dtype)([skips[level], x])
        x = block(f"dec{level}", x)
    return conv(by_name["out"], conv(by_name["head.conv"], x))


def keras_model(arch: Arch, size_px: int, dtype: str) -> keras.Model:
    """The network out of Keras' own layers. Layer names are the dotted names without `.weight` etc."""

    def conv(c: Conv, t):
        activation = "sigmoid" if c.name == "out" else "relu"
        t = keras.layers.Conv2D(c.cout, c.k, padding="same", activation=activation, name=c.name, dtype=dtype)(t)
        if c.norm:
            t = keras.layers.BatchNormalization(
                axis=3, momentum=BN_MOMENTUM, epsilon=BN_EPSILON, name=c.norm, dtype=dtype
            )(t)
        return t

    def pool(name, t):
        return keras.layers.MaxPooling2D(2, name=name, dtype=dtype)(t)

    x = keras.Input((size_px, size_px, 1), dtype=dtype)
    return keras.Model(x, forward(arch, x, conv, pool), name=arch.name)


def variables(arch: Arch, model: keras.Model) -> tuple[dict, dict]:
    """`(trainable, running)`: dotted name -> Keras variable."""
    trainable, running = {}, {}
    for c in plan(arch):
        layer = model.get_layer(c.name)
        trainable[f"{c.name}.weight"] = layer.kernel
        trainable[f"{c.name}.bias"] = layer.bias
        if c.norm:
            layer = model.get_layer(c.norm)
            trainable[f"{c.norm}.gamma"] = layer.gamma
            trainable[f"{c.norm}.beta"] = layer.beta
            running[f"{c.norm}.running_mean"] = layer.moving_mean
            running[f"{c.norm}.running_var"] = layer.moving_variance
    return trainable, running


def f32(a) -> np.ndarray:
    """Nearest float32, kept as float64: every stored weight is exact in both precisions."""
    return np.asarray(a, np.float64).astype(np.float32).astype(np.float64)


def pick_bias(z: list[np.ndarray], norm: list[bool], rng: np.random.Generator) -> float | None:
    """The bias of one channel that keeps every pre-activation away from the ReLU's kink; `None` if there is none.

    `z`: the channel's outputs without bias, one flat array a network that shares the weights; `norm`: whether that
    network normalizes after the ReLU. Among the gaps of the sorted outputs, takes the one nearest to a random place
    whose half width is at least 2 % of the spread (else the widest). 55 to 80 % of the pixels stay active before a
    BatchNormalization, 25 to 92 % elsewhere: the sparser the ReLU, the more its normalized output amplifies rounding
    errors (for Gaussian pixels by 1.4 a layer at 25 %, 1.2 at 50 %, 1.06 at 85 %), and the closer to all active, the
    more the gradient of the bias cancels.
    """
    spread = max(float(a.std()) for a in z)
    s = np.unique(np.concatenate(z))
    middle, half = -(s[1:] + s[:-1]) / 2, (s[1:] - s[:-1]) / 2
    active = np.array([1 - np.searchsorted(np.sort(a), -middle) / a.size for a in z])
    least, most = np.where(norm, 0.55, 0.25)[:, None], np.where(norm, 0.8, 0.92)[:, None]
    fine = ((active >= least) & (active <= most)).all(axis=0)
    if not fine.any():
        return None
    wanted = np.quantile(middle[fine], rng.random())
    score = np.minimum(half / spread, 0.02) - 1e-4 * np.abs(middle - wanted) / spread
    return float(f32(middle[np.argmax(np.where(fine, score, -np.inf))]))


def _draw_channel(
    rng: np.random.Generator, c: Conv, inputs: list[np.ndarray], norm: list[bool]
) -> tuple[np.ndarray, float]:
    """One filter `[k, k, in, 1]` (he_normal, not truncated) and its bias.

    Redrawn until the channel is alive in every network and varies enough over the pixels for a BatchNormalization
    not to blow up rounding errors (with 8 pixels in the middle level it may vary very little by chance).
    """
    least = [0.6 * np.sqrt(2 * t.var(axis=(0, 1, 2)).mean()) if n else 0.0 for t, n in zip(inputs, norm)]
    for _ in range(2000):
        w = f32(rng.normal(0, np.sqrt(2 / (c.k * c.k * c.cin)), (c.k, c.k, c.cin, 1)))
        z = [tf.nn.conv2d(t, w, 1, "SAME").numpy().ravel() for t in inputs]
        if any(a.std() < s for a, s in zip(z, least)):
            continue
        bias = pick_bias(z, norm, rng)
        if bias is not None:
            return w, bias
    raise ValueError(f"{c.name}: no filter is alive in every network")


def _draw_out(rng: np.random.Generator, c: Conv, inputs: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The last 1x1 convolution (glorot_uniform), redrawn until all logits are below 6, their mean below 1."""
    limit = np.sqrt(6 / (c.cin + c.cout))
    for _ in range(10000):
        w, b = f32(rng.uniform(-limit, limit, (1, 1, c.cin, 1))), f32(rng.uniform(-0.5, 0.5, 1))
        logits = [t @ w[0, 0] + b for t in inputs]
        if all(np.abs(z).max() < 6 and abs(z.mean()) < 1 and z.std() > 0.2 for z in logits):
            return w, b
    raise ValueError("no last layer gives moderate logits in every network")


def draw_weights(archs: list[Arch], x: np.ndarray, seed: int) -> tuple[dict, dict]:
    """Weights shared by `archs` (same plan but for BatchNormalization), drawn layer by layer along the forward pass.

    Returns `(weights, info)`: float64 arrays that are exact float32 values, and per network the probabilities in
    training mode (`prob`, to compare with Keras'), the smallest distance to a ReLU kink (`relu`) and the smallest gap
    between the two largest values of a pooling window (`pool`; windows whose two largest values both come from
    inactive ReLUs are left out: whichever gets the gradient, the ReLU before it stops it).
    """
    rng = np.random.default_rng(seed)
    weights: dict[str, np.ndarray] = {}
    plans = [plan(a) for a in archs]
    info = {a.name: {"relu": np.inf, "pool": np.inf} for a in archs}
    # The networks run in lockstep, one generator each, because a bias is chosen from the outputs of all of them.
    states = [np.asarray(x, np.float64)] * len(archs)
    runners = [_Lockstep(a, info[a.name]) for a in archs]
    for i, c in enumerate(plans[0]):
        inputs = [r.before(c, s) for r, s in zip(runners, states)]
        if c.name == "out":
            weights["out.weight"], weights["out.bias"] = _draw_out(rng, c, inputs)
            for a, t in zip(archs, inputs):
                logits = t @ weights["out.weight"][0, 0] + weights["out.bias"]
                info[a.name]["prob"] = 1 / (1 + np.exp(-logits))
            break
        norm = [bool(p[i].norm) for p in plans]
        channels = [_draw_channel(rng, c, inputs, norm) for _ in range(c.cout)]
        w = weights[f"{c.name}.weight"] = np.concatenate([w for w, _ in channels], axis=3)
        bias = weights[f"{c.name}.bias"] = np.array([b for _, b in channels])
        zs = [tf.nn.conv2d(t, w, 1, "SAME").numpy() for t in inputs]
        gamma = rng.uniform(0.5, 1.5, c.cout) * np.where(rng.random(c.cout) < 0.15, -1, 1)
        beta, mean_by, var_by = rng.normal(0, 0.3, c.cout), rng.uniform(0.7, 1.3, c.cout), rng.uniform(0.6, 1.6, c.cout)
        for j, r in enumerate(runners):
            norm = plans[j][i].norm
            t = np.maximum(zs[j] + bias, 0)
            info[archs[j].name]["relu"] = min(info[archs[j].name]["relu"], float(np.abs(zs[j] + bias).min()))
            alive = t > 0
            if norm:
                mean, var = t.mean(axis=(0, 1, 2)), t.var(axis=(0, 1, 2))
                weights[f"{norm}.gamma"], weights[f"{norm}.beta"] = f32(gamma), f32(beta)
                weights[f"{norm}.running_mean"] = f32(mean * mean_by)
                weights[f"{norm}.running_var"] = f32(var * var_by)
                t = (t - mean) / np.sqrt(var + BN_EPSILON) * f32(gamma) + f32(beta)
            states[j] = r.after(c, t, alive)
    return weights, info


class _Lockstep:
    """The wiring of `forward`, cut open between convolutions, in float64 numpy."""

    def __init__(self, arch: Arch, margin: dict) -> None:
        self.arch, self.margin, self.skips = arch, margin, {}

    def before(self, c: Conv, t):
        """What convolution `c` reads, given the previous convolution's output."""
        part = c.name.split(".")[0]
        if part.startswith("up"):
            return t.repeat(2, axis=1).repeat(2, axis=2)
        if part.startswith("dec") and c.name.endswith("conv1"):
            return np.concatenate([self.skips[part[3:]], t], axis=3)
        return t

    def after(self, c: Conv, t, alive):
        """Pools at the end of an encoder level."""
        part = c.name.split(".")[0]
        if not (part.startswith("enc") and c.name.endswith("conv2")):
            return t
        self.skips[part[3:]] = t
        window, live = _windows(t), _windows(alive)
        order = np.argsort(window, axis=-1)[..., -2:]
        top, top_live = np.take_along_axis(window, order, -1), np.take_along_axis(live, order, -1)
        gap = (top[..., 1] - top[..., 0])[top_live.any(axis=-1)]
        self.margin["pool"] = min(self.margin["pool"], float(gap.min()))
        return window.max(axis=-1)


def _windows(t: np.ndarray) -> np.ndarray:
    """`[b, h, w, c]` -> `[b, h/2, w/2, c, 4]`."""
    b, h, w, c = t.shape
    return t.reshape(b, h // 2, 2, w // 2, 2, c).transpose(0, 1, 3, 5, 2, 4).reshape(b, h // 2, w // 2, c, 4)
