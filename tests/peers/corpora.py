"""Other projects' public test files through our readers, held against GDAL's (rasterio, fiona) and Pillow's.

    python tests/peers/corpora.py --peer target/fast/examples/peer              # everything: a table, causes, corpora.json in the cache
    python tests/peers/corpora.py --peer ... --only rasterio libtiff --match 'cog|mask'

No part of pytest or of CI: it fetches some 250 MB by the package clients (`corpora_sources.py`) into a cache, once.

A file is read alone: what lies beside it is hidden from GDAL and from us. Outcomes:
  equal         every sample, or alpha 0 exactly where `dataset_mask()` is 0 (or Pillow's alpha, where GDAL has none), or every pixel burnt
                (vectors: as they are; shapes: where their system is refused, the same in a system that is known)
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
from pathlib import Path

import rasterio
from corpora_checks import STOP_S, Peer, check_raster, check_vectors
from corpora_sources import RASTER, SOURCES, VECTOR, fetch

CACHE = Path.home() / ".cache/groundmask/corpora"
OUTCOMES = ("equal", "refused", "unequal", "not compared", "panic", "slow")
CHECKS = ("samples", "mask", "colours", "vectors", "shapes")


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
                reads = " [GDAL reads it]" if r.get("gdal") == "reads it" else f" [{r['gdal']}]" if "gdal" in r and r["gdal"].startswith("fiona") else ""
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
