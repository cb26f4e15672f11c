"""What we write, in the tools people open it with: rasterio (GDAL), shapely, geopandas."""

import json

import geopandas
import numpy as np
import pyproj
import pytest
import rasterio
import rasterio.features
import shapely
import shapely.affinity
from rasterio.transform import Affine
from safetensors.numpy import load_file, save_file

from test_tiff import write

PLACES = {
    "utm": ("EPSG:32633", Affine(0.3, 0, 500123.5, 0, -0.3, 5400456.25)),
    "lonlat": ("EPSG:4326", Affine(3e-6, 0, 15.5, 0, -3e-6, 48.5)),
    "mercator": ("EPSG:3857", Affine(0.6, 0, 1672000, 0, -0.6, 6610000)),
    "turned": ("EPSG:25832", Affine.translation(4e5, 5.5e6) * Affine.rotation(30) * Affine.scale(0.5, -0.5)),
    "feet": ("EPSG:2263", Affine(1.0, 0, 990000, 0, -1.0, 200000)),
    "south": ("EPSG:32733", Affine(10, 0, 300000, 0, -10, 6250000)),
}


def probability(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Blobs, rings and noise between 0 and 1; a few pixels without data."""
    y, x = np.mgrid[:height, :width]
    p = 0.5 + 0.5 * np.sin(x / 11.0) * np.cos(y / 8.0) + rng.normal(0, 0.12, (height, width))
    p = np.clip(p, 0, 1).astype(np.float32)
    p[:3, :40] = np.nan
    return p


def make(peer, p, place, smallest=1, tolerance=0):
    crs, transform = PLACES[place] if place else (None, None)
    save_file({"p": p}, peer.folder / "p.safetensors")
    geo = "-"
    if place:
        geo = peer.folder / "image.tif"
        write(geo, np.zeros((1, *p.shape), np.uint8), crs=crs, transform=transform)
    return json.loads(peer("layers", peer.folder / "p.safetensors", geo, 0.5, smallest, tolerance, peer.folder))


@pytest.mark.parametrize("place", PLACES)
def test_rasters_lie_where_the_image_lies(peer, seed, place):
    p = probability(np.random.default_rng(seed), 300, 523)
    make(peer, p, place)
    crs, transform = PLACES[place]
    wanted = np.where(np.isnan(p), 0, p >= 0.5)
    for name in ["mask.tif", "classes.tif", "probability.tif", "mask.png"]:
        with rasterio.open(peer.folder / name) as f:
            assert (f.width, f.height, f.count) == (523, 300, 1)
            assert np.allclose(f.transform.to_gdal(), transform.to_gdal(), rtol=1e-12), name
            assert f.crs == rasterio.CRS.from_string(crs), name
            data = f.read(1)
            if name.endswith(".tif"):
                assert f.block_shapes == [(256, 256)] and f.compression.name == "deflate"
            if name.startswith("mask"):
                assert np.array_equal(data, wanted * 255)
            elif name.startswith("classes"):
                assert f.nodata == 255 and f.colormap(1)[1][:3] == (255, 80, 0)
                assert np.array_equal(data, np.where(np.isnan(p), 255, wanted))
            else:
                assert f.nodata == -1
                assert np.allclose(data, np.where(np.isnan(p), -1, p), atol=1e-5)


@pytest.mark.parametrize("place", PLACES)
def test_polygons_are_those_of_rasterio(peer, seed, place):
    p = probability(np.random.default_rng(seed), 200, 260)
    areas = make(peer, p, place)
    crs, transform = PLACES[place]
    text = json.loads((peer.folder / "regions.geojson").read_text())
    frame = geopandas.read_file(peer.folder / "regions.geojson")
    assert frame.geometry.is_valid.all()
    for feature in text["features"]:
        outer, *holes = feature["geometry"]["coordinates"]
        assert shapely.LinearRing(outer).is_ccw and not any(shapely.LinearRing(h).is_ccw for h in holes)
    mask = np.where(np.isnan(p), 0, p >= 0.5).astype(np.uint8)
    theirs = [
        shapely.geometry.shape(s)
        for s, v in rasterio.features.shapes(mask, mask=mask > 0, transform=transform, connectivity=4)
    ]
    assert len(theirs) == len(frame)
    assert frame.area_px.sum() == mask.sum()
    # The same regions, on the ellipsoid, by an independent library.
    geod = pyproj.Geod(ellps="WGS84")
    lonlat = geopandas.GeoSeries(theirs, crs=crs).to_crs(4326)
    wanted = sum(abs(geod.geometry_area_perimeter(s)[0]) for s in lonlat)
    assert abs(frame.area_m2.sum() / wanted - 1) < 1e-4
    assert abs(areas[1][1] / wanted - 1) < 1e-4 and areas[1][0] == mask.sum()
    # In place: their union covers the same ground.
    ours, other = shapely.union_all(frame.geometry.buffer(0)), shapely.union_all(lonlat.buffer(0))
    assert ours.symmetric_difference(other).area < 5e-3 * other.area


@pytest.mark.parametrize("tolerance", [0.5, 1.0, 2.0])
def test_simplified_polygons_stay_valid(peer, seed, tolerance):
    p = probability(np.random.default_rng(seed), 200, 260)
    make(peer, p, "utm", smallest=20, tolerance=tolerance)
    frame = geopandas.read_file(peer.folder / "regions.geojson")
    assert frame.geometry.is_valid.all() and (frame.area_px >= 20).all()
    assert shapely.get_num_coordinates(frame.geometry).sum() < 0.8 * (2 * frame.area_px.sum())
    metric = frame.to_crs(32633).geometry.area
    assert abs(metric.sum() / (frame.area_px.sum() * 0.09) - 1) < 0.1


def test_without_a_crs_pixels_are_said(peer, seed):
    p = probability(np.random.default_rng(seed), 50, 60)
    areas = make(peer, p, None)
    text = json.loads((peer.folder / "regions.geojson").read_text())
    assert text["coordinates_are"].startswith("pixels")
    polygons = [shapely.geometry.shape(f["geometry"]) for f in text["features"]]
    assert all(s.is_valid for s in polygons)
    assert sum(s.area for s in polygons) == np.nansum(p >= 0.5) == areas[1][0]
    assert areas[1][1] is None
    with rasterio.open(peer.folder / "mask.tif") as f:
        assert f.crs is None


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("system", ["lonlat", "own"])
def test_vectors_become_the_mask_that_rasterio_makes(peer, seed, place, system):
    rng = np.random.default_rng(seed)
    crs, transform = PLACES[place]
    polygons = []
    for _ in range(40):
        centre, size = rng.uniform(0, 120, 2), rng.uniform(3, 20)
        angles = np.sort(rng.uniform(0, 2 * np.pi, 7))
        outer = [transform * (centre + size * np.array([np.cos(a), np.sin(a)])) for a in angles]
        hole = [transform * (centre + size / 5 * np.array([np.cos(a), np.sin(a)])) for a in angles]
        polygons.append(shapely.Polygon(outer, [hole]))
    frame = geopandas.GeoDataFrame({"name": range(40)}, geometry=polygons, crs=crs)
    text = frame.to_crs(4326).to_json() if system == "lonlat" else frame.to_json()
    (peer.folder / "map.geojson").write_text(text)
    image, out = peer.folder / "image.tif", peer.folder / "mask.safetensors"
    write(image, np.zeros((1, 110, 125), np.uint8), crs=crs, transform=transform)
    peer("rasterize", peer.folder / "map.geojson", image, out)
    wanted = np.zeros((110, 125), np.uint8)
    for polygon in polygons:  # each alone, as overlapping ones are
        wanted |= rasterio.features.rasterize([polygon], wanted.shape, transform=transform, dtype="uint8")
    # Middles of pixels that lie on an edge may fall on either side.
    assert (load_file(out)["mask"] > 0).sum() > 500
    assert ((load_file(out)["mask"] > 0) != wanted).sum() <= 5


@pytest.mark.parametrize("place", ["utm", "lonlat", "mercator", "turned"])
@pytest.mark.parametrize("system", ["own", "lonlat"])
def test_shapefiles_become_the_mask_that_rasterio_makes(peer, seed, place, system):
    """Written by geopandas (GDAL): holes, parts, and a column of classes."""
    rng = np.random.default_rng(seed)
    crs, transform = PLACES[place]
    circle = lambda at, size: shapely.Point(at).buffer(size, quad_segs=6)
    pixels = [
        shapely.MultiPolygon([circle((25, 25), 15).difference(circle((25, 25), 6)), circle((60, 20), 8)]),
        circle((80, 70), 20),
        circle(rng.uniform(20, 90, 2), 5),
    ]
    affine = [transform.a, transform.b, transform.d, transform.e, transform.c, transform.f]
    shapes = [shapely.affinity.affine_transform(p, affine) for p in pixels]
    frame = geopandas.GeoDataFrame({"name": list("abc"), "class": [3, 1, 2]}, geometry=shapes, crs=crs)
    frame = frame.to_crs(4326) if system == "lonlat" else frame
    frame.to_file(peer.folder / "map.shp")
    image, out = peer.folder / "image.tif", peer.folder / "mask.safetensors"
    write(image, np.zeros((1, 110, 125), np.uint8), crs=crs, transform=transform)
    peer("rasterize", peer.folder / "map.shp", image, out)
    pairs = zip(shapes, [3, 1, 2])
    wanted = rasterio.features.rasterize(pairs, (110, 125), transform=transform, dtype="uint8")
    mask = load_file(out)["mask"]
    assert (mask > 0).sum() > 500
    # Middles of pixels that lie on an edge may fall on either side.
    assert (mask != wanted).sum() <= 5
    whole = (peer.folder / "map.shp").read_bytes()
    (peer.folder / "map.shp").write_bytes(whole[: len(whole) // 2])
    assert "cut off" in peer.refuses("rasterize", peer.folder / "map.shp", image, out)


@pytest.mark.parametrize("tolerance", [0, 1.5])
def test_houses_get_right_angles(peer, seed, tolerance):
    rng = np.random.default_rng(seed)
    p = np.zeros((600, 900), np.float32)
    y, x = np.mgrid[:600, :900] + 0.5
    houses = 0
    for cy in range(50, 600, 100):
        for cx in range(50, 900, 100):
            angle, (long, wide) = rng.uniform(0, np.pi), rng.uniform(14, 32, 2)
            u = (x - cx) * np.cos(angle) + (y - cy) * np.sin(angle)
            v = (y - cy) * np.cos(angle) - (x - cx) * np.sin(angle)
            house = (abs(u) < long) & (abs(v) < wide)
            if rng.random() < 0.5:
                house &= ~((u > long * rng.uniform(0.1, 0.4)) & (v > wide * rng.uniform(0.1, 0.4)))
            # Networks do not draw straight lines.
            edge = house & ~(np.roll(house, 1, 0) & np.roll(house, 1, 1) & np.roll(house, -1, 0) & np.roll(house, -1, 1))
            house &= ~(edge & (rng.random(house.shape) < 0.15))
            p[house] = 1
            houses += 1
    make(peer, p, None, smallest=50, tolerance=0)
    raw = geopandas.read_file(peer.folder / "regions.geojson").geometry.set_crs(None, allow_override=True)
    make(peer, p, None, smallest=50, tolerance=f"right:{tolerance}")
    ours = geopandas.read_file(peer.folder / "regions.geojson").geometry.set_crs(None, allow_override=True)
    assert len(ours) == len(raw) == houses
    square = 0
    for a, b in zip(raw, ours, strict=True):
        assert b.is_valid and b.is_simple
        assert abs(b.area / a.area - 1) <= 0.05
        assert a.intersection(b).area / a.union(b).area >= 0.9
        # One that nearly has right angles nowhere stays as it is.
        assert shapely.get_num_coordinates(b) <= shapely.get_num_coordinates(a)
        corners = np.array(b.exterior.coords)
        sides = np.diff(corners, axis=0)
        after = np.roll(sides, -1, axis=0)
        lengths = np.linalg.norm(sides, axis=1) * np.linalg.norm(after, axis=1)
        # Coordinates are rounded to hundredths.
        square += bool(np.all(abs((sides * after).sum(axis=1)) < 0.02 * lengths))
    # Lines that were simplified before leave some that cannot be squared within these bounds.
    assert square >= (0.9 if tolerance == 0 else 0.8) * houses, square
