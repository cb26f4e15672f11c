#!/usr/bin/env bash
# safetensors 0.8.0 (Python, numpy door) with numpy 2.4.6
#
# Expected: whatever save() takes without an error, load() reads.
# Happens: two inputs make bytes that load() refuses. No tensors and an empty
#   dictionary of metadata give a header with the metadata after the closing brace,
#   which is no JSON; no metadata at all, or one entry in it, is fine, and so is the
#   empty one beside a tensor. A tensor called __metadata__ is written under that
#   reserved key.
# Cost: a wrapper that always passes metadata={} saves an all-frozen stage, or an
#   optimizer before its first step, into a file that can only be deleted, and says so
#   at the restart.
#
# Observed:
#   no tensors, no metadata : loads {}
#   no tensors, metadata {} : refused {},"__metadata__":{}}
#   no tensors, one entry   : loads {"__metadata__":{"step":"0"}}
#   a tensor, metadata {}   : loads {"__metadata__":{},"a":{"dtype
#   tensor __metadata__     : refused {"__metadata__":{"dtype":"F32"
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q safetensors==0.8.0 numpy==2.4.6
v/bin/python - <<'PY'
import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

one = np.ones(1, "float32")
cases = [("no tensors, no metadata", {}, None, True), ("no tensors, metadata {}", {}, {}, False),
         ("no tensors, one entry", {}, {"step": "0"}, True), ("a tensor, metadata {}", {"a": one}, {}, True),
         ("tensor __metadata__", {"__metadata__": one}, None, False)]
for name, tensors, metadata, fine in cases:
    b = save(tensors, metadata=metadata)
    try:
        load(b)
        said = "loads"
    except SafetensorError:
        said = "refused"
    print("%-24s: %s %s" % (name, said, b[8:8 + int.from_bytes(b[:8], "little")].decode().strip()[:30]))
    assert (said == "loads") == fine
PY
