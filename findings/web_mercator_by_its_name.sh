#!/usr/bin/env bash
# rasterio 1.4.4 (GDAL 3.10.3), tifffile 2026.3.3 writes
#
# Expected: the numeric keys of a GeoTIFF say what its projection is; the citation is
#   a text for people.
# Happens: for keys that say Mercator on the ellipsoid of WGS 84, GDAL reads the
#   citation too. With none it is EPSG:3395 (World Mercator). With the text
#   WGS_1984_Web_Mercator_Auxiliary_Sphere, in any case, alone or after "PCS Name = ",
#   the keys are overruled: EPSG:3857. With spaces for the underscores, or with a word
#   before it, it is the ellipsoid again, and also with the whole definition after
#   "ESRI PE String = ", although that definition by itself is EPSG:3857. UTM in that
#   text is ignored.
# Cost: equal keys, equal pixels, 21 km on the ground at Prague, by a text that a tool
#   tidies, cuts or drops when it copies a file; the image still lies on the Earth,
#   just wrong.
#
# Observed (where the tie point of northing 6460142 lies):
#   no text             : EPSG 3395 latitude 50.269
#   the name            : EPSG 3857 latitude 50.080
#   lower case          : EPSG 3857 latitude 50.080
#   PCS Name = the name : EPSG 3857 latitude 50.080
#   with spaces         : EPSG None latitude 50.269
#   like the name       : EPSG 3395 latitude 50.269
#   ESRI PE String = all: EPSG 3395 latitude 50.269
#   UTM zone 33N        : EPSG None latitude 50.269
#   apart: 21 km
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q rasterio==1.4.4 tifffile==2026.3.3 pyproj==3.7.2 numpy==2.4.6
v/bin/python -W ignore - <<'PY'
import numpy as np, pyproj, rasterio, tifffile
from rasterio.crs import CRS
from rasterio.warp import transform

def place(text):
    keys = [(1024, 0, 1, 1), (1025, 0, 1, 1), (2048, 0, 1, 4326), (3072, 0, 1, 32767)]
    if text:
        keys.append((3073, 34737, len(text) + 1, 0))
    keys += [(3074, 0, 1, 32767), (3075, 0, 1, 7), (3076, 0, 1, 9001), (3080, 34736, 1, 0), (3081, 34736, 1, 1),
             (3082, 34736, 1, 0), (3083, 34736, 1, 1), (3092, 34736, 1, 2)]
    keys = [1, 1, 0, len(keys)] + [v for k in keys for v in k]
    tags = [(33550, 12, 3, (10.0, 10.0, 0.0)), (33922, 12, 6, (0, 0, 0, 1605227.0, 6460142.0, 0)),
            (34735, 3, len(keys), tuple(keys)), (34736, 12, 3, (0.0, 0.0, 1.0))]
    if text:
        tags.append((34737, 2, len(text) + 2, text + "|"))
    tifffile.imwrite("w.tif", np.zeros((4, 4), "uint8"), metadata=None, extratags=tags)
    with rasterio.open("w.tif") as s:
        return s.crs.to_epsg(), transform(s.crs, "EPSG:4326", [s.transform.c], [s.transform.f])[1][0]

name = "WGS_1984_Web_Mercator_Auxiliary_Sphere"
esri = pyproj.CRS(3857).to_wkt("WKT1_ESRI")
assert CRS.from_wkt(esri).to_epsg() == 3857
cases = {"no text": None, "the name": name, "lower case": name.lower(), "PCS Name = the name": "PCS Name = " + name,
         "with spaces": name.replace("_", " "), "like the name": "like " + name, "ESRI PE String = all": "ESRI PE String = " + esri,
         "UTM zone 33N": "WGS 84 / UTM zone 33N"}
got = {}
for key, text in cases.items():
    got[key] = place(text)
    print("%-20s: EPSG %-4s latitude %.3f" % (key, *got[key]))
sphere = {"the name", "lower case", "PCS Name = the name"}
assert {k for k, v in got.items() if v[0] == 3857} == sphere
assert all(abs(v[1] - (50.08 if k in sphere else 50.269)) < 0.01 for k, v in got.items())
km = (got["no text"][1] - got["the name"][1]) * 111.2
print("apart: %.0f km" % km)
assert 20 < km < 22
PY
