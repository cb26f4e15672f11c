"""Touching objects apart, as scikit-image's watershed floods the same boundaries from the same insides."""

import numpy as np
from safetensors.numpy import load_file, save_file
from skimage.measure import label
from skimage.segmentation import find_boundaries, watershed

SIDE = 240


def cells(rng: np.random.Generator) -> np.ndarray:
    """Numbers of the nearest of some points, on an island of their own."""
    points = rng.uniform(10, SIDE - 10, (30, 2))
    y, x = np.mgrid[:SIDE, :SIDE]
    distances = (y[..., None] - points[:, 0]) ** 2 + (x[..., None] - points[:, 1]) ** 2
    numbers = distances.argmin(axis=-1) + 1
    return np.where(np.hypot(y - SIDE / 2, x - SIDE / 2) < SIDE * 0.45, numbers, 0)


def test_boundaries_are_flooded_alike(peer, seed):
    rng = np.random.default_rng(seed)
    numbers = cells(rng)
    wall = find_boundaries(numbers, connectivity=2, mode="thick") & (numbers > 0)
    levels = rng.integers(0, 256, numbers.shape)
    ground = np.where(numbers == 0, 0, np.where(wall, levels + 2, 1))
    save_file({"ground": ground.astype(np.float32)}, peer.folder / "ground.safetensors")
    peer("objects", peer.folder / "ground.safetensors", peer.folder / "objects.safetensors")
    ours = load_file(peer.folder / "objects.safetensors")["objects"].astype(int)

    insides = label(ground == 1, connectivity=1)
    sizes = np.bincount(insides.ravel())
    insides[np.isin(insides, np.flatnonzero(sizes < 8))] = 0
    theirs = watershed(np.where(wall, levels, 0), insides, mask=numbers > 0, connectivity=1)
    assert ((ours > 0) == (theirs > 0)).all()
    # Each of ours is one of theirs, up to pixels that the flood comes to at once.
    pairs, counts = np.unique(np.stack([ours, theirs])[:, ours > 0], axis=1, return_counts=True)
    alike = sum(counts[pairs[0] == number].max() for number in np.unique(pairs[0]))
    print(f"seed {seed}: {len(np.unique(pairs[0]))} objects, {alike / counts.sum():.4%} alike")
    assert len(np.unique(pairs[0])) == len(np.unique(pairs[1])) == len(np.unique(insides)) - 1
    assert alike / counts.sum() > 0.995
