"""Prints code, tab and Esri's well-known text of every EPSG system that PROJ gives its code back for.

`python tests/peers/esri_texts.py > /tmp/esri_texts.tsv`, then
`ESRI_TEXTS=/tmp/esri_texts.tsv cargo test --lib -- --ignored writes_the_table` makes `src/geo/esri_codes.bin`.
Made with PROJ 9.7 of rasterio 1.4.4.
"""

import sqlite3
import warnings
from pathlib import Path

import rasterio
from rasterio.crs import CRS

warnings.filterwarnings("ignore")
database = sqlite3.connect(Path(rasterio.__file__).parent / "proj_data" / "proj.db")
codes = [
    code
    for table, kinds in (
        ("projected_crs", ""),
        ("geodetic_crs", " and type like 'geographic%'"),
        ("vertical_crs", ""),
    )
    for (code,) in database.execute(f"select code from {table} where auth_name = 'EPSG'{kinds}")
]
found = set()
for code in [*codes, "900913"]:
    try:
        text = CRS.from_user_input(f"EPSG:{code}").to_wkt(version="WKT1_ESRI")
        back = CRS.from_wkt(text).to_epsg()
    except rasterio.errors.CRSError:
        continue
    if back and "\n" not in text:
        found.add((back, text))
for back, text in sorted(found):
    print(f"{back}\t{text}")
