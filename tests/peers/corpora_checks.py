"""One file through the peer and through GDAL (rasterio, fiona) or Pillow: what is compared, and how near it has to be."""

import json
import os
import re
import resource
import subprocess
import tempfile
import warnings
from pathlib import Path

# Before GDAL is loaded: no file beside the one that is read.
os.environ |= {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR", "GDAL_PAM_ENABLED": "NO", "CPL_LOG": os.devnull, "CPL_DEBUG": "OFF"}

import fiona
import numpy as np
import rasterio
from PIL import Image, ImageOps
from rasterio.enums import ColorInterp
from rasterio.features import rasterize
from rasterio.transform import from_bounds
from safetensors.numpy import load_file

warnings.simplefilter("ignore")
SLOW_S, STOP_S = 20, 120  # computed; waited
LARGEST_SAMPLES = 150_000_000
JPEG_OFF, JPEG_OFF_MEAN = 12, 1.5
INK_OFF = 1  # products are rounded in one order or another
JPEG_BRIGHTNESS_OFF = 20  # where colour that is enlarged otherwise is cut off at 0 or 255
KNOWN = rasterio.crs.CRS.from_epsg(32633)
UNDEFINED = {"pal4rletrns.bmp": "what its run lengths skip has no colour by the format"}


def computed() -> float:
    """Seconds that children computed: what else the machine does is left out."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


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
        begin = computed()
        try:
            done = subprocess.run([self.program, *map(str, arguments)], capture_output=True, timeout=STOP_S)
        except subprocess.TimeoutExpired:
            self.seconds = STOP_S
            return "slow", f"stopped after {STOP_S} s"
        self.seconds = computed() - begin
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
            palette = f.colormap(1) if f.colorinterp[0] == ColorInterp.palette else None
            return {
                "alpha": f.colorinterp.index(ColorInterp.alpha) if ColorInterp.alpha in f.colorinterp else None,
                "samples": np.moveaxis(f.read(), 0, -1).astype("float32"), "mask": f.dataset_mask(), "nodata": f.nodata,
                # GDAL hands out colours where the file has inks.
                "coloured_inks": str(f.photometric).endswith("cmyk") and f.colorinterp[0] == ColorInterp.red,
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
            deep = image.format == "PNG" and path.read_bytes()[24] == 16
            if deep or image.mode not in ("1", "L", "LA", "P", "PA", "RGB", "RGBA"):
                return None
            return np.asarray(ImageOps.exif_transpose(image).convert("RGBA"))
    except Exception:
        return None


def colours_by_gdal(path: Path) -> np.ndarray | None:
    """[h,w,3], turned as EXIF says."""
    try:
        gdal = by_gdal(path)
    except NotCompared:
        return None
    samples = gdal["samples"]
    if gdal["palette"]:
        table = np.array([gdal["palette"].get(i, (0, 0, 0))[:3] for i in range(256)], "float32")
        return turned(table[samples[..., 0].astype(int)], orientation(path))
    return turned(samples[..., :3] if samples.shape[-1] > 2 else samples[..., :1].repeat(3, -1), orientation(path))


# ---- comparisons: each ends in silence (equal), Unequal or NotCompared; they return what the eye should know ----


def samples(path: Path, peer: Peer, text: str) -> str:
    ours, gdal = load_file(peer.out)["pixels"], by_gdal(path)
    theirs, facts = gdal["samples"], json.loads(text.splitlines()[-1])
    if gdal["coloured_inks"]:
        if peer.run("picture", path, peer.out)[0]:
            raise Unequal("inks without a picture")
        ours = load_file(peer.out)["rgba"].astype("float32")
        theirs = np.where(np.abs(ours - theirs) <= INK_OFF, ours, theirs)
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
        most = np.abs((ours.astype("float32") - theirs) @ np.float32([0.299, 0.587, 0.114])).max() <= JPEG_BRIGHTNESS_OFF
    else:
        most = off.max() <= JPEG_OFF
    return bool(most and off.mean() <= JPEG_OFF_MEAN)


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
    if "samples" in gdal and ours.shape == theirs.shape:
        # GDAL has no mask of numbers that are none, nor of an alpha band of floats.
        alpha, nodata = gdal["alpha"], gdal["nodata"]
        if (ours == (theirs | np.isnan(gdal["samples"]).all(-1))).all():
            return "not-a-number is missing"
        if alpha is not None and (ours == (theirs | (gdal["samples"][..., alpha] == 0))).all():
            return "alpha of another type"
        # Of four bands, red first, rasterio takes the fourth alone, as if it were alpha.
        four = gdal["samples"].shape[-1] == 4 and alpha is None and nodata is not None
        if four and (ours == (gdal["samples"] == np.float32(nodata)).all(-1)).all():
            return "nodata in all bands"
    pillow = None if gdal.get("driver") == "GTiff" else by_pillow(path)
    if pillow is not None and pillow.shape[:2] == ours.shape and ((pillow[..., 3] == 0) == ours).all():
        return "as Pillow's alpha"
    if ours.shape != theirs.shape:
        raise Unequal(f"shape {ours.shape}, GDAL {theirs.shape}, orientation {orientation(path)}")
    raise Unequal(f"missing: {int(ours.sum())} px, GDAL {int(theirs.sum())}, differ in {int((ours != theirs).sum())} of {ours.size}")


def colours(path: Path, peer: Peer, _: str) -> str:
    """Of pictures of 8 bits that are no TIFF, as Pillow has them."""
    if path.name in UNDEFINED:
        raise NotCompared(UNDEFINED[path.name])
    pillow = by_pillow(path)
    if pillow is None:
        raise NotCompared("more than 8 bits, or not for Pillow")
    ours = load_file(peer.out)["rgba"]
    if pillow.shape != ours.shape:
        raise Unequal(f"shape {ours.shape}, Pillow {pillow.shape}")
    seen = (pillow[..., 3] > 0) & (ours[..., 3] > 0)
    ours, theirs, gdal = ours[..., :3][seen], pillow[..., :3][seen], colours_by_gdal(path)
    off = np.abs(ours.astype("float32") - theirs)
    with Image.open(path) as image:
        lossy, five_bits = image.format in ("JPEG", "MPO", "WEBP"), image.format == "BMP"
    if not off.size or not off.any():
        return ""
    if five_bits and off.max() <= 1:
        return "rounded otherwise"
    if lossy and as_decoders_differ(ours, theirs, off):
        return "as decoders differ"
    if gdal is not None and gdal.shape[:2] == seen.shape:
        if np.array_equal(ours, gdal[seen]):
            return "as GDAL"
        if lossy and off.mean() <= 2 * np.abs(gdal[seen] - theirs).mean():
            return "nearer to Pillow than twice GDAL's way"
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
        # The table of a Shapefile may be in an encoding that its reader does not know.
        more = {"include_fields": []} if path.suffix.lower() == ".shp" else {}
        with fiona.Env(GDAL_DISABLE_READDIR_ON_OPEN="FALSE"), fiona.open(path, **more) as layer:
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
    """As they are; and where only their system is in the way, in one that is known, so that the shapes are compared."""
    try:
        shapes, system, count = layer_of(path)
        transform, size = place_around(shapes)
    except NotCompared as e:
        return [{"check": "vectors", "outcome": "not compared", "said": str(e)}]
    result = drop(path, peer, shapes, system, transform, size)
    if not shapes:
        result["gdal"] = "fiona: no polygon" if count else "fiona: nothing in it"
    if result["outcome"] == "refused" and path.suffix.lower() == ".shp" and re.search("reference system|\\.prj", result["said"]):
        again = drop(path, peer, shapes, KNOWN, transform, size, projection=KNOWN.to_wkt(version="WKT1_ESRI"))
        return [result, again | {"check": "shapes"}]
    return [result]


def place_around(shapes: list[dict]) -> tuple[object, tuple[int, int]]:
    """Transform and size of an image that holds them, off round numbers, so that no centre of a pixel lies on an edge."""
    points = np.array([p[:2] for s in shapes for p in flat(s["coordinates"])] or [[0, 0], [1, 1]], float)
    low, high = points.min(0), points.max(0)
    margin = np.maximum((high - low) * 0.0713, 1e-6)
    low, high = low - margin, high + margin * 1.0137
    if not np.isfinite([low, high]).all():
        raise NotCompared("not finite")
    return from_bounds(*low, *high, 211, 173), (173, 211)


def drop(path: Path, peer: Peer, shapes: list[dict], system, transform, size: tuple[int, int], projection: str | None = None) -> dict:
    """With an image made for it, as a folder to train on."""
    result = {"check": "vectors", "outcome": "equal", "said": ""}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        picture = np.random.default_rng(1).integers(1, 255, (3, *size), "uint8")
        with rasterio.open(
            folder / "image.tif", "w", driver="GTiff", width=size[1], height=size[0], count=3, dtype="uint8", crs=system, transform=transform
        ) as f:
            f.write(picture)
        for beside in path.parent.glob("*"):
            same = beside.stem.lower() == path.stem.lower() and beside.suffix.lower() in {".dbf", ".shx", ".prj", ".cpg"}
            if beside == path or (path.suffix.lower() == ".shp" and same):
                (folder / beside.name).write_bytes(beside.read_bytes())
        if projection:
            (folder / path.with_suffix(".prj").name).write_text(projection)
        outcome, text = peer.run("train", folder, peer.out)
    result["seconds"] = round(peer.seconds, 2)
    if outcome:
        return result | {"outcome": outcome, "said": text}
    answer = json.loads(next(line for line in reversed(text.splitlines()) if line.startswith("{")))
    said = [*answer["faults"], *[p["blocked"] for p in answer["pairs"] if p["blocked"]]]
    if not answer["pairs"] or answer["pairs"][0]["blocked"] or not peer.out.exists():
        reason = ", ".join(sorted({f"{f['code']}{': ' + str(f['detail']) if f['detail'] else ''}" for f in said})) or "no reason given"
        return result | {"outcome": "refused", "said": reason, "gdal": f"fiona: {len(shapes)} polygons"}
    theirs = rasterize([(s, 1) for s in shapes], size, transform=transform, dtype="uint8") if shapes else np.zeros(size, "uint8")
    ours = load_file(peer.out)["mask_0"]
    result["notes"] = [f["code"] for f in said]
    off = int((((ours > 0) & (ours < 255)) != theirs).sum())
    if off:
        result |= {"outcome": "unequal", "said": f"{off} of {ours.size} px; ours {int((ours > 0).sum())}, GDAL {int(theirs.sum())}; {len(shapes)} polygons"}
    return result


def flat(coordinates):
    if coordinates and isinstance(coordinates[0], (int, float)):
        yield coordinates
    else:
        for part in coordinates:
            yield from flat(part)
