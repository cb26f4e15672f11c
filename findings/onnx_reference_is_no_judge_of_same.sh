#!/usr/bin/env bash
# onnx 1.23.2 (its ReferenceEvaluator) against onnxruntime 1.32.0, and keras 3.15.1
#
# Expected: the reference evaluator that comes with the format is the judge: where a
#   runtime answers otherwise, the runtime is wrong; and an exporter of Keras'
#   padding="same" may write either auto_pad or the wanted output_shape.
# Happens: (a) MaxPool with SAME_LOWER: the reference gives 2 values where the
#   definition's ceil(5 / 2) and onnxruntime give 3; AveragePool with the same
#   attributes gives 3 in both. (b) ConvTranspose with a kernel shorter than the
#   stride: with SAME_UPPER onnxruntime gives 11 values for 4 * 3, and the reference
#   12 that start one later than Keras'. (c) ConvTranspose of kernel 3, stride 2 with
#   output_shape and no auto_pad: onnxruntime puts the odd pad at the front, Keras and
#   SAME_UPPER put it at the back: all is shifted by one; the reference raises on the
#   very model.
# Cost: a U-Net decoder of Conv2DTranspose(3, strides=2) exported with output_shape is
#   off by a pixel per level; and checking against the reference does not tell which
#   side is right.
#
# Observed:
#   MaxPool k2 s2 SAME_LOWER of 5        : onnxruntime 3 values, reference 2
#   AveragePool, the same                : onnxruntime 3 values, reference 3
#   ConvTranspose k2 s3 SAME_UPPER of 4  : onnxruntime 11, reference 12, keras 12
#     onnxruntime 1 2 0 10 20 0 100 200 0 1000 2000
#     reference   0 1 2 0 10 20 0 100 200 0 1000 2000
#     keras       1 2 0 10 20 0 100 200 0 1000 2000 0
#   ConvTranspose k3 s2, keras           : 1 2 13 20 130 200 1300 2000
#     SAME_UPPER, onnxruntime            : 1 2 13 20 130 200 1300 2000
#     output_shape=[8], onnxruntime      : 2 13 20 130 200 1300 2000 3000
#     output_shape=[8], reference        : raises
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q onnx==1.23.2 onnxruntime==1.32.0 keras==3.15.1 jax==0.10.2 numpy==2.4.6
KERAS_BACKEND=jax v/bin/python -W ignore - 2>/dev/null <<'PY'
import keras, numpy as np, onnxruntime
from onnx import TensorProto as T, helper as h
from onnx.reference import ReferenceEvaluator

def model(op, n, kernel=None, **more):
    ins, consts = ["x"], []
    if kernel is not None:
        ins, consts = ["x", "w"], [h.make_tensor("w", T.FLOAT, [1, 1, kernel], list(range(1, kernel + 1)))]
        more["kernel_shape"] = [kernel]
    g = h.make_graph([h.make_node(op, ins, ["y"], **more)], "g", [h.make_tensor_value_info("x", T.FLOAT, [1, 1, n])],
                     [h.make_tensor_value_info("y", T.FLOAT, None)], consts)
    return h.make_model(g, opset_imports=[h.make_opsetid("", 19)], ir_version=9)

def runtime(m, x):
    s = onnxruntime.InferenceSession(m.SerializeToString(), providers=["CPUExecutionProvider"])
    return s.run(None, {"x": x})[0].ravel().astype(int).tolist()

def reference(m, x):
    return ReferenceEvaluator(m).run(None, {"x": x})[0].ravel().astype(int).tolist()

def by_keras(k, s):
    l = keras.layers.Conv1DTranspose(1, k, strides=s, padding="same", use_bias=False)
    l.build((1, 4, 1))
    l.set_weights([np.arange(1, k + 1, dtype="float32").reshape(k, 1, 1)])
    return np.asarray(l(four.reshape(1, 4, 1))).ravel().astype(int).tolist()

five = np.array([1, 2, 4, 8, 16], "float32").reshape(1, 1, 5)
four = np.array([1, 10, 100, 1000], "float32").reshape(1, 1, 4)
pads = dict(auto_pad="SAME_LOWER", kernel_shape=[2], strides=[2])
m, a = model("MaxPool", 5, **pads), model("AveragePool", 5, **pads)
n = [len(f(q, five)) for q in (m, a) for f in (runtime, reference)]
print("MaxPool k2 s2 SAME_LOWER of 5        : onnxruntime %d values, reference %d" % tuple(n[:2]))
print("AveragePool, the same                : onnxruntime %d values, reference %d" % tuple(n[2:]))
assert n == [3, 2, 3, 3]
c = model("ConvTranspose", 4, 2, auto_pad="SAME_UPPER", strides=[3])
r, f, k = runtime(c, four), reference(c, four), by_keras(2, 3)
print("ConvTranspose k2 s3 SAME_UPPER of 4  : onnxruntime %d, reference %d, keras %d" % (len(r), len(f), len(k)))
print("  onnxruntime", *r)
print("  reference  ", *f)
print("  keras      ", *k)
assert (len(r), len(f), len(k)) == (11, 12, 12) and f != k
k = by_keras(3, 2)
u = runtime(model("ConvTranspose", 4, 3, auto_pad="SAME_UPPER", strides=[2]), four)
o = model("ConvTranspose", 4, 3, output_shape=[8], strides=[2])
r = runtime(o, four)
try:
    f = reference(o, four)
except Exception:
    f = "raises"
print("ConvTranspose k3 s2, keras           :", *k)
print("  SAME_UPPER, onnxruntime            :", *u)
print("  output_shape=[8], onnxruntime      :", *r)
print("  output_shape=[8], reference        :", f)
assert k == u and r != k and r[:-1] == k[1:] and f == "raises"
PY
