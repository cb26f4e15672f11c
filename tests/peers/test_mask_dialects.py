"""Masks in whatever dialect GDAL writes, over a data set of several tiles: the labels are the numbers as written.

A dialect is drawn: what the numbers mean, their type, nodata, palette, compression, layout. The draws are the same at every run
(seed 13); GROUNDMASK_SEED=n draws others, GROUNDMASK_FRESH=1 new ones. The seed is in the name of each test.

What counts as right, where a mask alone does not say it:
- two numbers: the greater is foreground; so is a tile that holds nothing else, and none is left out;
- three numbers or more that come back in many places: classes, each of its number; above 16 a refusal that says how many
  is right as well. A palette's class may go by its colour. No draw has the code 255 or 65535, by custom "not labelled";
- many numbers, each in one place of a tile: objects, all of them foreground;
- fractions from 0 to 1: foreground from 0.5 on (none is drawn near it), whatever the range of a tile;
- nodata is never foreground and never another number's class: not labelled, or background. Where it is the lower of two
  numbers, or the ground between objects (gdal_rasterize on nodata 0), it is background; blocks that a sparse file leaves out
  are 0, or its nodata.
"""

import json
import os
import re
from dataclasses import dataclass, field

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin
from safetensors.numpy import load_file

DRAWS = int(os.environ.get("GROUNDMASK_DRAWS", 60))
SEED = int.from_bytes(os.urandom(3), "big") if os.environ.get("GROUNDMASK_FRESH") else int(os.environ.get("GROUNDMASK_SEED", 13))
NOT_LABELLED = 255
SURELY_HELD = 16
"""Classes that no mask may be refused for."""
TOP = {"uint8": 254, "int8": 126, "int16": 32767, "uint16": 65534, "int32": 65534, "uint32": 65534, "float32": 65534, "float64": 65534}


@dataclass
class Dialect:
    kind: str  # binary, codes, colours, objects, fractions
    dtype: str
    values: list  # of binary two, of codes and colours all
    nodata: float | None = None
    marked: bool = False
    """Some pixels are nodata."""
    palette: dict | None = None
    options: dict = field(default_factory=dict)

    def __str__(self) -> str:
        what = f"{len(self.values)}-{self.kind}" if self.kind in ("codes", "colours") else self.kind
        if self.kind == "binary":
            what += f"-{self.values[0]}-{self.values[1]}"
        nodata = "" if self.nodata is None else f"-nodata{self.nodata:g}{'+' if self.marked else ''}"
        layout = "-".join(f"{v}" for k, v in self.options.items() if k in ("compress", "predictor", "nbits", "SPARSE_OK"))
        return f"{what}-{self.dtype}{nodata}{'-palette' if self.palette else ''}-{layout}"


def one_of(rng: np.random.Generator, choices: list):
    return choices[rng.integers(len(choices))]


def draw(rng: np.random.Generator) -> Dialect:
    kind = rng.choice(["binary", "codes", "colours", "objects", "fractions"], p=[0.36, 0.36, 0.06, 0.11, 0.11])
    if kind == "binary":
        low, high = one_of(rng, [(0, 1), (0, 1), (0, 255), (1, 2), (0, 65535), (0, int(rng.integers(2, 250)))])
        dtypes = [d for d in TOP if d.startswith("float") or high <= np.iinfo(d).max]
        dialect = Dialect(kind, one_of(rng, dtypes), [low, high])
    elif kind == "codes":
        dtype = one_of(rng, list(TOP))
        top = min(TOP[dtype], one_of(rng, [32, 254, 999, 65534]))
        n = min(one_of(rng, [3, 4, 5, 8, 12, 16, 20, 30]), top)
        dialect = Dialect(kind, dtype, sorted(map(int, set(rng.choice(top + 1, n, replace=False)) - {255})))
    elif kind == "colours":
        every = [(r, g, b) for r in (0, 90, 180, 250) for g in (0, 110, 240) for b in (0, 130, 230)]
        dialect = Dialect(kind, "uint8", [every[i] for i in rng.choice(len(every), one_of(rng, [3, 5, 8]), replace=False)])
    elif kind == "objects":
        dialect = Dialect(kind, one_of(rng, ["uint8", "uint16", "uint16", "int16", "int32", "uint32"]), [])
    else:
        dialect = Dialect(kind, one_of(rng, ["float32", "float64"]), [])
    if kind != "colours":
        draw_nodata(rng, dialect)
    numbers = [v for v in (*dialect.values, dialect.nodata) if v is not None]
    if dialect.dtype == "uint8" and kind in ("binary", "codes") and rng.random() < 0.3:
        draw_palette(rng, dialect)
    dialect.options = draw_layout(rng, dialect, numbers)
    return dialect


