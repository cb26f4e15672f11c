"""GeoTIFFs as GDAL writes them, through rasterio, read by us: every sample equal, the same place."""

import itertools
import json

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine
from safetensors.numpy import load_file

DTYPES = ["uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64"]
LAYOUTS = {
    "strips": {},
    "one row a strip": {"blockysize": 1},
    "tiles": {"tiled": True, "blockxsize": 64, "blockysize": 32},
}
CRS = {"utm": "EPSG:32633", "lonlat": "EPSG:4326", "national": "EPSG:2154", "none": None}


def values(rng: np.random.Generator, dtype: str, bands: int, height: int, width: int) -> np.ndarray:
    """Smooth with noise, so that every compression and predictor has something to do."""
    y, x = np.mgrid[:height, :width]
    smooth = np.stack([np.sin(x / 9 + b) * np.cos(y / 7) for b in range(bands)])
    smooth = smooth + rng.normal(0, 0.05, smooth.shape)
    if dtype.startswith("float"):
        return (smooth * 1000).astype(dtype)
    info = np.iinfo(dtype)
    top = min(info.max, 2**24)  # what the test's 32-bit transport holds exactly
    return np.clip(smooth * top / 2 + (top / 2 if info.min == 0 else 0), max(info.min, -top), top).astype(dtype)


def write(path, data: np.ndarray, **options) -> None:
    bands, height, width = data.shape
    with rasterio.open(
        path, "w", driver="GTiff", width=width, height=height, count=bands, dtype=data.dtype, **options
    ) as f:
        f.write(data)


def read(peer, path) -> tuple[np.ndarray, dict]:
    facts = json.loads(peer("tiff", path, peer.folder / "out.safetensors"))
    return load_file(peer.folder / "out.safetensors")["pixels"].transpose(2, 0, 1), facts


def same(ours: np.ndarray, data: np.ndarray) -> bool:
    return np.array_equal(ours, data.astype(np.float32), equal_nan=True)


