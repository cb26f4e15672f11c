"""Pairs of image and mask in a folder or a zip, read by window: an image of gigabytes is never in memory."""

import re
import zipfile
from pathlib import Path, PurePosixPath

import numpy as np
import rasterio
import torch
from rasterio.windows import Window
from torch.utils.data import Dataset

ENDINGS = {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp", ".gif"}
IMAGE_WORDS = {"image", "images", "img", "imgs", "photos", "x", "input", "inputs"}
MASK_WORDS = {"mask", "masks", "label", "labels", "annotations", "gt", "y", "target", "targets"}


class NoPairs(ValueError):
    """No image has a mask."""


def natural(path):
    """Sorts numbers in names by their size, `2.png` before `10.png`, as the engine does (`src/data/pair/mod.rs`)."""
    parts = re.findall(r"\d+|\D", path, re.ASCII)
    return [(ord("0"), int(part)) if part.isdecimal() else (ord(part), 0) for part in parts]


class Source:
    """Files of a folder or a zip by their paths with `/`. GDAL reads both, the zip without unpacking it."""

    def __init__(self, path):
        self.path = Path(path)
        if self.path.is_dir():
            files = [file.relative_to(self.path).as_posix() for file in self.path.rglob("*") if file.is_file()]
        elif zipfile.is_zipfile(self.path):
            with zipfile.ZipFile(self.path) as archive:
                files = [info.filename for info in archive.infolist() if not info.is_dir()]
        else:
            raise NoPairs(f"{path}: neither a folder nor a zip")
        hidden = lambda file: any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(file).parts)
        self.files = sorted((file for file in files if not hidden(file)), key=natural)

    def uri(self, file):
        return f"/vsizip/{self.path.resolve()}/{file}" if self.path.is_file() else str(self.path / file)


def paired(source):
    """`[(image, mask)]` by their names in two folders, such as `images/` and `masks/`, in natural order of the images.

    The page knows many more layouts; whoever has one of those names the pairs there or renames the folders.
    """
    sides = {}
    for file in source.files:
        path = PurePosixPath(file)
        folder = path.parent.name.lower()
        side = "image" if folder in IMAGE_WORDS else "mask" if folder in MASK_WORDS else None
        if side and path.suffix.lower() in ENDINGS:
            sides.setdefault((str(path.parent.parent), path.stem.lower()), {})[side] = file
    pairs = [(sides[key]["image"], sides[key]["mask"]) for key in sides if len(sides[key]) == 2]
    if not pairs:
        raise NoPairs(f"{source.path}: no images/ and masks/ with files of the same names")
    return sorted(pairs, key=lambda pair: natural(pair[0]))


class Pair:
    """An image and its mask, opened in whichever process reads it."""

    def __init__(self, source, image, mask, rule, channels, ranges):
        self.name, self.uris = image, [source.uri(image), source.uri(mask)]
        self.rule, self.channels, self.ranges = rule, channels, ranges
        self.opened = None
        with rasterio.open(self.uris[0]) as file:
            self.height, self.width = file.shape
        with rasterio.open(self.uris[1]) as file:
            if file.shape != (self.height, self.width):
                raise ValueError(f"{mask}: {file.shape}, its image has {(self.height, self.width)}")

    def __getstate__(self):
        return {**self.__dict__, "opened": None}

    def read(self, row, column, height, width):
        """Image `[channels, h, w]` in 0..1 and mask `[1, h, w]` of 0 and 1 (NaN: nothing is known); the edge is repeated."""
        if self.opened is None:
            self.opened = [rasterio.open(uri) for uri in self.uris]
        rows, columns = span(row, height, self.height), span(column, width, self.width)
        window = Window(columns[0], rows[0], columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1)
        image, mask = self.opened
        pixels = image.read(window=window)
        known = image.dataset_mask(window=window) > 0
        labels = foreground(mask, window, self.rule)
        labels = np.where(known, labels, np.nan)
        at = np.ix_(rows - rows[0], columns - columns[0])
        seen = brightness(pixels, self.channels, self.ranges)
        # Where nothing was measured the engine sees black.
        seen = np.where(known, seen, 0)
        return seen[:, at[0], at[1]].astype(np.float32), labels[at][None].astype(np.float32)