def draw_nodata(rng: np.random.Generator, dialect: Dialect) -> None:
    floats, signed = dialect.dtype.startswith("float"), not dialect.dtype.startswith("uint")
    choices = [None, None, *([-1, -9999] if signed else []), *([np.nan] if floats else []), *([255] if dialect.kind != "fractions" else [])]
    if dialect.kind in ("binary", "codes") and dialect.values[0] in (0, 1):
        choices.append(0)
    if dialect.kind == "objects":
        choices = [None, None, 0]
    if dialect.dtype == "int8":
        choices = [c for c in choices if c is None or -128 <= c <= 127]
    if dialect.kind == "binary" and 255 in dialect.values:
        choices = [c for c in choices if c != 255]
    dialect.nodata = one_of(rng, choices)
    if dialect.nodata is not None:
        dialect.marked = dialect.kind != "objects" and bool(rng.random() < 0.7)
    if dialect.kind == "codes" and dialect.nodata in dialect.values:
        dialect.values.remove(dialect.nodata)
        dialect.marked = True


def draw_palette(rng: np.random.Generator, dialect: Dialect) -> None:
    if dialect.kind == "binary":
        dialect.palette = {dialect.values[0]: (0, 0, 0), dialect.values[1]: one_of(rng, [(255, 255, 255), (255, 0, 0), (250, 230, 60)])}
    else:
        colours = rng.permutation([(r, g, b) for r in (30, 90, 150, 220) for g in (40, 130, 240) for b in (20, 120, 230)])
        dialect.palette = {v: tuple(map(int, c)) for v, c in zip(dialect.values, colours)}
    if dialect.nodata is not None:
        dialect.palette.setdefault(int(dialect.nodata), (1, 1, 1))


def draw_layout(rng: np.random.Generator, dialect: Dialect, numbers: list) -> dict:
    options = {"compress": one_of(rng, ["none", "lzw", "deflate", "packbits"])}
    floats = dialect.dtype.startswith("float")
    bits = [n for n in (1, 2, 4) if dialect.kind in ("binary", "codes") and max(numbers) < 2**n]
    if dialect.dtype == "uint8" and bits and rng.random() < 0.4:
        options["nbits"] = one_of(rng, bits)
    elif options["compress"] in ("lzw", "deflate") and rng.random() < 0.5:
        options["predictor"] = 3 if floats else 2
    if rng.random() < 0.5:
        options |= {"tiled": True, "blockxsize": 16 * int(rng.integers(1, 5)), "blockysize": 16 * int(rng.integers(1, 5))}
    else:
        options["blockysize"] = int(rng.integers(1, 90))
    if rng.random() < 0.3:
        options["BIGTIFF"] = "YES"
    if rng.random() < 0.3:
        options["ENDIANNESS"] = "BIG"
    if rng.random() < 0.15:
        options["SPARSE_OK"] = "TRUE"
    if dialect.kind == "colours":
        options |= {"photometric": "rgb", "interleave": one_of(rng, ["pixel", "band"])}
    return options


# ---- tiles: numbers [h,w] (colours: [3,h,w]) and what is right: 0 and 1, or the position in `values`; -1 nodata ----