@pytest.mark.parametrize("compress", ["none", "lzw", "deflate", "packbits", "zstd"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_sample_is_equal(peer, seed, compress, layout):
    rng = np.random.default_rng(seed)
    for dtype, bands, interleave in itertools.product(DTYPES, [1, 3, 13], ["pixel", "band"]):
        predictors = [1]
        if compress in ("lzw", "deflate", "zstd"):
            predictors = [1, 3] if dtype.startswith("float") else [1, 2]
        for predictor in predictors:
            path = peer.folder / "a.tif"
            options = {**LAYOUTS[layout], "interleave": interleave, "compress": compress}
            if predictor > 1:
                options["predictor"] = predictor
            data = values(rng, dtype, bands, 75, 131)
            write(path, data, **options)
            ours, facts = read(peer, path)
            assert (facts["width"], facts["height"], facts["bands"]) == (131, 75, bands)
            assert same(ours, data), (dtype, bands, interleave, predictor)


@pytest.mark.parametrize("level", [1, 19, 20, 21, 22])
def test_windows_of_every_zstd_level(peer, seed, level):
    data = values(np.random.default_rng(seed), "uint16", 3, 75, 131)
    path = peer.folder / "a.tif"
    write(path, data, compress="zstd", zstd_level=level)
    assert same(read(peer, path)[0], data)


@pytest.mark.parametrize("options", [{"BIGTIFF": "YES"}, {"ENDIANNESS": "BIG"}, {"BIGTIFF": "YES", "ENDIANNESS": "BIG"}])
def test_other_headers_and_byte_orders(peer, seed, options):
    rng = np.random.default_rng(seed)
    for dtype, predictor in [("uint8", 2), ("uint16", 2), ("int32", 2), ("float32", 3), ("float32", 1)]:
        data = values(rng, dtype, 3, 60, 70)
        path = peer.folder / "a.tif"
        write(path, data, compress="deflate", predictor=predictor, **options)
        ours, _ = read(peer, path)
        assert same(ours, data), (dtype, predictor)


@pytest.mark.parametrize("crs", CRS)
@pytest.mark.parametrize("turned", [False, True])
def test_place_and_nodata(peer, seed, crs, turned):
    rng = np.random.default_rng(seed)
    scale = 1e-5 if crs == "lonlat" else 0.3
    origin = (15.123456789, 48.5) if crs == "lonlat" else (651234.25, 5412345.75)
    transform = Affine.translation(*origin) * Affine.rotation(17.0 if turned else 0.0) * Affine.scale(scale, -scale)
    data = values(rng, "uint16", 1, 40, 50)
    path = peer.folder / "a.tif"
    write(path, data, crs=CRS[crs], transform=transform, nodata=77)
    _, facts = read(peer, path)
    assert facts["nodata"] == 77
    assert facts["epsg"] == (int(CRS[crs].split(":")[1]) if CRS[crs] else None)
    assert np.allclose(facts["transform"], transform.to_gdal(), rtol=1e-12, atol=1e-9)


def test_overviews_are_passed_over(peer, seed):
    data = values(np.random.default_rng(seed), "uint8", 3, 300, 400)
    path = peer.folder / "a.tif"
    write(path, data, tiled=True, blockxsize=128, blockysize=128, compress="lzw")
    with rasterio.open(path, "r+") as f:
        f.build_overviews([2, 4], rasterio.enums.Resampling.average)
    ours, _ = read(peer, path)
    assert same(ours, data)


def test_holes_of_sparse_files_are_filled(peer):
    path = peer.folder / "a.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=256, height=256, count=1, dtype="uint8", tiled=True, blockxsize=128,
        blockysize=128, SPARSE_OK="TRUE",
    ) as f:
        f.write(np.full((128, 128), 9, np.uint8), 1, window=((0, 128), (128, 256)))
    ours, _ = read(peer, path)
    with rasterio.open(path) as f:
        assert same(ours, f.read())


def test_alpha_and_palette_are_seen(peer, seed):
    rng = np.random.default_rng(seed)
    rgba = rng.integers(0, 256, (4, 20, 30), np.uint8)
    path, out = peer.folder / "a.tif", peer.folder / "p.safetensors"
    rgba[3] = np.where(rgba[3] > 99, 255, 0)
    write(path, rgba, photometric="rgb", ALPHA="YES")
    peer("picture", path, out)
    ours = load_file(out)["rgba"].transpose(2, 0, 1)
    assert np.array_equal(ours, rgba)
    index = rng.integers(0, 3, (1, 20, 30), np.uint8)
    colours = {0: (0, 0, 0, 255), 1: (10, 200, 30, 255), 2: (250, 5, 99, 255)}
    with rasterio.open(path, "w", driver="GTiff", width=30, height=20, count=1, dtype="uint8") as f:
        f.write_colormap(1, colours)
        f.write(index)
    peer("picture", path, out)
    ours = load_file(out)["rgba"]
    assert np.array_equal(ours, np.array([colours[i] for i in range(3)])[index[0]])


def test_wide_values_are_stretched_per_band(peer, seed):
    rng = np.random.default_rng(seed)
    data = np.stack([rng.normal(m, s, (80, 90)) for m, s in [(900, 40), (2500, 300), (7000, 900)]])
    data = np.clip(data, 1, 10000).astype(np.uint16)
    data[:, :10, :] = 0
    path, out = peer.folder / "a.tif", peer.folder / "p.safetensors"
    write(path, data, nodata=0, compress="deflate", photometric="rgb")
    peer("picture", path, out)
    ours = load_file(out)["rgba"].transpose(2, 0, 1)
    assert (ours[3, :10] == 0).all() and (ours[3, 10:] == 255).all()
    for band in range(3):
        low, high = np.percentile(data[band, 10:], [2, 98])
        wanted = np.clip((data[band, 10:] - low) / (high - low), 0, 1) * 255
        assert np.abs(ours[band, 10:] - wanted).max() < 3


def test_what_is_not_supported_is_named(peer, seed):
    data = values(np.random.default_rng(seed), "uint8", 3, 64, 64)
    path, out = peer.folder / "complex.tif", peer.folder / "out"
    write(path, data.astype(np.complex64))
    assert "sample format 6" in peer.refuses("tiff", path, out)


@pytest.mark.parametrize("compress", ["lerc", "lerc_deflate", "lerc_zstd"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_lerc_is_gdals(peer, seed, compress, layout):
    """Lossless and not, of every kind of samples that LERC has; holes of floats, one mask for all bands or one a band."""
    rng = np.random.default_rng(seed)
    path = peer.folder / "a.tif"
    for dtype, bands, interleave in itertools.product(DTYPES, [1, 3, 5], ["pixel", "band"]):
        for error, holes in [(0, "none"), (0, "all"), (0, "each"), (0.7, "none")]:
            data = values(rng, dtype, bands, 75, 131)
            if holes != "none":
                if not dtype.startswith("float"):
                    continue
                hole = rng.random((1 if holes == "all" else bands, 75, 131)) < 0.2
                data = np.where(hole, np.nan, data).astype(dtype)
            options = {"interleave": interleave, "compress": compress, "MAX_Z_ERROR": error}
            write(path, data, **LAYOUTS[layout], **options)
            with rasterio.open(path) as f:
                theirs = f.read()
            ours, _ = read(peer, path)
            assert same(ours, theirs), (dtype, bands, interleave, error, holes)


def test_lerc_has_both_byte_orders_and_alpha_as_a_mask(peer, seed):
    rng = np.random.default_rng(seed)
    path = peer.folder / "a.tif"
    for dtype in ["uint16", "float32"]:
        write(path, values(rng, dtype, 2, 50, 60), compress="lerc", ENDIANNESS="BIG")
        with rasterio.open(path) as f:
            theirs = f.read()  # of floats not what was written: they are turned before they are packed
        ours, _ = read(peer, path)
        assert same(ours, theirs), dtype
    rgba = values(rng, "uint8", 4, 50, 60)
    for alpha in [rgba[3], np.where(rgba[3] > 99, 255, 0), np.full_like(rgba[3], 255), np.zeros_like(rgba[3])]:
        rgba[3] = alpha
        write(path, rgba, compress="lerc", photometric="rgb", ALPHA="YES")
        with rasterio.open(path) as f:
            theirs = f.read()
        ours, _ = read(peer, path)
        assert same(ours, theirs)


@pytest.mark.parametrize("bands", [3, 4])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_webp_is_gdals(peer, seed, bands, layout):
    """Without loss to the last bit. With loss, decoders round the way from YCbCr differently."""
    rng = np.random.default_rng(seed)
    path = peer.folder / "a.tif"
    data = values(rng, "uint8", bands, 75, 131)
    options = {"compress": "webp", "photometric": "rgb", "interleave": "pixel", **LAYOUTS[layout]}
    write(path, data, WEBP_LOSSLESS=True, **options)
    ours, _ = read(peer, path)
    with rasterio.open(path) as f:
        theirs = f.read()
    assert same(ours, theirs)
    write(path, data, WEBP_LEVEL=80, **options)
    ours, _ = read(peer, path)
    with rasterio.open(path) as f:
        theirs = f.read()
    assert np.abs(ours - theirs).max() <= 4 and np.abs(ours - theirs).mean() < 0.5


def test_jpeg_in_tiff_is_decoded(peer, seed):
    y, x = np.mgrid[:150, :200]
    data = np.stack([x + 20, y + 40, 255 - x]).astype(np.uint8)
    path, out = peer.folder / "a.tif", peer.folder / "p.safetensors"
    for photometric, layout in [("ycbcr", "tiles"), ("rgb", "tiles"), ("ycbcr", "strips")]:
        write(path, data, compress="jpeg", photometric=photometric, jpeg_quality=95, **LAYOUTS[layout])
        with rasterio.open(path) as f:
            wanted = f.read().astype(int)
        peer("picture", path, out)
        ours = load_file(out)["rgba"].transpose(2, 0, 1)[:3]
        # Decoders upsample colour differently.
        assert np.abs(ours - wanted).mean() < 1 and np.abs(ours - wanted).max() <= 8, (photometric, layout)
    grey = data[:1]
    write(path, grey, compress="jpeg")
    with rasterio.open(path) as f:
        wanted = f.read().astype(int)
    peer("picture", path, out)
    assert np.abs(load_file(out)["rgba"][..., 0] - wanted[0]).max() <= 2


def missing(peer, path) -> np.ndarray:
    out = peer.folder / "p.safetensors"
    peer("picture", path, out)
    return load_file(out)["rgba"][..., 3] == 0


def test_missing_pixels_are_gdals(peer, seed):
    """Mask of the file, nodata and alpha, alone and together; all bands have to be nodata."""
    rng = np.random.default_rng(seed)
    path = peer.folder / "a.tif"
    choices = itertools.product([1, 2, 3, 4], ["uint8", "uint16", "float32"], [None, 0, 7], [False, True], [False, True])
    for bands, dtype, nodata, masked, alpha in choices:
        if alpha and (bands not in (2, 4) or dtype == "float32"):
            continue  # GDAL takes no alpha of other files for a mask; we do
        if bands == 4 and nodata is not None and not masked and not (alpha and nodata == 0):
            continue  # rasterio takes the fourth band's nodata alone for all four, whatever that band is
        data = rng.integers(0, 9, (bands, 40, 50)).astype(dtype)
        data[:, :9, :9] = nodata or 0
        if alpha:
            data[-1] = np.where(rng.random((40, 50)) < 0.3, 0, data[-1] + 100)
        options = {"photometric": "rgb" if bands > 2 else "minisblack", "nodata": nodata, "ALPHA": "YES" if alpha else "NO"}
        options |= [{}, {"tiled": True, "blockxsize": 16, "blockysize": 16}, {"interleave": "band"}][rng.integers(3)]
        with rasterio.Env(GDAL_TIFF_INTERNAL_MASK="YES"):
            with rasterio.open(path, "w", driver="GTiff", width=50, height=40, count=bands, dtype=dtype, **options) as f:
                f.write(data)
                if masked:
                    f.write_mask(rng.random((40, 50)) > 0.5)
        with rasterio.open(path) as f:
            truth = f.dataset_mask() == 0
        assert np.array_equal(missing(peer, path), truth), (bands, dtype, nodata, masked, alpha, options)


@pytest.mark.parametrize("bands, photometric", [(1, "minisblack"), (2, "minisblack"), (3, "minisblack"), (3, "rgb"), (3, "ycbcr"), (4, "rgb")])
def test_jpeg_samples_are_gdals(peer, seed, bands, photometric):
    rng = np.random.default_rng(seed)
    path = peer.folder / "a.tif"
    data = values(rng, "uint8", bands, 75, 101)
    for quality, tables, layout in itertools.product([20, 75, 100], [0, 3], [{}, {"tiled": True, "blockxsize": 32, "blockysize": 32}]):
        options = {"JPEG_QUALITY": quality, "JPEGTABLESMODE": tables, **layout}
        write(path, data, compress="jpeg", photometric=photometric, interleave="pixel", **options)
        ours, _ = read(peer, path)
        with rasterio.open(path) as f:
            theirs = f.read()
        if photometric == "ycbcr":
            # Rasterio's wheels hold IJG's libjpeg 9, which enlarges chroma by its transform; ours is libjpeg-turbo's way. At
            # colours' edges they are far apart (findings/jpeg_colours_by_library.sh has 59); on average they are not.
            assert np.abs(ours - theirs).max() <= 64 and np.abs(ours - theirs).mean() < 2, options
        else:
            assert same(ours, theirs), options
