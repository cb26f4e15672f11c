"""Other projects' public test files through our readers, held against GDAL's (rasterio, fiona) and Pillow's.

    python tests/peers/corpora.py --peer target/fast/examples/peer              # everything: a table, causes, corpora.json in the cache
    python tests/peers/corpora.py --peer ... --only rasterio libtiff --match 'cog|mask'

No part of pytest or of CI: it fetches some 250 MB by the package clients (`corpora_sources.py`) into a cache, once.

A file is read alone: what lies beside it is hidden from GDAL and from us. Outcomes:
  equal         every sample, or alpha 0 exactly where `dataset_mask()` is 0 (or Pillow's alpha, where GDAL has none), or every pixel burnt
  refused       by us, in a sentence that names the cause (listed with counts)
  unequal       neither; to be looked at
  not compared  GDAL cannot read it either, or it is too large
  panic, slow   never right
"""

import argparse
import collections
import concurrent.futures
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

# Before GDAL is loaded: no file beside the one that is read.
os.environ |= {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR", "GDAL_PAM_ENABLED": "NO", "CPL_LOG": os.devnull, "CPL_DEBUG": "OFF"}

import fiona
import numpy as np
import rasterio
from corpora_sources import RASTER, SOURCES, VECTOR, fetch
from PIL import Image, ImageOps
from rasterio.enums import ColorInterp
from rasterio.features import rasterize
from rasterio.transform import from_bounds
from safetensors.numpy import load_file

warnings.simplefilter("ignore")
CACHE = Path.home() / ".cache/groundmask/corpora"
SLOW_S, STOP_S = 20, 60
LARGEST_SAMPLES = 150_000_000
JPEG_OFF, JPEG_OFF_MEAN = 12, 1.5
OUTCOMES = ("equal", "refused", "unequal", "not compared", "panic", "slow")
CHECKS = ("samples", "mask", "colours", "vectors")


class NotCompared(Exception):
    pass


class Unequal(Exception):
    pass


class Peer:
    def __init__(self, program: str, folder: Path):
        self.program, self.out = program, folder / "out.safetensors"
        self.seconds = 0.0

    def run(self, *arguments) -> tuple[str | None, str]:
        """(outcome other than an answer, or None; what was said)."""
        self.out.unlink(missing_ok=True)
        begin = time.monotonic()
        try:
            done = subprocess.run([self.program, *map(str, arguments)], capture_output=True, timeout=STOP_S)
        except subprocess.TimeoutExpired:
            self.seconds = STOP_S
            return "slow", f"stopped after {STOP_S} s"
        self.seconds = time.monotonic() - begin
        error = done.stderr.decode(errors="replace").strip()
        if "panicked at" in error or done.returncode < 0 or done.returncode > 1:
            return "panic", f"exit {done.returncode}: {error[:300]}"
        if self.seconds > SLOW_S:
            return "slow", f"{self.seconds:.1f} s"
        if done.returncode:
            return "refused", error.splitlines()[-1] if error else "no reason given"
        return None, done.stdout.decode(errors="replace")


# ---- what others read ----


def orientation(path: Path) -> int:
    try:
        with Image.open(path) as image:
            return image.getexif().get(0x0112, 1)
    except Exception:
        return 1


def turned(array: np.ndarray, how: int) -> np.ndarray:
    """[h,w,...] as EXIF's orientation says."""
    turns = {2: np.fliplr, 3: lambda a: np.rot90(a, 2), 4: np.flipud, 5: lambda a: np.swapaxes(a, 0, 1), 6: lambda a: np.rot90(a, 3)}
    turns |= {7: lambda a: np.rot90(np.swapaxes(a, 0, 1), 2), 8: np.rot90}
    return turns[how](array) if how in turns else array


def by_gdal(path: Path) -> dict:
    try:
        with rasterio.open(path) as f:
            if f.width * f.height * f.count > LARGEST_SAMPLES:
                raise NotCompared("too large")
            if np.dtype(f.dtypes[0]).kind == "c":
                raise NotCompared("complex")
            palette = f.colorinterp[0] == ColorInterp.palette
            return {
                "samples": np.moveaxis(f.read(), 0, -1).astype("float32"), "mask": f.dataset_mask(), "nodata": f.nodata,
                "driver": f.driver, "lossy": "JPEG" in str(f.compression).upper() or f.driver in ("JPEG", "WEBP"), "palette": palette,
            }  # fmt: skip
    except NotCompared:
        raise
    except Exception as e:
        raise NotCompared(f"GDAL: {re.sub(r'[^ ]*/', '', str(e))[:80]}") from None


def by_pillow(path: Path) -> np.ndarray | None:
    """[h,w,4], turned, or null where Pillow cannot read it or has it in more than 8 bits."""
    try:
        with Image.open(path) as image:
            if image.mode not in ("1", "L", "LA", "P", "PA", "RGB", "RGBA"):
                return None
            return np.asarray(ImageOps.exif_transpose(image).convert("RGBA"))
    except Exception:
        return None


# ---- comparisons: each ends in silence (equal), Unequal or NotCompared; they return what the eye should know ----


def samples(path: Path, peer: Peer, text: str) -> str:
    ours, gdal = load_file(peer.out)["pixels"], by_gdal(path)
    theirs, facts = gdal["samples"], json.loads(text.splitlines()[-1])
    if ours.shape != theirs.shape:
        raise Unequal(f"shape {ours.shape}, GDAL {theirs.shape}")
    hole = np.isnan(ours) & ~np.isnan(theirs)
    if hole.any():
        empty = gdal["nodata"] if gdal["nodata"] is not None else 0
        if not np.all(theirs[hole] == np.float32(empty)):
            raise Unequal(f"{int(hole.sum())} samples missing")
    off = np.abs(np.where(hole, 0, ours.astype("float64") - np.where(hole, 0, theirs)))
    off = np.where((ours == theirs) | (np.isnan(ours) & np.isnan(theirs)), 0, off)
    if not off.any():
        return "holes" if hole.any() else ""
    if gdal["lossy"] and as_decoders_differ(ours, theirs, off):
        return "as JPEG decoders differ"
    raise Unequal(f"{(off > 0).mean():.1%} of samples, by up to {np.nanmax(off):.4g} ({facts['bits']} bits, {facts['kind']}, {facts['bands']} bands, GDAL {gdal['driver']})")


def as_decoders_differ(ours: np.ndarray, theirs: np.ndarray, off: np.ndarray) -> bool:
    """Little on average, and at no place much: of colours their brightness, as colour of half the size is enlarged in more ways than one."""
    if ours.shape[-1] == 3:
        off_at = np.abs((ours.astype("float32") - theirs) @ np.float32([0.299, 0.587, 0.114]))
    else:
        off_at = off
    return bool(off_at.max() <= JPEG_OFF and off.mean() <= JPEG_OFF_MEAN)


def mask(path: Path, peer: Peer, _: str) -> str:
    ours = load_file(peer.out)["rgba"][..., 3] == 0
    try:
        gdal = by_gdal(path)
    except NotCompared:
        pillow = by_pillow(path)
        if pillow is None:
            raise
        gdal = {"mask": pillow[..., 3]}
    theirs = gdal["mask"] == 0
    for how in {1, orientation(path)}:
        if ours.shape == turned(theirs, how).shape and (ours == turned(theirs, how)).all():
            return "" if how == 1 else "turned"
    pillow = None if gdal.get("driver") == "GTiff" else by_pillow(path)
    if pillow is not None and pillow.shape[:2] == ours.shape and ((pillow[..., 3] == 0) == ours).all():
        return "as Pillow's alpha"
    if ours.shape != theirs.shape:
        raise Unequal(f"shape {ours.shape}, GDAL {theirs.shape}, orientation {orientation(path)}")
    raise Unequal(f"missing: {int(ours.sum())} px, GDAL {int(theirs.sum())}, differ in {int((ours != theirs).sum())} of {ours.size}")


def colours(path: Path, peer: Peer, _: str) -> str:
    """Of pictures of 8 bits that are no TIFF, as Pillow has them."""
    pillow = by_pillow(path)
    if pillow is None:
        raise NotCompared("more than 8 bits, or not for Pillow")
    ours = load_file(peer.out)["rgba"]
    if pillow.shape != ours.shape:
        raise Unequal(f"shape {ours.shape}, Pillow {pillow.shape}")
    seen = (pillow[..., 3] > 0) & (ours[..., 3] > 0)
    off = np.abs(ours[..., :3].astype("float32") - pillow[..., :3])[seen]
    if not off.size or not off.any():
        return ""
    with Image.open(path) as image:
        lossy = image.format in ("JPEG", "MPO", "WEBP")
    if lossy and as_decoders_differ(ours[..., :3][seen], pillow[..., :3][seen], off):
        return "as decoders differ"
    raise Unequal(f"{(off > 0).mean():.1%} of samples, by up to {off.max():.4g}, {off.mean():.3g} on average")


def check_raster(path: Path, peer: Peer) -> list[dict]:
    tiff = path.read_bytes()[:2] in (b"II", b"MM")
    results = [one("samples", path, peer, ("tiff", path, peer.out), samples)] if tiff else []
    results.append(one("mask", path, peer, ("picture", path, peer.out), mask))
    if not tiff and results[-1]["outcome"] not in ("refused", "panic", "slow"):
        results.append(one("colours", path, peer, None, colours))
    return results


def one(check: str, path: Path, peer: Peer, arguments, compare) -> dict:
    result, text = {"check": check, "outcome": "equal", "said": ""}, ""
    if arguments:
        outcome, text = peer.run(*arguments)
        result["seconds"] = round(peer.seconds, 2)
        if outcome:
            if outcome == "refused":
                try:
                    by_gdal(path)
                    result["gdal"] = "reads it"
                except NotCompared as e:
                    result["gdal"] = str(e)
            return result | {"outcome": outcome, "said": text}
    try:
        result["said"] = compare(path, peer, text)
    except Unequal as e:
        result |= {"outcome": "unequal", "said": str(e)}
    except NotCompared as e:
        result |= {"outcome": "not compared", "said": str(e)}
    return result


# ---- vectors: beside an image made for them, dropped as a folder ----


def layer_of(path: Path) -> tuple[list[dict], object, int]:
    """Geometries of polygons, the system (or null), and how many geometries there are."""
    try:
        with fiona.Env(GDAL_DISABLE_READDIR_ON_OPEN="FALSE"), fiona.open(path, include_fields=[]) as layer:
            shapes = [f.geometry.__geo_interface__ for f in layer if f.geometry is not None]
            system = rasterio.crs.CRS.from_wkt(layer.crs_wkt) if layer.crs_wkt else None
    except Exception as e:
        raise NotCompared(f"fiona: {re.sub(r'[^ ]*/', '', str(e))[:80]}") from None
    return [part for shape in shapes for part in areas(shape)], system, len(shapes)


def areas(shape: dict) -> list[dict]:
    if shape["type"] == "GeometryCollection":
        return [part for inner in shape["geometries"] for part in areas(inner)]
    return [shape] if shape["type"].endswith("Polygon") and shape["coordinates"] else []


def check_vectors(path: Path, peer: Peer) -> list[dict]:
    result = {"check": "vectors", "outcome": "equal", "said": ""}
    try:
        shapes, system, count = layer_of(path)
        if not count:
            raise NotCompared("no geometry for fiona")
        points = np.array([p[:2] for s in shapes for p in flat(s["coordinates"])] or [[0, 0], [1, 1]], float)
        low, high = points.min(0), points.max(0)
        # Off round numbers, so that no centre of a pixel lies on an edge.
        margin = np.maximum((high - low) * 0.0713, 1e-6)
        low, high = low - margin, high + margin * 1.0137
        if not np.isfinite([low, high]).all():
            raise NotCompared("not finite")
    except NotCompared as e:
        return [result | {"outcome": "not compared", "said": str(e)}]
    width, height = 211, 173
    transform = from_bounds(*low, *high, width, height)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        picture = np.random.default_rng(1).integers(1, 255, (3, height, width), "uint8")
        with rasterio.open(
            folder / "image.tif", "w", driver="GTiff", width=width, height=height, count=3, dtype="uint8", crs=system, transform=transform
        ) as f:
            f.write(picture)
        for beside in path.parent.glob("*"):
            same = beside.stem.lower() == path.stem.lower() and beside.suffix.lower() in {".dbf", ".shx", ".prj", ".cpg"}
            if beside == path or (path.suffix.lower() == ".shp" and same):
                (folder / beside.name).write_bytes(beside.read_bytes())
        outcome, text = peer.run("train", folder, peer.out)
        result["seconds"] = round(peer.seconds, 2)
        if outcome:
            return [result | {"outcome": outcome, "said": text}]
    answer = json.loads(next(line for line in reversed(text.splitlines()) if line.startswith("{")))
    theirs = rasterize([(s, 1) for s in shapes], (height, width), transform=transform, dtype="uint8") if shapes else np.zeros((height, width), "uint8")
    said = [*answer["faults"], *[p["blocked"] for p in answer["pairs"] if p["blocked"]]]
    if not answer["pairs"] or answer["pairs"][0]["blocked"] or not peer.out.exists():
        reason = ", ".join(sorted({f"{f['code']}{': ' + str(f['detail']) if f['detail'] else ''}" for f in said})) or "no reason given"
        note = "fiona: no polygon" if not shapes else f"fiona: {len(shapes)} polygons"
        return [result | {"outcome": "refused", "said": reason, "gdal": note}]
    ours = load_file(peer.out)["mask_0"]
    result["notes"] = [f["code"] for f in said]
    off = int(((ours > 0) & (ours < 255)).astype("uint8").__ne__(theirs).sum())
    if off:
        result |= {"outcome": "unequal", "said": f"{off} of {ours.size} px; ours {int((ours > 0).sum())}, GDAL {int(theirs.sum())}; {len(shapes)} polygons"}
    return [result]


def flat(coordinates):
    if coordinates and isinstance(coordinates[0], (int, float)):
        yield coordinates
    else:
        for part in coordinates:
            yield from flat(part)


def looks_like_vectors(path: Path) -> bool:
    suffix = path.suffix.lower()
    return suffix in (".shp", ".geojson", ".geojsonl") or (suffix == ".json" and b'"coordinates"' in path.read_bytes()[:4_000_000])


# ---- all files, and what to print ----


def check(path: Path, program: str) -> list[dict]:
    with tempfile.TemporaryDirectory() as folder:
        peer = Peer(program, Path(folder))
        return check_raster(path, peer) if path.suffix.lower() in RASTER else check_vectors(path, peer)


def files_of(folder: Path, match: str) -> list[Path]:
    every = [p for p in sorted(folder.rglob("*")) if p.is_file() and re.search(match, p.relative_to(folder).as_posix())]
    return [p for p in every if p.suffix.lower() in RASTER or (p.suffix.lower() in VECTOR and looks_like_vectors(p))]


def run(files: list[tuple[str, Path]], program: str) -> list[dict]:
    """In a process of its own: GDAL may fall over a damaged file."""
    results, pool = [], concurrent.futures.ProcessPoolExecutor(1)
    for number, (corpus, path) in enumerate(files):
        try:
            answers = pool.submit(check, path, program).result(timeout=10 * STOP_S)
        except concurrent.futures.process.BrokenProcessPool:
            pool = concurrent.futures.ProcessPoolExecutor(1)
            answers = [{"check": "mask" if path.suffix.lower() in RASTER else "vectors", "outcome": "not compared", "said": "GDAL fell over it"}]
        results += [{"corpus": corpus, "file": path.name, "path": str(path)} | a for a in answers]
        if sys.stderr.isatty() or number % 200 == 199:
            print(f"{number + 1} of {len(files)}", end="\r" if sys.stderr.isatty() else "\n", file=sys.stderr)
    pool.shutdown()
    return results


def table(results: list[dict]) -> str:
    lines = ["| corpus | files | " + " | ".join(f"{c} equal" for c in CHECKS) + " | " + " | ".join(OUTCOMES[1:]) + " |"]
    lines.append("|" + "---|" * (2 + len(CHECKS) + len(OUTCOMES) - 1))
    corpora = list(dict.fromkeys(r["corpus"] for r in results))
    for corpus in [*corpora, None]:
        rows = [r for r in results if corpus in (None, r["corpus"])]
        equal = [sum(r["check"] == c and r["outcome"] == "equal" for r in rows) for c in CHECKS]
        others = [sum(r["outcome"] == o for r in rows) for o in OUTCOMES[1:]]
        lines.append(f"| {corpus or 'all'} | {len({r['path'] for r in rows})} | " + " | ".join(map(str, equal + others)) + " |")
    return "\n".join(lines)


def listing(results: list[dict]) -> str:
    lines = []
    for outcome in ("refused", "not compared"):
        counts = collections.Counter()
        for r in results:
            if r["outcome"] == outcome:
                reads = " [GDAL reads it]" if r.get("gdal") == "reads it" else f" [{r['gdal']}]" if r["check"] == "vectors" and "gdal" in r else ""
                said = re.sub(r"\d{3,}", "N", r["said"])[:140]
                counts[f"{r['check']}: {said}" + re.sub(r"\d+", "N", reads)] += 1
        lines += [f"\n{outcome}:", *(f"{n:6}  {reason}" for reason, n in counts.most_common())]
    for outcome in ("unequal", "panic", "slow"):
        found = [r for r in results if r["outcome"] == outcome]
        lines += [f"\n{outcome}: {len(found) or 'none'}", *(f"  {r['check']:8} {r['corpus']}/{r['file']}: {r['said']}" for r in found)]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", default=os.environ.get("GROUNDMASK_PEER", "target/fast/examples/peer"))
    parser.add_argument("--cache", type=Path, default=CACHE)
    parser.add_argument("--only", nargs="*", choices=SOURCES, default=list(SOURCES), metavar="CORPUS", help=", ".join(SOURCES))
    parser.add_argument("--match", default="", help="only files whose path matches")
    parser.add_argument("--json", type=Path, help="default: corpora.json in the cache")
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    files = []
    for name in options.only:
        try:
            files += [(name, path) for path in files_of(fetch(name, options.cache), options.match)]
        except (RuntimeError, OSError, subprocess.SubprocessError) as e:
            print(f"{name} is not to be had: {e}", file=sys.stderr)
    begin = time.monotonic()
    results = run(files, str(Path(options.peer).resolve()))
    print(table(results), listing(results), sep="\n")
    print(f"\n{len(files)} files in {time.monotonic() - begin:.0f} s; rasterio {rasterio.__version__}, GDAL {rasterio.__gdal_version__}")
    kept = {"peer": options.peer, "gdal": rasterio.__gdal_version__, "results": results}
    (options.json or options.cache / "corpora.json").write_text(json.dumps(kept, indent=1) + "\n")
    return 1 if any(r["outcome"] in ("unequal", "panic", "slow") for r in results) else 0


if __name__ == "__main__":
    sys.exit(main())