def span(start, length, end):
    """Numbers of `length` rows from `start` on, those outside taken for the edge."""
    return np.clip(np.arange(start, start + length), 0, end - 1)


def brightness(pixels, channels, ranges):
    """Bands as the network sees them, `[channels, h, w]` in 0..1."""
    bands = pixels[:3] if pixels.shape[0] >= 3 else np.repeat(pixels[:1], 3, 0)
    if pixels.dtype != np.uint8:
        if not ranges or ranges["kind"] != "fixed":
            raise ValueError("images of more than 8 bits need a fixed range of numbers: choose one on the page")
        low, high = np.array([ranges["bands"][min(i, len(ranges["bands"]) - 1)] for i in range(3)], np.float64).T
        share = (bands - low[:, None, None]) / (high - low)[:, None, None]
        bands = np.rint(np.clip(share, 0, 1) * 255)
    bands = bands.astype(np.float64)
    if channels == "grey":
        # Pillow's integer luma.
        weights = np.array([19595, 38470, 7471])[:, None, None]
        bands = ((bands * weights).sum(0, keepdims=True).astype(np.int64) + 0x8000) >> 16
    return bands / 255


def foreground(mask, window, rule):
    """0 and 1 by the run's rule (`src/data/mask.rs`)."""
    bands = mask.read(window=window)
    colours = None
    if mask.colorinterp[0] == rasterio.enums.ColorInterp.palette:
        table = mask.colormap(1)
        lookup = np.array([table.get(i, (0, 0, 0, 255))[:3] for i in range(256)], np.int64)
        colours = lookup[bands[0]].transpose(2, 0, 1)
    elif bands.shape[0] >= 3:
        colours = bands[:3].astype(np.int64)
    match rule["kind"]:
        case "threshold":
            value = bands[0] if colours is None else (colours * np.array([19595, 38470, 7471])[:, None, None]).sum(0) + 0x8000 >> 16
            hit = value >= rule["at"]
        case "not_black":
            hit = (bands[0] if colours is None else colours.max(0)) > 0
        case "colour" if rule.get("code") is not None:
            hit = bands[0] == rule["code"]
        case "colour":
            wanted = np.array(rule["rgb"])[:, None, None]
            hit = ((bands[:1] if colours is None else colours) == wanted).all(0)
        case other:
            raise ValueError(f"masks by the rule {other} are not trained on here: choose one class on the page")
    return (hit != rule["invert"]).astype(np.float32)


class Crops(Dataset):
    """Random crops: in an epoch every image comes once for each tile's worth of its pixels.

    What sample `i` of epoch `e` looks like is a function of seed, `e` and `i`, so a resumed run needs no state.
    """

    def __init__(self, pairs, tile_px, augmentation, seed):
        self.pairs, self.tile_px, self.seed, self.epoch = pairs, tile_px, seed, 0
        if augmentation not in ("off", "flips"):
            raise ValueError(f"augmentation {augmentation} is not made here: `off` and `flips` are")
        self.turns = augmentation == "flips"
        times = [max(1, round(pair.height * pair.width / tile_px**2)) for pair in pairs]
        self.visits = [number for number, n in enumerate(times) for _ in range(n)]

    def __len__(self):
        return len(self.visits)

    def __getitem__(self, index):
        draw = np.random.default_rng([self.seed, self.epoch, index])
        pair = self.pairs[self.visits[index]]
        row, column = (self.start(draw, length) for length in (pair.height, pair.width))
        image, mask = pair.read(row, column, self.tile_px, self.tile_px)
        if self.turns:
            quarters, mirrored = draw.integers(4), draw.integers(2)
            image, mask = (np.rot90(x, quarters, (1, 2)) for x in (image, mask))
            if mirrored:
                image, mask = (x[:, :, ::-1] for x in (image, mask))
        return torch.from_numpy(image.copy()), torch.from_numpy(mask.copy())

    def start(self, draw, length):
        place = int(draw.integers(abs(length - self.tile_px) + 1))
        return place if length >= self.tile_px else -place
