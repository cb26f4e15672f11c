"""Polygons as masks: rings of Shapefiles, middles of pixels, and the time of many tiles, against GDAL and shapely."""

import json
import struct
import time

import geopandas
import numpy as np
import pyproj
import rasterio.features
import shapely
from rasterio.transform import from_origin
from safetensors.numpy import load_file

from test_tiff import write

EAST, NORTH, SIDE = 500_000, 5_400_000, 96
HERE = from_origin(EAST, NORTH, 1, 1)


def write_rings(path, records: list[list[np.ndarray]]) -> None:
    """A Shapefile of polygons whose rings keep order and direction: GDAL's writer would turn them."""
    shapes, index = b"", b""
    for number, rings in enumerate(records, 1):
        points, starts = np.concatenate(rings), np.cumsum([0, *map(len, rings[:-1])])
        content = struct.pack("<i", 5) + np.array([points.min(0), points.max(0)], "<f8").tobytes()
        content += struct.pack("<2i", len(rings), len(points)) + starts.astype("<i4").tobytes() + points.astype("<f8").tobytes()
        index += struct.pack(">2i", 50 + len(shapes) // 2, len(content) // 2)
        shapes += struct.pack(">2i", number, len(content) // 2) + content
    for ending, body in ((".shp", shapes), (".shx", index)):
        head = struct.pack(">7i", 9994, 0, 0, 0, 0, 0, 50 + len(body) // 2) + struct.pack("<2i", 1000, 5)
        path.with_suffix(ending).write_bytes(head.ljust(100, b"\0") + body)
    path.with_suffix(".prj").write_text(pyproj.CRS(32633).to_wkt("WKT1_ESRI"))


def ring(rng: np.random.Generator) -> np.ndarray:
    """A rectangle, a diamond or a star on whole metres, open."""
    x, y, w, h = rng.integers([0, 0, 2, 2], [70, 70, 50, 50])
    corners = [
        [[x, y], [x + w, y], [x + w, y + h], [x, y + h]],
        [[x + w / 2, y], [x + w, y + h / 2], [x + w / 2, y + h], [x, y + h / 2]],
        (rng.integers(0, 90, (rng.integers(3, 7), 2))).tolist(),
    ][rng.integers(3)]
    corners = np.array(corners, float) * [1, -1] + [EAST, NORTH]
    return np.roll(corners[:: rng.choice([1, -1])], rng.integers(len(corners)), axis=0)


def burnt(frame: geopandas.GeoDataFrame, transform=HERE) -> np.ndarray:
    whole = [shape for shape in frame.geometry if shape is not None]
    return rasterio.features.rasterize(whole, (SIDE, SIDE), transform=transform) if whole else np.zeros((SIDE, SIDE))


def test_rings_of_any_order_and_direction(peer, seed):
    rng = np.random.default_rng(seed)
    image, out, vector = peer.folder / "image.tif", peer.folder / "mask.safetensors", peer.folder / "map.shp"
    write(image, np.zeros((1, SIDE, SIDE), np.uint8), crs="EPSG:32633", transform=HERE)
    for _ in range(40):
        closed = [[np.vstack([r, r[:1]]) for r in (ring(rng) for _ in range(rng.integers(1, 7)))] for _ in range(rng.integers(1, 4))]
        write_rings(vector, closed)
        peer("rasterize", vector, image, out)
        assert ((load_file(out)["mask"] > 0) == (burnt(geopandas.read_file(vector)) > 0)).all()


def test_sides_on_the_middles_of_pixels(peer, seed):
    """Where middles of pixels lie on an edge, GDAL has a rule too."""
    rng = np.random.default_rng(seed)
    image, out, vector = peer.folder / "image.tif", peer.folder / "mask.safetensors", peer.folder / "map.geojson"
    write(image, np.zeros((1, SIDE, SIDE), np.uint8), crs="EPSG:32633", transform=HERE)
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32633"}}
    for _ in range(40):
        rings = [[(np.round(ring(rng)) + 0.5).tolist() for _ in range(rng.integers(1, 3))] for _ in range(4)]
        shapes = [{"type": "Polygon", "coordinates": [r + r[:1] for r in polygon]} for polygon in rings]
        features = [{"type": "Feature", "properties": {}, "geometry": shape} for shape in shapes]
        vector.write_text(json.dumps({"type": "FeatureCollection", "crs": crs, "features": features}))
        peer("rasterize", vector, image, out)
        theirs = rasterio.features.rasterize(shapes, (SIDE, SIDE), transform=HERE)
        assert ((load_file(out)["mask"] > 0) == (theirs > 0)).all()


def test_many_tiles_under_many_polygons(peer):
    """300 tiles and 150,000 polygons: at most twice the time of shapely's tree with GDAL, in turn."""
    rng, tiles, count, side = np.random.default_rng(0), 300, 150_000, 256
    places = [from_origin(EAST + i % 20 * side, NORTH - i // 20 * side, 1, 1) for i in range(tiles)]
    folder, out = peer.folder / "in", peer.folder / "out.safetensors"
    folder.mkdir()
    for i, place in enumerate(places):
        write(folder / f"t{i:03}.tif", np.full((3, side, side), i % 250, np.uint8), crs="EPSG:32633", transform=place)
    low, size = rng.uniform(0, [20 * side, 15 * side], (count, 2)), rng.uniform(2, 12, (count, 2))
    corners = np.stack([low, low + size * [1, 0], low + size, low + size * [0, 1], low], 1) * [1, -1] + [EAST, NORTH]
    to_degrees = pyproj.Transformer.from_crs(32633, 4326, always_xy=True)
    degrees = np.stack(to_degrees.transform(*corners.reshape(-1, 2).T), 1).round(8).reshape(corners.shape)
    feature = lambda ring: {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    text = json.dumps({"type": "FeatureCollection", "features": [feature(ring) for ring in degrees.tolist()]})

    start = time.perf_counter()
    peer("train", folder, out)
    without = time.perf_counter() - start
    (folder / "osm.geojson").write_text(text)
    start = time.perf_counter()
    told = json.loads(peer("train", folder, out).splitlines()[-1])
    ours = time.perf_counter() - start - without

    start = time.perf_counter()
    shapes = shapely.polygons([f["geometry"]["coordinates"][0] for f in json.loads(text)["features"]])
    shapes = shapely.transform(shapes, lambda p: np.stack(to_degrees.transform(*p.T, direction="INVERSE"), 1))
    tree, theirs = shapely.STRtree(shapes), []
    for place in places:
        box = shapely.box(place.c, place.f - side, place.c + side, place.f)
        found = shapes[np.sort(tree.query(box))]
        theirs.append(rasterio.features.rasterize(found, (side, side), transform=place))
    limit = 2 * (time.perf_counter() - start)
    masks = load_file(out)
    drawn = {pair["image"]: masks[f"mask_{i}"] for i, pair in enumerate(told["pairs"])}
    assert sum(int((drawn[f"t{i:03}.tif"] != mask).sum()) for i, mask in enumerate(theirs)) == 0
    print(f"ours {ours:.1f} s beyond reading the tiles, twice theirs {limit:.1f} s")
    assert ours < limit
