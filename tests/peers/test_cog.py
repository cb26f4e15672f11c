"""Our GeoTIFFs are cloud-optimised: rio-cogeo finds nothing to say against them, and their overviews are what they stand for."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rio_cogeo.cogeo import cog_info, cog_validate

from test_layers import PLACES, make, probability

KINDS = ["mask", "classes", "probability"]
SIZES = [(1, 1), (300, 512), (513, 40), (1023, 2049), (2600, 1900)]


def blocks(values: np.ndarray, factor: int) -> np.ndarray:
    """`[rows, columns, factor * factor]`: what each pixel of an overview stands for; NaN beyond the edge."""
    height, width = (-(-n // factor) for n in values.shape)
    padded = np.full((height * factor, width * factor), np.nan)
    padded[: values.shape[0], : values.shape[1]] = values
    split = padded.reshape(height, factor, width, factor).swapaxes(1, 2)
    return split.reshape(height, width, factor * factor)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("place", ["mercator", "turned", None])
def test_rio_cogeo_finds_nothing(peer, seed, size, place):
    make(peer, probability(np.random.default_rng(seed), *size), place)
    for kind in KINDS:
        path = peer.folder / f"{kind}.tif"
        is_valid, errors, warnings = cog_validate(path, strict=True)
        # Without a place it is none of a map; that is not the writer's fault.
        assert is_valid and not errors and not warnings, (kind, errors, warnings)
        assert cog_info(path).COG
        with rasterio.open(path) as f:
            assert f.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"


def test_the_command_line_of_rio_says_so(peer, seed):
    make(peer, probability(np.random.default_rng(seed), 1500, 1100), "utm")
    for kind in KINDS:
        rio = Path(sys.executable).with_name("rio")
        command = [rio, "cogeo", "validate", "--strict", peer.folder / f"{kind}.tif"]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        assert "is a valid cloud optimized GeoTIFF" in said, said


@pytest.mark.parametrize("size", SIZES[2:])
def test_overviews_are_means_of_what_was_measured(peer, seed, size):
    p = probability(np.random.default_rng(seed), *size)
    p[:, 13:70] = np.nan
    make(peer, p, "utm")
    for kind in KINDS:
        path = peer.folder / f"{kind}.tif"
        with rasterio.open(path) as f:
            whole, nodata, factors = f.read(1), f.nodata, f.overviews(1)
        assert factors == [2 ** (k + 1) for k in range(len(factors))] and factors
        assert max(size) / factors[-1] <= 512 < 2 * max(size) / factors[-1] + 1
        for level, factor in enumerate(factors):
            with rasterio.open(path, overview_level=level) as f:
                assert f.nodata == nodata
                found = f.read(1)
            stood_for = blocks(whole, factor)
            assert found.shape == stood_for.shape[:2]
            if kind == "probability":
                stood_for[stood_for == nodata] = np.nan
                nothing = np.isnan(stood_for).all(axis=2)
                assert np.array_equal(found == nodata, nothing) and (nothing.any() or factor > 32)
                wanted = np.nanmean(stood_for[~nothing], axis=1)
                assert np.allclose(found[~nothing], wanted, atol=1e-6)
            else:
                # A class that is there, the nodata one too, and no mixture.
                assert (stood_for == found[:, :, None]).any(axis=2).all()
                assert set(np.unique(found)) == set(np.unique(whole))
