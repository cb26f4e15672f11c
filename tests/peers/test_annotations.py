"""Labelling tools' files as masks, through the page's own way in: COCO against pycocotools, others' polygons against GDAL."""

import json

import numpy as np
import rasterio
import rasterio.features
from pycocotools import mask as coco_mask
from safetensors.numpy import load_file

HEIGHT, WIDTH = 90, 120


def images(folder, rng, count: int) -> list[str]:
    names = [f"p{i}.png" for i in range(count)]
    for name in names:
        with rasterio.open(folder / name, "w", driver="PNG", width=WIDTH, height=HEIGHT, count=3, dtype="uint8") as file:
            file.write(rng.integers(0, 256, (3, HEIGHT, WIDTH), np.uint8))
    return names


def trained(peer, folder) -> tuple[dict, list[np.ndarray]]:
    out = peer.folder / "out.safetensors"
    facts = json.loads(peer("train", folder, out))
    tensors = load_file(out)
    return facts, [tensors[f"mask_{i}"] for i in range(len(facts["pairs"]))]


def blob(rng) -> np.ndarray:
    """A mask of noise and discs, of any topology."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    mask = np.zeros((HEIGHT, WIDTH), bool)
    for _ in range(rng.integers(1, 5)):
        cy, cx, r = rng.uniform(0, HEIGHT), rng.uniform(0, WIDTH), rng.uniform(2, 30)
        mask ^= (y - cy) ** 2 + (x - cx) ** 2 < r * r
    return mask ^ (rng.random(mask.shape) < rng.choice([0, 0.02]))


def test_coco_runs_are_pycocotools(peer, seed):
    """Run lengths as string and as numbers, to the pixel."""
    rng = np.random.default_rng(seed)
    folder = peer.folder / "set"
    folder.mkdir()
    names = images(folder, rng, 6)
    annotations, truth = [], []
    for i, _ in enumerate(names):
        mask = blob(rng)
        rle = coco_mask.encode(np.asfortranarray(mask.astype(np.uint8)))
        if i % 2:
            flat = mask.flatten("F").astype(np.int8)
            edges = np.flatnonzero(np.diff(np.concatenate([[0], flat, [-1]])))
            counts = np.diff(np.concatenate([[0], edges])).tolist()
        else:
            counts = rle["counts"].decode()
        annotations.append({"id": i, "image_id": i + 1, "category_id": 1, "iscrowd": 1, "segmentation": {"size": [HEIGHT, WIDTH], "counts": counts}})
        truth.append(mask)
    coco = {
        "images": [{"id": i + 1, "file_name": name, "width": WIDTH, "height": HEIGHT} for i, name in enumerate(names)],
        "categories": [{"id": 1, "name": "roof"}],
        "annotations": annotations,
    }
    (folder / "_annotations.coco.json").write_text(json.dumps(coco))
    facts, masks = trained(peer, folder)
    assert len(masks) == len(names), facts
    for ours, theirs in zip(masks, truth):
        assert np.array_equal(ours > 0, theirs)


def test_coco_polygons_are_pycocotools_but_for_edges(peer, seed):
    """pycocotools fills on a grid five times as fine, we by the middles of pixels: they differ at edges alone."""
    rng = np.random.default_rng(seed)
    folder = peer.folder / "set"
    folder.mkdir()
    names = images(folder, rng, 4)
    annotations, truth = [], []
    for i, _ in enumerate(names):
        parts = [(rng.uniform([10, 10], [WIDTH - 10, HEIGHT - 10], (1, 2)) + turned(rng)).clip(0, [WIDTH, HEIGHT]) for _ in range(2)]
        segmentation = [part.flatten().round(2).tolist() for part in parts]
        annotations.append({"id": i, "image_id": i, "category_id": 3, "segmentation": segmentation})
        truth.append(coco_mask.decode(coco_mask.merge(coco_mask.frPyObjects(segmentation, HEIGHT, WIDTH))) > 0)
    coco = {
        "images": [{"id": i, "file_name": f"set/{name}", "width": WIDTH, "height": HEIGHT} for i, name in enumerate(names)],
        "categories": [{"id": 3, "name": "roof"}],
        "annotations": annotations,
    }
    (folder / "coco.json").write_text(json.dumps(coco))
    _, masks = trained(peer, folder)
    for ours, theirs in zip(masks, truth):
        differ = (ours > 0) != theirs
        assert not (differ & ~near_edge(theirs)).any()


def turned(rng) -> np.ndarray:
    angles = np.sort(rng.uniform(0, 2 * np.pi, 9))
    return np.stack([np.cos(angles), np.sin(angles)], 1) * rng.uniform(8, 25, (9, 1))


def near_edge(mask: np.ndarray) -> np.ndarray:
    padded = np.pad(mask, 1, mode="edge")
    windows = [padded[dy : dy + HEIGHT, dx : dx + WIDTH] for dy in range(3) for dx in range(3)]
    return np.any(windows, 0) & ~np.all(windows, 0)


def test_labelme_yolo_and_via(peer, seed):
    rng = np.random.default_rng(seed)
    for tool in ["labelme", "yolo", "via"]:
        folder = peer.folder / tool
        folder.mkdir()
        names = images(folder, rng, 3)
        via, truth = {}, []
        for name in names:
            points = (rng.uniform(30, 60, (1, 2)) + turned(rng)).round(3)
            shape = {"type": "Polygon", "coordinates": [[*points.tolist(), points[0].tolist()]]}
            truth.append(rasterio.features.rasterize([shape], (HEIGHT, WIDTH)) > 0)
            stem = name.removesuffix(".png")
            if tool == "labelme":
                shapes = [{"label": "roof", "points": points.tolist(), "shape_type": "polygon", "flags": {}}]
                text = {"version": "5.4.1", "shapes": shapes, "imagePath": name, "imageData": None, "imageHeight": HEIGHT, "imageWidth": WIDTH}
                (folder / f"{stem}.json").write_text(json.dumps(text))
            elif tool == "yolo":
                shares = (points / [WIDTH, HEIGHT]).flatten()
                (folder / f"{stem}.txt").write_text("0 " + " ".join(f"{v:.12f}" for v in shares) + "\n")
            else:
                attributes = {"name": "polygon", "all_points_x": points[:, 0].tolist(), "all_points_y": points[:, 1].tolist()}
                via[name] = {"filename": name, "size": 1, "regions": [{"shape_attributes": attributes, "region_attributes": {"class": "roof"}}]}
        if tool == "via":
            (folder / "via.json").write_text(json.dumps({"_via_settings": {}, "_via_img_metadata": via}))
        facts, masks = trained(peer, folder)
        assert len(masks) == 3, (tool, facts)
        for ours, theirs in zip(masks, truth):
            assert ((ours > 0) != theirs).sum() <= 2, tool
