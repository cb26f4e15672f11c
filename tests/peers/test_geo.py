"""Every reference system we know, against PROJ."""

import re
import subprocess
import warnings
from pathlib import Path

import pyproj
import pytest

SOURCE = Path(__file__).parents[2] / "src/geo/crs.rs"
# Datums of their own: seven numbers against PROJ's best operation, which may be a grid.
SHIFTED = {27700, 28992, 31370, 5514, 3003, 3004, 23700, 2100, 2056, 21781, 31287, 4277, 4314}
SHIFTED |= {31466, 31467, 31468, 31469, 31254, 31255, 31256}
NEAR_M, FAR_M = 3.0, 12.0


def codes() -> list[int]:
    text = SOURCE.read_text().split("#[derive", 1)[0]
    named = [int(c) for c in re.findall(r'^ *\((\d+), "', text, re.M)]
    for first, count in re.findall(r"^ *\((\d+), (\d+), \d+, (?:true|false)", text, re.M):
        named += range(int(first), int(first) + int(count))
    assert len(named) > 200
    return named


def test_longitudes_and_latitudes_are_those_of_proj(peer):
    warnings.filterwarnings("ignore")
    geod = pyproj.Geod(ellps="WGS84")
    wrong = []
    for code in codes():
        crs = pyproj.CRS(code)
        area = crs.area_of_use
        east = area.east if area.east > area.west else area.east + 360
        lon, lat = area.west + 0.4 * (east - area.west), area.south + 0.45 * (area.north - area.south)
        lon = (lon + 180) % 360 - 180
        to = pyproj.Transformer.from_crs(4326, crs, always_xy=True)
        x, y = to.transform(lon, lat)
        ours = [float(v) for v in peer("lon-lat", code, repr(x), repr(y)).split()]
        meters = geod.inv(lon, lat, *ours)[2]
        if not meters < (FAR_M if code in SHIFTED else NEAR_M):
            wrong.append((code, crs.name, round(meters, 2)))
    assert not wrong


@pytest.mark.parametrize("code", [4326, 3857, 32633, 32710, 25832, 2154, 27700, 3035, 28992])
@pytest.mark.parametrize("version", ["WKT1_GDAL", "WKT1_ESRI", "WKT2_2019"])
def test_well_known_text_is_recognised(peer, code, version):
    path = peer.folder / "a.prj"
    path.write_text(pyproj.CRS(code).to_wkt(version))
    assert int(peer("epsg", path)) == code


def texts() -> list[tuple[str, int | None]]:
    """Well-known text with PROJ's code of it; none where the text names no system of EPSG's."""
    own = ["+proj=tmerc +lon_0=15 +k=1 +x_0=500000 +ellps=WGS84 +type=crs", "+proj=geocent +datum=WGS84 +type=crs"]
    own += [f"ESRI:{code}" for code in (102003, 54009, 54030, 102001, 102008, 102013, 103300)]
    all_ = [(pyproj.CRS(text), None) for text in own]
    all_ += [(pyproj.CRS("EPSG:32633+5773"), 32633)]
    out = []
    for crs, code in all_:
        for version in ("WKT1_GDAL", "WKT1_ESRI", "WKT2_2015", "WKT2_2019"):
            try:
                out.append((crs.to_wkt(version), code))
            except pyproj.exceptions.CRSError:
                continue
    return [(text, code) for text, code in out if text]


def test_a_system_without_a_code_is_unknown(peer):
    path = peer.folder / "a.prj"
    for text, code in texts():
        path.write_text(text)
        if code is None:
            assert peer.refuses("epsg", path) == "unknown", text
        else:
            assert int(peer("epsg", path)) == code, text


def test_every_code_is_recognised_in_esris_text(peer):
    path = peer.folder / "a.prj"
    wrong = []
    for code in codes():
        text = pyproj.CRS(code).to_wkt("WKT1_ESRI")
        path.write_text(text)
        done = subprocess.run([peer.program, "epsg", path], capture_output=True, text=True, timeout=60)
        if done.stdout.strip() != str(code):
            wrong.append((code, done.stdout.strip() or done.stderr.strip(), text[:60]))
    assert not wrong
