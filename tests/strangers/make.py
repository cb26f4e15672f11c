#!/usr/bin/env python3
"""Makes `files/`: small drops as strangers make them, one folder a kind. Run it after a change, and commit what it wrote.

    pip install rasterio==1.4.4 numpy==2.4.0 pillow==13.0.0 fiona==1.10.1
    python tests/strangers/make.py

What each has to come to in the page stands in `cases.json`, written here too where GDAL is the judge. Everything is drawn
here; nothing is anybody's data.
"""

import json
import shutil
import struct
import warnings
from pathlib import Path

import fiona
import numpy as np
import rasterio
from PIL import Image
from rasterio.control import GroundControlPoint
from rasterio.crs import CRS
from rasterio.features import rasterize
from rasterio.transform import from_origin
from rasterio.warp import transform_geom

warnings.filterwarnings("ignore", category=rasterio.errors.NotGeoreferencedWarning)

HERE = Path(__file__).parent
FILES = HERE / "files"
SIDE = 32
EAST, NORTH, UTM = 500_000, 5_400_000, "EPSG:32633"
AT = from_origin(EAST, NORTH, 1, 1)
CASES = {}


def ground(seed, bands=3):
    """Broad stripes, so that the files stay small."""
    y, x = np.mgrid[:SIDE, :SIDE]
    return np.stack([40 + 8 * ((x // 4 + b + seed) % 12) + 6 * (y // 8) for b in range(bands)]).astype("uint8")


def square(x, y, side=10):
    m = np.zeros((SIDE, SIDE), "uint8")
    m[y : y + side, x : x + side] = 1
    return m


def path(case, name):
    whole = FILES / case / name
    whole.parent.mkdir(parents=True, exist_ok=True)
    return whole


def tif(case, name, array, crs=UTM, transform=AT, mask=None, **options):
    array = array[None] if array.ndim == 2 else array
    options = dict(compress="deflate") | options
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK="YES"):
        with rasterio.open(
            path(case, name), "w", driver="GTiff", count=len(array), height=array.shape[1], width=array.shape[2],
            dtype=array.dtype, crs=crs, transform=transform, **options,
        ) as f:  # fmt: skip
            f.write(array)
            if mask is not None:
                f.write_mask(mask)


def png(case, name, array):
    Image.fromarray(array if array.ndim == 2 else np.moveaxis(array, 0, -1)).save(path(case, name))


def ring(x, y, side=10):
    e, n = EAST + x, NORTH - y
    return [[e, n], [e + side, n], [e + side, n - side], [e, n - side], [e, n]]


def polygon(points, degrees=True):
    geometry = {"type": "Polygon", "coordinates": [points]}
    return json.loads(json.dumps(transform_geom(UTM, "EPSG:4326", geometry))) if degrees else geometry


def collection(geometries, properties=None, **more):
    properties = properties or [{}] * len(geometries)
    features = [{"type": "Feature", "properties": p, "geometry": g} for g, p in zip(geometries, properties)]
    return {"type": "FeatureCollection", **more, "features": features}


def geojson(case, name, value, head=b""):
    path(case, name).write_bytes(head + json.dumps(value).encode())


def share(case, image, vectors):
    """Foreground share of polygons as GDAL reads and burns them."""
    with rasterio.open(FILES / case / image) as f:
        crs, transform, shape = f.crs, f.transform, f.shape
    shapes = []
    for vector in vectors:
        with fiona.open(FILES / case / vector) as layer:
            shapes += [transform_geom(layer.crs.to_wkt(), crs, g.geometry.__geo_interface__) for g in layer if g.geometry]
    burnt = rasterize(shapes, out_shape=shape, transform=transform) if shapes else np.zeros(shape)
    return float((burnt > 0).mean())


def expect(case, purpose="train", **what):
    CASES[case] = {"purpose": purpose, **what}


def numbers():
    for i, codes in enumerate([(111, 211, 311), (211, 311, 512)]):
        tif("F01", f"images/{i}.tif", ground(i))
        tif("F01", f"masks/{i}.tif", np.repeat(np.array(codes, "uint16"), [12, 10, 10])[None].repeat(SIDE, 0))
    expect("F01", pairs=2, codes=[111, 211, 311, 512], text="512 · ")

    for i, level in enumerate([300, 2500]):
        tif("F02", f"images/{i}.tif", level + ground(i).astype("uint16") * 3)
        png("F02", f"masks/{i}.png", square(4 + 8 * i, 6) * 255)
    expect("F02", pairs=2, range="together", text="found over all of them")

    codes = [11, 12, 21, 22, 23, 24, 31, 41, 42, 43, 51, 52, 71, 72, 73, 74, 81, 82, 90, 95]
    for i in range(2):
        tif("F21", f"images/{i}.tif", ground(i))
        cells = np.random.default_rng(i).permutation(np.resize(np.array(codes, "uint8"), 64)).reshape(8, 8)
        tif("F21", f"masks/{i}.tif", cells.repeat(4, 0).repeat(4, 1))
    expect("F21", pairs=2, codes=codes, text="20 in all")


def missing():
    a, roof = ground(0), square(14, 14)
    a[:, :8] = 0
    valid = np.full((SIDE, SIDE), 255, "uint8")
    valid[:8] = 0
    tif("F04", "images/0.tif", a, mask=valid, compress="jpeg", photometric="ycbcr", tiled=True, blockxsize=16, blockysize=16)
    png("F04", "masks/0.png", roof * 255)

    b = ground(1)
    b[:, :8, :8] = 0
    b[0, 14:24, 14:24] = 0
    tif("F05", "images/0.tif", b, nodata=0)
    png("F05", "masks/0.png", roof * 255)

    c = ground(2, 1).astype("float32") * 10
    c[:, :8] = np.float32(-9999.9)
    tif("F06", "images/0.tif", c)
    with rasterio.open(path("F06", "images/0.tif"), "r+") as f:
        f.nodata = -9999.9
    png("F06", "masks/0.png", roof * 255)
    for case in ("F04", "F05", "F06"):
        with rasterio.open(FILES / case / "images/0.tif") as f:
            data = f.dataset_mask() > 0
        assert 0 < (~data).sum() < 512, case
        expect(case, pairs=1, shares=[float(roof[data].mean())], notes=["alpha_ignored"])

    d = ground(3).astype("uint16") * 20 + 3000
    d[:, :, :10] = 0
    alpha = np.full((1, SIDE, SIDE), 65535, "uint16")
    alpha[:, :, :10] = 0
    tif("F17", "images/0.tif", np.concatenate([d, alpha]), photometric="rgb", ALPHA="YES")
    png("F17", "masks/0.png", roof * 255)
    expect("F17", pairs=1, range="together", black_at_least=3000)


def vectors():
    for i in range(2):
        tif("F03", f"images/{i}.tif", ground(i))
        geojson("F03", f"labels/{i}.geojson", collection([polygon(ring(5, 5))] if i == 0 else []))
    expect("F03", pairs=2, shares=[share("F03", "images/0.tif", ["labels/0.geojson"]), 0.0])

    tif("F07", "a.tif", ground(3))
    geojson("F07", "buildings.geojson", collection([polygon(ring(3, 3))]))
    geojson("F07", "water.geojson", collection([polygon(ring(18, 18))]))
    expect("F07", pairs=1, shares=[share("F07", "a.tif", ["buildings.geojson", "water.geojson"])])

    tif("F08", "images/a.tif", ground(4))
    geojson("F08", "a.geojson", collection([polygon(ring(3, 3)), polygon(ring(18, 18))], [{"class": "building"}, {"class": "road"}]))
    expect("F08", pairs=1, classes=["building", "road"], text="3 in all")

    tif("F14", "images/a.tif", ground(5))
    crs = {"type": "name", "properties": {"name": "epsg:32633"}}
    geojson("F14", "a.geojson", collection([polygon(ring(3, 3), degrees=False)], crs=crs))
    expect("F14", pairs=1, shares=[share("F14", "images/a.tif", ["a.geojson"])])

    tif("F15", "images/a.tif", ground(6))
    geojson("F15", "a.json", collection([polygon(ring(3, 3))]), head=b"\xef\xbb\xbf")
    expect("F15", pairs=1, shares=[float(100 / SIDE**2)])

    tif("F24", "a.tif", ground(7))
    with fiona.open(path("F24", "parts.shp"), "w", driver="ESRI Shapefile", crs=UTM, schema={"geometry": "Polygon", "properties": {"id": "int"}}) as f:
        parts = [[[tuple(p) for p in ring(4, 4, 14)]], [[tuple(p) for p in ring(12, 12, 14)]]]
        f.write({"type": "Feature", "geometry": {"type": "MultiPolygon", "coordinates": parts}, "properties": {"id": 1}})
    expect("F24", pairs=1, shares=[share("F24", "a.tif", ["parts.shp"])])


def keys_tif(case, name, keys, scale=(1, 1, 0), tie=(0, 0, 0, EAST, NORTH, 0)):
    """A TIFF whose GeoTIFF tags are written by hand, as GDAL's writer would not write them."""
    directory, doubles, text = [1, 1, 0, len(keys)], [], ""
    for key, value in sorted(keys.items()):
        if isinstance(value, str):
            directory += [key, 34737, len(value) + 1, len(text)]
            text += value + "|"
        elif isinstance(value, float):
            directory += [key, 34736, 1, len(doubles)]
            doubles.append(value)
        else:
            directory += [key, 0, 1, value]
    pixels = np.moveaxis(ground(8), 0, -1).tobytes()
    tags = {
        256: (3, [SIDE]), 257: (3, [SIDE]), 258: (3, [8] * 3), 259: (3, [1]), 262: (3, [2]), 273: (4, [8]), 277: (3, [3]),
        278: (3, [SIDE]), 279: (4, [len(pixels)]), 33550: (12, scale), 33922: (12, tie), 34735: (3, directory),
    }  # fmt: skip
    if doubles:
        tags[34736] = (12, doubles)
    if text:
        tags[34737] = (2, text.encode() + b"\0")
    entries, beyond = b"", b""
    after = 8 + len(pixels) + 2 + 12 * len(tags) + 4
    for tag in sorted(tags):
        kind, values = tags[tag]
        raw = values if kind == 2 else struct.pack(f"<{len(values)}{ {3: 'H', 4: 'I', 12: 'd'}[kind] }", *values)
        count = len(raw) // {2: 1, 3: 2, 4: 4, 12: 8}[kind]
        entries += struct.pack("<HHI", tag, kind, count)
        if len(raw) > 4:
            entries += struct.pack("<I", after + len(beyond))
            beyond += raw + b"\0" * (len(raw) % 2)
        else:
            entries += raw.ljust(4, b"\0")
    head = b"II*\0" + struct.pack("<I", 8 + len(pixels))
    path(case, name).write_bytes(head + pixels + struct.pack("<H", len(tags)) + entries + b"\0" * 4 + beyond)


def places():
    tif("F09", "images/a.tif", ground(9))
    tif("F09", "masks/a.tif", square(5, 5) * 255, transform=from_origin(EAST + SIDE, NORTH, 1, 1))
    expect("F09", pairs=1, blocked=["other_place"], text="at another place")

    png("F11", "a.png", ground(10))
    path("F11", "a.pgw").write_text("1\n0\n0\n-1\n500000.5\n5399999.5\n")
    own = CRS.from_string("+proj=tmerc +lat_0=0 +lon_0=15 +k=1 +x_0=500000 +ellps=WGS84 +units=m")
    path("F11", "a.prj").write_text(own.to_wkt(version="WKT1_GDAL"))
    expect("F11", "predict", inputs=1, epsg=[None])

    with rasterio.open(path("F12", "a.png"), "w", driver="PNG", count=3, height=SIDE, width=SIDE, dtype="uint8", crs=UTM, transform=AT) as f:
        f.write(ground(11))
    assert path("F12", "a.png.aux.xml").exists()
    expect("F12", "predict", inputs=1, epsg=[32633])

    points = [GroundControlPoint(r, c, 10 + c * 0.014 + 6e-6 * c * r, 50 - r * 0.009 + 4e-5 * c * c) for r in (0, 16, 32) for c in (0, 16, 32)]
    with rasterio.open(path("F13", "a.tif"), "w", driver="GTiff", count=1, height=SIDE, width=SIDE, dtype="uint8", compress="deflate") as f:
        f.write(ground(12, 1))
        f.gcps = (points, CRS.from_epsg(4326))
    expect("F13", "predict", inputs=1, epsg=[None])

    keys_tif("F22", "a.tif", {1024: 1, 1025: 1, 3072: 32633}, scale=(1, -1, 0))
    with rasterio.open(FILES / "F22/a.tif") as f:
        assert f.transform.e == -1
        middle = transform_geom(f.crs, "EPSG:4326", {"type": "Point", "coordinates": f.transform * (16, 16)})["coordinates"]
    expect("F22", "predict", inputs=1, epsg=[32633], middle=list(middle))

    mercator = {1024: 1, 1025: 1, 2048: 4326, 2054: 9102, 2057: 6378137.0, 2059: 298.257223563, 3072: 32767, 3074: 32767, 3075: 7, 3076: 9001}
    mercator |= {key: 1.0 if key == 3092 else 0.0 for key in (3080, 3081, 3082, 3083, 3092)}
    keys_tif("F23", "a.tif", mercator | {1026: "PCS Name = WGS_1984_Web_Mercator_Auxiliary_Sphere"}, tie=(0, 0, 0, 1_605_000, 6_461_000, 0))
    with rasterio.open(FILES / "F23/a.tif") as f:
        assert f.crs.to_epsg() == 3857
    expect("F23", "predict", inputs=1, epsg=[3857])

    # 0.3 m on the map, at 47 degrees north 20 cm on the ground: QGIS asks for the former.
    tif("F25", "images/a.tif", ground(13), crs="EPSG:3857", transform=from_origin(1_000_000, 5_942_000, 0.3, 0.3))
    png("F25", "masks/a.png", square(8, 8, 14) * 255)
    expect("F25", pairs=1, onnx_resolution="30")


def pictures():
    tif("F10", "images/a.tif", ground(14, 2), compress="jpeg", photometric="minisblack")
    png("F10", "masks/a.png", square(8, 8) * 255)
    expect("F10", pairs=1, shares=[float(100 / SIDE**2)])

    exif = Image.Exif()
    exif[0x0112] = 6
    path("F18", "images/a.webp")
    Image.fromarray(np.moveaxis(ground(15)[:, :24], 0, -1)).save(path("F18", "images/a.webp"), lossless=True, exif=exif)
    png("F18", "masks/a.png", square(4, 8)[:, :24] * 255)
    expect("F18", pairs=1, sizes=[[24, 32]], notes=["exif_rotated"])

    for name in ("tile_1", "tile_2"):
        Image.fromarray(np.moveaxis(ground(16), 0, -1)).save(path("F16", f"JPEGImages/{name}.jpg"), quality=90)
        png("F16", f"SegmentationClass/{name}.png", square(4, 8) * 255)
    expect("F16", pairs=2)

    for i, name in enumerate(("tile", "tile (1)")):
        png("F19", f"{name}.png", ground(17 + i))
        png("F19", f"{name}_mask.png".replace("(1)_mask", "(1)_mask"), square(4 + 9 * i, 8) * 255)
    expect("F19", pairs=2)


def main():
    shutil.rmtree(FILES, ignore_errors=True)
    for make in (numbers, missing, vectors, places, pictures):
        make()
    (HERE / "cases.json").write_text(json.dumps(dict(sorted(CASES.items())), indent=1) + "\n")
    print(f"{len(CASES)} kinds, {sum(f.stat().st_size for f in FILES.rglob('*') if f.is_file()) >> 10} KiB")


if __name__ == "__main__":
    main()
