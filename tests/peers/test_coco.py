"""Our COCO annotations by pycocotools: each region is there once, with the pixels that it has."""

import json

import numpy as np
import pytest
import rasterio.features
from pycocotools.coco import COCO

from test_layers import make, probability


@pytest.mark.parametrize("tolerance", [0, 1.5])
def test_annotations_are_the_regions(peer, seed, tolerance):
    p = probability(np.random.default_rng(seed), 210, 260)
    make(peer, p, None, smallest=1 if tolerance == 0 else 40, tolerance=tolerance)
    mask = np.where(np.isnan(p), 0, p >= 0.5).astype(np.uint8)
    coco = COCO(peer.folder / "coco.json")
    (image,) = coco.loadImgs(coco.getImgIds())
    assert (image["file_name"], image["height"], image["width"]) == ("image.tif", 210, 260)
    assert [c["name"] for c in coco.loadCats(coco.getCatIds())] == ["building"]
    found = coco.loadAnns(coco.getAnnIds())
    masks = [coco.annToMask(one) for one in found]
    kinds = {isinstance(one["segmentation"], dict) for one in found}
    assert kinds == {False, True}, "regions with holes and without"
    for one, own in zip(found, masks):
        x, y, width, height = one["bbox"]
        rows, columns = np.nonzero(own)
        if tolerance == 0:
            assert own.sum() == one["area"]
            assert [columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1] == [x, y, width, height]
        else:
            assert abs(own.sum() / one["area"] - 1) < 0.35
    if tolerance == 0:
        theirs = list(rasterio.features.shapes(mask, mask=mask > 0, connectivity=4))
        assert len(found) == len(theirs)
        assert np.array_equal(np.sum(masks, axis=0), mask)
    else:
        together = np.any(masks, axis=0)
        assert (together & (mask == 1)).sum() / (together | (mask == 1)).sum() > 0.8
    assert len({json.dumps(one["segmentation"]) for one in found}) == len(found)
