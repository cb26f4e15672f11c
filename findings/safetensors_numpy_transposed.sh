#!/usr/bin/env bash
# safetensors 0.8.0 (Python, numpy door) with numpy 2.4.6
#
# Expected: save_file stores the array that it is given, as numpy's own save
#   and h5py do: element [i, j] is read back as element [i, j], however the
#   array lies in memory.
# Happens: a transposed or Fortran-ordered array is stored as its raw memory,
#   under the transposed shape. The file is valid, the shape is right, the sum
#   and the histogram are right, and nearly every weight is in another place.
#   No error, no warning. An array kept big-endian comes back right, so the
#   memory is not always taken as it lies.
# Cost: moving a Keras kernel (height, width, in, out) to the order of PyTorch
#   and Burn (out, in, height, width) is one .transpose(3, 2, 0, 1), which only
#   makes a view. Saving that view gives a model that loads everywhere and
#   predicts noise. np.ascontiguousarray before saving is the way round.
#
# Observed:
#   transposed kernel : shape (8, 3, 3, 3) same sum True equal elements 2 of 216
#   Fortran order     : shape (2, 3) stored [0, 1, 2, 3, 4, 5] read [0, 3, 1, 4, 2, 5]
#   big-endian        : equal True
#   made contiguous   : equal True
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q safetensors==0.8.0 numpy==2.4.6
v/bin/python - <<'PY'
import numpy as np
from safetensors.numpy import load_file, save_file

def trip(a):
    save_file({"w": a}, "w.safetensors")
    return load_file("w.safetensors")["w"]

keras = np.arange(3 * 3 * 3 * 8, dtype="float32").reshape(3, 3, 3, 8)
torch = keras.transpose(3, 2, 0, 1)
back = trip(torch)
same = int((back == torch).sum())
print("transposed kernel : shape", back.shape, "same sum", bool(back.sum() == torch.sum()),
      "equal elements", same, "of", torch.size)
assert back.shape == torch.shape and same < torch.size // 4
f = np.asfortranarray(np.arange(6, dtype="float32").reshape(2, 3))
g = trip(f)
print("Fortran order     : shape", g.shape, "stored", f.astype(int).flatten().tolist(),
      "read", g.astype(int).flatten().tolist())
assert g.shape == f.shape and not np.array_equal(f, g)
b = np.arange(6, dtype=">f4").reshape(2, 3)
print("big-endian        : equal", np.array_equal(trip(b), b))
assert np.array_equal(trip(b), b)
c = np.ascontiguousarray(torch)
print("made contiguous   : equal", np.array_equal(trip(c), torch))
assert np.array_equal(trip(c), torch)
PY
