"""Map tiles by their names: the place is mercantile's."""

import json

import mercantile
import numpy as np
import pytest

FORMS = {
    "z/x/y": lambda t: f"{t.z}/{t.x}/{t.y}.png",
    "z-x-y": lambda t: f"image/{t.z}-{t.x}-{t.y}.jpg",
    "x-y-z": lambda t: f"image/{t.x}-{t.y}-{t.z}.png",
    "words": lambda t: f"tile_{t.x}_{t.y}_{t.z}@2x.webp",
    "letters": lambda t: f"x{t.x}y{t.y}z{t.z}.png",
    "quadkey": lambda t: f"{mercantile.quadkey(t)}.png",
    "tms": lambda t: f"tms/{t.z}/{t.x}/{2**t.z - 1 - t.y}.png",
}


@pytest.mark.parametrize("form", FORMS)
def test_places_are_mercantiles(peer, seed, form):
    """Within a millionth of a pixel, wherever people live, of one zoom a set; and neighbours touch."""
    rng = np.random.default_rng(seed)
    for side in [256, 512]:
        zoom = int(rng.integers(12, 23))
        tiles = [
            mercantile.tile(lng, lat, zoom) for lng, lat in zip(rng.uniform(-179, 179, 40), rng.uniform(-70, 75, 40))
        ]
        places = json.loads(peer("places", side, *map(FORMS[form], tiles)))
        for tile, (epsg, ours) in zip(tiles, places):
            assert epsg == 3857
            box = mercantile.xy_bounds(tile)
            pixel = (box.right - box.left) / side
            theirs = [box.left, pixel, 0, box.top, 0, -(box.top - box.bottom) / side]
            # The corners: of all four the farthest.
            ends = lambda t: np.array([t[0], t[3], t[0] + side * t[1], t[3] + side * t[5]])
            assert np.abs(ends(ours) - ends(theirs)).max() < 1e-6 * pixel + 1e-8, (form, tile)


def test_numbers_that_are_none_have_no_place(peer):
    for names in [["2020-05-17.png", "2020-05-18.png"], ["3_4_12.png"], ["a/12/3/4.png"], ["t_0_512_512.png"]]:
        assert json.loads(peer("places", 256, *names)) == [None] * len(names)
