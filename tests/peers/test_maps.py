"""GeoPackage, FlatGeobuf, KML and OpenStreetMap's XML against the programs that write and read them."""

import sqlite3

import geopandas
import numpy as np
import pytest
import shapely
from safetensors.numpy import load_file

from test_tiff import write
from test_vectors import HERE, SIDE, burnt, ring


def polygons(rng: np.random.Generator, count: int) -> list:
    """Valid ones, some of several parts, some with holes."""
    def part():
        # A ring may cross itself.
        return shapely.make_valid(shapely.Polygon(ring(rng)))

    found = []
    while len(found) < count:
        shape = part()
        if rng.random() < 0.3:
            shape = shapely.union(shape, part())
        if rng.random() < 0.3:
            shape = shapely.difference(shape, part())
        if shape.is_valid and shape.geom_type in ("Polygon", "MultiPolygon") and shape.area > 1:
            found.append(shape)
    return found


def ours(peer, path) -> np.ndarray:
    image, out = peer.folder / "image.tif", peer.folder / "mask.safetensors"
    write(image, np.zeros((1, SIDE, SIDE), np.uint8), crs="EPSG:32633", transform=HERE)
    peer("rasterize", path, image, out)
    return load_file(out)["mask"]


@pytest.mark.parametrize("ending, driver, options", [
    ("gpkg", "GPKG", {}),
    ("gpkg", "GPKG", {"GEOMETRY_NULLABLE": "NO", "FID": "class_id", "GEOMETRY_NAME": "shape", "SPATIAL_INDEX": "NO"}),
    ("fgb", "FlatGeobuf", {}),
    ("fgb", "FlatGeobuf", {"SPATIAL_INDEX": "NO"}),
])
def test_layers_are_pyogrios(peer, seed, ending, driver, options):
    """Few and many rows (pages of several levels), with attributes before and after, heights, and holes."""
    rng = np.random.default_rng(seed)
    for count, more in [(1, "x"), (300, "text of some length " * 400), (3000, "x")]:
        shapes = polygons(rng, min(count, 60))
        shapes = [shapes[i % len(shapes)] for i in range(count)]
        if count == 300:
            shapes = [shapely.force_3d(shape, 7.0) for shape in shapes]
        classes = rng.integers(1, 9, count)
        data = {"before": [more] * count, "Class": classes, "after": rng.random(count)}
        frame = geopandas.GeoDataFrame(data, geometry=shapes, crs="EPSG:32633")
        path = peer.folder / f"map{count}.{ending}"
        frame.to_file(path, driver=driver, **options)
        back = geopandas.read_file(path)
        pairs = list(zip(back.geometry, back["Class"]))
        theirs = shapely_burnt(pairs)
        assert np.array_equal(ours(peer, path), theirs), (count, options)


def shapely_burnt(pairs) -> np.ndarray:
    import rasterio.features

    return rasterio.features.rasterize(pairs, (SIDE, SIDE), transform=HERE, dtype="float32")


def test_a_package_of_several_layers_in_degrees(peer, seed):
    rng = np.random.default_rng(seed)
    path = peer.folder / "map.gpkg"
    layers = [polygons(rng, 5), polygons(rng, 4)]
    for name, shapes in zip(["roofs", "my trees"], layers):
        frame = geopandas.GeoDataFrame(geometry=shapes, crs="EPSG:32633").to_crs(4326)
        frame.to_file(path, layer=name, driver="GPKG")
    geopandas.GeoDataFrame(geometry=[shapely.Point(0, 0)], crs="EPSG:4326").to_file(path, layer="points", driver="GPKG")
    both = burnt(geopandas.GeoDataFrame(geometry=sum(layers, []), crs="EPSG:32633"))
    # Degrees and back: a pixel's middle on an edge may fall on the other side.
    assert ((ours(peer, path) > 0) != (both > 0)).sum() <= 20
    assert "no layer of polygons" not in peer("rasterize", path, peer.folder / "image.tif", peer.folder / "o")


def test_damaged_packages_are_refused(peer, seed):
    """Cut off, turned bits, another database, points alone: a line, no panic."""
    rng = np.random.default_rng(seed)
    image, out, path = peer.folder / "image.tif", peer.folder / "o", peer.folder / "map.gpkg"
    write(image, np.zeros((1, SIDE, SIDE), np.uint8), crs="EPSG:32633", transform=HERE)
    geopandas.GeoDataFrame(geometry=polygons(rng, 40), crs="EPSG:32633").to_file(path, driver="GPKG")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 3])
    assert "damaged" in peer.refuses("rasterize", path, image, out)
    other = peer.folder / "other.gpkg"
    sqlite3.connect(other).execute("create table t (a)").connection.commit()
    assert "gpkg_geometry_columns" in peer.refuses("rasterize", other, image, out)
    points = peer.folder / "points.gpkg"
    geopandas.GeoDataFrame(geometry=[shapely.Point(0, 0)], crs="EPSG:4326").to_file(points, driver="GPKG")
    assert "no layer of polygons" in peer.refuses("rasterize", points, image, out)


def test_kml_is_gdals(peer, seed):
    rng = np.random.default_rng(seed)
    path = peer.folder / "map.kml"
    frame = geopandas.GeoDataFrame({"Name": ["a & b"] * 20}, geometry=polygons(rng, 20), crs="EPSG:32633")
    frame.to_crs(4326).to_file(path, driver="KML")
    theirs = burnt(geopandas.read_file(path, driver="KML").to_crs(32633))
    assert ((ours(peer, path) > 0) != (theirs > 0)).sum() <= 20


def test_osm_is_gdals(peer, seed):
    """Closed ways and multipolygon relations of buildings: GDAL's OSM driver puts them together as we do."""
    rng = np.random.default_rng(seed)
    frame = geopandas.GeoDataFrame(geometry=[s.buffer(0) for s in polygons(rng, 12)], crs="EPSG:32633").to_crs(4326)
    nodes, ways, relations = [], [], []

    def way(line, tags: str, closed: bool) -> int:
        first = len(nodes)
        nodes.extend(line[:-1] if closed else line)
        refs = list(range(first, len(nodes))) + ([first] if closed else [])
        inner = "".join(f'<nd ref="{r + 1}"/>' for r in refs)
        ways.append(f'<way id="{len(ways) + 1}" version="1">{inner}{tags}</way>')
        return len(ways)

    tags = '<tag k="building" v="yes"/>'
    for shape in frame.geometry:
        parts = list(getattr(shape, "geoms", [shape]))
        rings = [(list(r.coords), r is part.exterior) for part in parts for r in [part.exterior, *part.interiors]]
        if len(rings) == 1:
            way(rings[0][0], tags, True)
            continue
        members = "".join(
            f'<member type="way" ref="{way(line, "", True)}" role="{"outer" if outer else "inner"}"/>' for line, outer in rings
        )
        relations.append(f'<relation id="{len(relations) + 1}" version="1">{members}<tag k="type" v="multipolygon"/>{tags}</relation>')
    points = "".join(f'<node id="{i + 1}" version="1" lon="{x:.9f}" lat="{y:.9f}"/>' for i, (x, y, *_) in enumerate(nodes))
    path = peer.folder / "map.osm"
    path.write_text(f'<?xml version="1.0"?><osm version="0.6">{points}{"".join(ways)}{"".join(relations)}</osm>')
    theirs = burnt(geopandas.read_file(path, layer="multipolygons").to_crs(32633))
    assert ((ours(peer, path) > 0) != (theirs > 0)).sum() <= 20