def mosaic(rng: np.random.Generator, shape: tuple, among: list) -> np.ndarray:
    """Positions in rectangles of 5 x 6 pixels, each of `among` in many places."""
    cells = (-(-shape[0] // 5), -(-shape[1] // 6))
    mixed = rng.permutation(np.resize(among, cells[0] * cells[1])).reshape(cells)
    return mixed.repeat(5, 0).repeat(6, 1)[: shape[0], : shape[1]]


def discs(rng: np.random.Generator, shape: tuple, n: int) -> np.ndarray:
    y, x = np.mgrid[: shape[0], : shape[1]]
    found = np.zeros(shape, bool)
    for _ in range(n):
        found |= (y - rng.integers(shape[0])) ** 2 + (x - rng.integers(shape[1])) ** 2 < rng.integers(5, 14) ** 2
    return found


def objects(rng: np.random.Generator, shape: tuple, first: int, top: int) -> np.ndarray:
    """Rectangles apart from each other, numbered from `first` on."""
    numbers, n = np.zeros(shape, "int64"), first
    for y in range(2, shape[0] - 4, 6):
        for x in range(2, shape[1] - 5, 7):
            if n <= top and rng.random() < 0.8:
                numbers[y : y + rng.integers(3, 5), x : x + rng.integers(3, 6)] = n
                n += 1
    return numbers


def fractions(rng: np.random.Generator, shape: tuple, low: float, high: float) -> np.ndarray:
    y, x = np.mgrid[: shape[0], : shape[1]]
    wave = np.sin(x / rng.integers(6, 12)) * np.cos(y / rng.integers(6, 12)) + rng.normal(0, 0.05, shape)
    p = low + (high - low) * (wave - wave.min()) / np.ptp(wave)
    return np.where(np.abs(p - 0.5) < 0.02, np.where(p < 0.5, 0.48, 0.52), p)


def tiles(rng: np.random.Generator, dialect: Dialect, shape: tuple) -> list[tuple[np.ndarray, np.ndarray]]:
    count, first, restart = int(rng.integers(3, 6)), 1, rng.random() < 0.5
    made = []
    for i in range(count):
        if dialect.kind == "binary":
            right = discs(rng, shape, 4)
            if 0 < i and rng.random() < 0.4:
                right[:] = rng.random() < 0.5  # wholly foreground or wholly background
            numbers = np.array(dialect.values)[right.astype(int)]
        elif dialect.kind in ("codes", "colours"):
            n = len(dialect.values)
            # Each in two tiles at least, and not all in every tile.
            some = [k for k in range(n) if (k + i) % count < 2 or rng.random() < 0.4]
            right = mosaic(rng, shape, some or [0])
            numbers = np.array(dialect.values)[right]
            numbers = np.moveaxis(numbers, -1, 0) if dialect.kind == "colours" else numbers
        elif dialect.kind == "objects":
            numbers = objects(rng, shape, first, 255 if dialect.dtype == "uint8" else 65535)
            first = 1 if restart else max(first, numbers.max() + 1)
            right = numbers > 0
        else:
            low, high = [(0.05, 0.95), (0.02, 0.3), (0.6, 0.98), (0.0, 1.0), (0.3, 0.7)][i % 5]
            numbers = fractions(rng, shape, low, high)
            right = numbers >= 0.5
        numbers, right = numbers.astype(dialect.dtype), right.astype(int)
        if dialect.marked:
            gone = discs(rng, shape, 2)
            numbers[gone] = dialect.nodata
            as_low = dialect.kind == "binary" and dialect.nodata == dialect.values[0]
            right[gone] = 0 if as_low else -1
        made.append((numbers, right))
    return made


def write(path, array: np.ndarray, dialect: Dialect | None = None) -> None:
    array = array[None] if array.ndim == 2 else array
    more = dict(dialect.options, nodata=dialect.nodata) if dialect else {}
    with rasterio.open(
        path, "w", driver="GTiff", width=array.shape[2], height=array.shape[1], count=len(array), dtype=array.dtype,
        crs="EPSG:32633", transform=from_origin(500_000, 5_400_000, 0.5, 0.5), **more,
    ) as f:
        if dialect and dialect.palette:
            f.write_colormap(1, dialect.palette)
        f.write(array)


# ---- what comes of it ----


def compare_foreground(dialect: Dialect, made: list, labels: list, classes: list) -> None:
    assert len(classes) <= 2, f"{len(classes)} classes, where there is foreground alone"
    for i, ((numbers, right), ours) in enumerate(zip(made, labels)):
        bad = (right >= 0) & (((ours > 0) != (right > 0)) | (ours == NOT_LABELLED))
        assert not bad.any(), f"tile {i}: {bad.sum()} labels wrong, of the numbers {np.unique(numbers[bad])[:5]}"
        taken = (right < 0) & (ours > 0) & (ours != NOT_LABELLED)
        assert not taken.any(), f"tile {i}: nodata is foreground"


def compare_classes(dialect: Dialect, made: list, labels: list, classes: list) -> None:
    seen = {}
    for (_, right), ours in zip(made, labels):
        for k in np.unique(right):
            seen.setdefault(int(k), set()).update(map(int, np.unique(ours[right == k])))
    nodata = seen.pop(-1, set())
    for k, found in seen.items():
        assert len(found) == 1 and found != {NOT_LABELLED}, f"{dialect.values[k]} is class {sorted(found)}"
    assert len(set.union(*seen.values())) == len(seen), f"numbers share a class: {seen}"
    assert not nodata & set.union(*seen.values()), f"nodata is class {sorted(nodata)}"
    if dialect.kind == "codes" and not dialect.palette:
        listed = {dialect.values[k]: classes[next(iter(found))]["code"] for k, found in seen.items()}
        assert all(code == value for value, code in listed.items()), f"listed as {listed}"


def dialects() -> list:
    made = (draw(np.random.default_rng([SEED, i])) for i in range(DRAWS))
    return [pytest.param(i, d, id=f"seed{SEED}-{i}-{d}") for i, d in enumerate(made)]


@pytest.mark.parametrize("number,dialect", dialects())
def test_labels_are_the_numbers_as_written(peer, number, dialect):
    print(dialect)
    rng = np.random.default_rng([SEED, number, 1])
    shape = (int(rng.integers(60, 100)), int(rng.integers(60, 100)))
    made = tiles(rng, dialect, shape)
    folder, out = peer.folder / "set", peer.folder / "out.safetensors"
    for name in ("images", "masks"):
        (folder / name).mkdir(parents=True)
    for i, (numbers, right) in enumerate(made):
        write(folder / f"images/t{i}.tif", rng.integers(1, 250, (3, *shape), np.uint8))
        write(folder / f"masks/t{i}.tif", numbers, dialect)
        with rasterio.open(folder / f"masks/t{i}.tif") as f:
            assert np.array_equal(f.read().squeeze(), numbers, equal_nan=numbers.dtype.kind == "f"), "GDAL did not write it"
    answer = json.loads(peer("train", folder, out).splitlines()[-1])
    open_ = {p["image"]: i for i, p in enumerate(answer["pairs"]) if not p["blocked"]}
    if len(dialect.values) > SURELY_HELD and len(open_) < len(made):
        said = json.dumps([answer["faults"], *[p["blocked"] for p in answer["pairs"]]])
        assert re.search(rf"\b{len(dialect.values)}\b", said), said
        return
    assert len(open_) == len(made), f"{answer['faults']}, {answer['pairs']}"
    tensors = load_file(out)
    labels = [tensors[f"mask_{open_[f'images/t{i}.tif']}"].astype(int) for i in range(len(made))]
    compare = compare_classes if dialect.kind in ("codes", "colours") else compare_foreground
    compare(dialect, made, labels, answer["classes"])
