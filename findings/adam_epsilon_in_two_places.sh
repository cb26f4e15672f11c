#!/usr/bin/env bash
# keras 3.15.1 (JAX backend) against optax 0.2.8
#
# Expected: Adam with one learning rate, both betas and epsilon written out
#   equally in both makes equal steps; that is how one checks a port.
# Happens: Keras adds epsilon before the bias correction, optax after it as in
#   the method's main text. In the first step Keras' epsilon therefore weighs
#   about 30 times as much, and fades within some thousand steps. With
#   gradients of 1e-3 nobody notices, at 1e-6 the first step is 0.24 of the
#   learning rate against 0.91. The defaults (1e-7 and 1e-8) widen it once more.
# Cost: a focal loss, a mean over a large and mostly ignored mask, or a deep
#   encoder has gradients of that size: the port warms up at another speed, few-epoch
#   comparisons differ, and setting epsilon equal does not help. Dividing optax'
#   epsilon by sqrt(1 - beta2) for the first step does.
#
# Observed (first step, learning rate 1, epsilon 1e-7 in both):
#   gradient 1e-03: keras 0.997 optax 1.000
#   gradient 1e-06: keras 0.240 optax 0.909
#   gradient 1e-07: keras 0.031 optax 0.500
#   optax with 1e-7 / sqrt(1 - 0.999) at 1e-06: 0.240
#   gradient 1e-06 in step 1000: keras 0.888 optax 0.909
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q keras==3.15.1 jax==0.10.2 optax==0.2.8 numpy==2.4.6
KERAS_BACKEND=jax v/bin/python -W ignore - 2>/dev/null <<'PY'
import jax.numpy as jnp, keras, numpy as np, optax

def by_keras(g, n=1):
    v = keras.Variable(np.zeros(1, "float32"))
    o = keras.optimizers.Adam(1.0, beta_1=0.9, beta_2=0.999, epsilon=1e-7)
    o.build([v])
    for _ in range(n):
        before = float(v.numpy()[0])
        o.apply([jnp.array([g], "float32")], [v])
    return before - float(v.numpy()[0])

def by_optax(g, n=1, eps=1e-7):
    o = optax.adam(1.0, b1=0.9, b2=0.999, eps=eps)
    s = o.init(jnp.zeros(1))
    for _ in range(n):
        u, s = o.update(jnp.array([g], "float32"), s)
    return -float(u[0])

for g in (1e-3, 1e-6, 1e-7):
    print("gradient %.0e: keras %.3f optax %.3f" % (g, by_keras(g), by_optax(g)))
assert abs(by_keras(1e-3) - by_optax(1e-3)) < 0.01
assert by_optax(1e-6) > 3 * by_keras(1e-6) and by_optax(1e-7) > 10 * by_keras(1e-7)
same = by_optax(1e-6, eps=1e-7 / (1 - 0.999) ** 0.5)
print("optax with 1e-7 / sqrt(1 - 0.999) at 1e-06: %.3f" % same)
assert abs(same - by_keras(1e-6)) < 0.01
k, o = by_keras(1e-6, 1000), by_optax(1e-6, 1000)
print("gradient 1e-06 in step 1000: keras %.3f optax %.3f" % (k, o))
assert abs(k - o) < 0.03
PY
