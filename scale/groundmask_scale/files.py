"""Groundmask's saved runs (`.gmrun`) and model files (`.safetensors`), read and written.

The layout of a run is told at the head of `src/formats/run_file.rs`.
"""

import json
import os
import struct
import zlib
from pathlib import Path

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save

MAGIC = b"GMRUN\r\n\x1a"
VERSION = 1
HEAD = struct.Struct("<8sIIQI")
CONFIG_KEY = "groundmask.config"
VERSION_KEY = "groundmask.version"
MODEL_FILE_VERSION = "1"


class NotARun(ValueError):
    """No saved run, or none that is whole."""


def unpacked(value):
    """JSON with numbers by their bits (`f64:...`) as numbers."""
    match value:
        case str() if value.startswith("f64:"):
            return struct.unpack(">d", bytes.fromhex(value[4:]))[0]
        case str() if value.startswith("text:"):
            return value[5:]
        case list():
            return [unpacked(item) for item in value]
        case dict():
            return {key: unpacked(item) for key, item in value.items()}
    return value


def packed(value):
    """The other way round: a number with a fraction must not lose its last bit."""
    match value:
        case float():
            return f"f64:{struct.pack('>d', value).hex()}"
        case str() if value.startswith(("f64:", "text:")):
            return f"text:{value}"
        case list():
            return [packed(item) for item in value]
        case dict():
            return {key: packed(item) for key, item in value.items()}
    return value


class Run:
    """A saved run: `meta` as the engine wrote it (`session`, `about`), `tensors` by name, in their order."""

    def __init__(self, meta, tensors):
        self.meta = meta
        self.tensors = tensors

    @classmethod
    def read(cls, path):
        data = Path(path).read_bytes()
        if len(data) < HEAD.size + 4 or data[:8] != MAGIC:
            raise NotARun(f"{path}: not a saved run of Groundmask")
        _, version, json_length, total, head_crc = HEAD.unpack_from(data)
        if version > VERSION:
            raise NotARun(f"{path}: written by a newer Groundmask (layout {version})")
        if total != len(data):
            raise NotARun(f"{path}: {len(data)} of {total} bytes")
        text = data[HEAD.size : HEAD.size + json_length]
        if zlib.crc32(text, zlib.crc32(data[:24])) != head_crc or zlib.crc32(data[:-4]) != int.from_bytes(data[-4:], "little"):
            raise NotARun(f"{path}: damaged")
        header = json.loads(text)
        at, tensors = HEAD.size + json_length, {}
        for entry in header["tensors"]:
            count = int(np.prod(entry["shape"], dtype=np.int64))
            if at + 4 * count > len(data) - 4:
                raise NotARun(f"{path}: {entry['name']} reaches past the end")
            tensors[entry["name"]] = np.frombuffer(data, "<f4", count, at).reshape(entry["shape"])
            at += 4 * count
        return cls(unpacked(header["meta"]), tensors)

    def write(self, path):
        entries = [{"name": name, "shape": list(values.shape)} for name, values in self.tensors.items()]
        text = json.dumps({"meta": packed(self.meta), "tensors": entries}, separators=(",", ":"), ensure_ascii=False)
        text = text.encode()
        values = [np.ascontiguousarray(values, "<f4").tobytes() for values in self.tensors.values()]
        total = HEAD.size + len(text) + sum(map(len, values)) + 4
        head = HEAD.pack(MAGIC, VERSION, len(text), total, 0)[:24]
        head += struct.pack("<I", zlib.crc32(text, zlib.crc32(head)))
        body = b"".join([head, text, *values])
        write_whole(path, body + struct.pack("<I", zlib.crc32(body)))

    @property
    def config(self):
        """The settings it was started with."""
        return self.meta["about"]["config"]

    def group(self, prefix):
        """The tensors of `model`, `best`, `adam.m` or `adam.v`, the prefix left out; empty if there are none."""
        return {name[len(prefix) + 1 :]: values for name, values in self.tensors.items() if name.startswith(f"{prefix}.")}

    def model_config(self):
        """The network's shape, as in a model file."""
        config = self.config
        tensors = self.group("model")
        return {
            "architecture": config["architecture"],
            "base": int(config["base"]),
            "depth": 2 if config["architecture"] == "unet_small" else int(config["depth"]),
            "channels": int(tensors["enc1.conv1.weight"].shape[2]),
            "head": config.get("head", "two_channels"),
            "dropout": 0.0 if config["architecture"] == "unet_small" else float(config["dropout"]),
            "classes": int(tensors["out.weight"].shape[3]),
        }


def write_whole(path, data):
    """A file that is there when it is whole, and not before."""
    path = Path(path)
    part = path.with_name(f".{path.name}.part")
    with open(part, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def read_model(path):
    """Configuration and tensors of a model file of ours."""
    with safe_open(path, "numpy") as file:
        text = (file.metadata() or {}).get(CONFIG_KEY)
        if text is None:
            raise ValueError(f"{path}: no model of Groundmask")
        return json.loads(text), {name: file.get_tensor(name) for name in file.keys()}


def write_model(path, config, tensors):
    """`config`: all of a model file's (`FileConfig` in `src/engine/training/model_files.rs`)."""
    # NumPy's own order of bytes is what is written, whatever the view: a transposed one would be saved as it lies.
    tensors = {name: np.ascontiguousarray(values, np.float32) for name, values in tensors.items()}
    write_whole(path, save(tensors, {CONFIG_KEY: json.dumps(config), VERSION_KEY: MODEL_FILE_VERSION}))


def model_file_config(run, steps):
    """What a model file says of a run's weights."""
    config, about = run.config, run.meta["about"]
    ranges = (about["data"].get("ranges") or [None, None])[1]
    return {
        "model": run.model_config(),
        "channels": config["channels"],
        "sampling": config["sampling"],
        "tile_px": int(config["tile_px"]),
        "steps": steps,
        "classes": classes_of(about["rule"]),
        **({"ranges": ranges} if ranges else {}),
        "about": {"class_name": config.get("class_name", "")},
    }


def classes_of(rule):
    """Names and colours of the classes of a mask rule, by number; empty for foreground and background."""
    if rule["kind"] != "classes":
        return []
    found = {}
    for entry in rule["legend"]:
        if not entry["ignored"]:
            found.setdefault(entry["name"], {"name": entry["name"], "rgb": entry["shown"]})
    return list(found.values())
