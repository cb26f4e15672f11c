#!/usr/bin/env bash
# keras 3.15.1 against @tensorflow/tfjs 4.22.0
#
# Expected: TensorFlow.js has Keras' layers under Keras' names, so a U-Net decoder
#   with UpSampling2D(interpolation="bilinear") gives the browser the
#   numbers of Python; so does an activation "hard_sigmoid".
# Happens: Python samples at pixel centres, the browser's layer at pixel corners (the
#   way of TensorFlow 1): doubled, the map is shifted by half a pixel toward the top
#   left and its last row and column are repeated. Five levels of it add up
#   to 15.5 pixels at full size. "nearest" agrees. hard_sigmoid agrees with Keras 2
#   (slope 1/5) and not with Keras 3 (slope 1/6).
# Cost: the same weights segment well in Python and draw every mask shifted
#   in the browser; no shape, no warning tells. Checks made with "nearest" pass.
#
# Observed ([0, 10] / [20, 30] doubled, first row; ramp doubled 5 times):
#   nearest      : keras 0 0 10 10        tfjs 0 0 10 10
#   bilinear     : keras 0 2.5 7.5 10     tfjs 0 5 10 10
#   shift after 5: 15.5 pixels
#   hard_sigmoid : keras 0.3333 0.6667    tfjs 0.3 0.7  (at -1 and 1)
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q keras==3.15.1 jax==0.10.2 numpy==2.4.6
npm init -y >/dev/null
npm install --silent --ignore-scripts --no-audit --no-fund @tensorflow/tfjs@4.22.0
KERAS_BACKEND=jax v/bin/python -W ignore - 2>/dev/null <<'PY'
import json
import keras, numpy as np

up = lambda a, how: keras.layers.UpSampling2D(2, interpolation=how)(a)
a = np.array([[0, 10], [20, 30]], "float32").reshape(1, 2, 2, 1)
ramp = np.tile(np.arange(16, dtype="float32"), (2, 1)).reshape(1, 2, 16, 1)
for _ in range(5):
    ramp = np.asarray(up(ramp, "bilinear"))
row = lambda t: np.asarray(t)[0, 0, :, 0].tolist()
json.dump({"nearest": row(up(a, "nearest")), "bilinear": row(up(a, "bilinear")), "ramp": row(ramp),
           "hard": np.asarray(keras.activations.hard_sigmoid(np.array([-1, 1], "float32"))).tolist()}, open("k.json", "w"))
PY
cat > t.cjs <<'JS'
const assert = require('node:assert');
const tf = require('@tensorflow/tfjs');
const k = require('./k.json');
const up = (t, how) => tf.layers.upSampling2d({ size: [2, 2], interpolation: how }).apply(t);
const row = (t) => Array.from(t.slice([0, 0, 0, 0], [1, 1, t.shape[2], 1]).dataSync());
const say = (v) => v.map((x) => +x.toFixed(4)).join(' ');
(async () => {
  await tf.setBackend('cpu');
  const a = tf.tensor4d([0, 10, 20, 30], [1, 2, 2, 1]);
  const t = { nearest: row(up(a, 'nearest')), bilinear: row(up(a, 'bilinear')) };
  let ramp = tf.tensor4d(Array.from({ length: 32 }, (_, i) => i % 16), [1, 2, 16, 1]);
  for (let i = 0; i < 5; i++) ramp = up(ramp, 'bilinear');
  const shift = (row(ramp)[256] - k.ramp[256]) * 32;
  const hard = Array.from(tf.layers.activation({ activation: 'hardSigmoid' }).apply(tf.tensor2d([[-1, 1]])).dataSync());
  for (const how of ['nearest', 'bilinear']) console.log(how.padEnd(12), ':', 'keras', say(k[how]).padEnd(16), 'tfjs', say(t[how]));
  console.log('shift after 5:', shift.toFixed(1), 'pixels');
  console.log('hard_sigmoid : keras', say(k.hard), '   tfjs', say(hard), ' (at -1 and 1)');
  assert.deepEqual(t.nearest, k.nearest);
  assert.notDeepEqual(t.bilinear, k.bilinear);
  assert(Math.abs(shift - 15.5) < 0.1);
  assert(Math.abs(hard[0] - 0.3) < 1e-4 && Math.abs(k.hard[0] - 1 / 3) < 1e-4);
})().catch((e) => { console.error(e); process.exit(1); });
JS
node t.cjs 2>/dev/null
