"""Which pairs are held back: as Groundmask draws them (`src/data/split.rs`), from ChaCha with 8 rounds."""

import struct

MASK = 0xFFFFFFFF
CONSTANTS = struct.unpack("<4I", b"expand 32-byte k")
# Columns and diagonals of the state (RFC 8439, section 2.3).
QUARTERS = [(i, i + 4, i + 8, i + 12) for i in range(4)] + [(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4) for i in range(4)]
SPLIT = 1


def words(key, block):
    """The 16 words of a block of ChaCha8, its counter of 64 bits."""
    start = [*CONSTANTS, *struct.unpack("<8I", key), block & MASK, block >> 32, 0, 0]
    x = list(start)

    def mix(a, b, c, shift):
        x[a] = (x[a] + x[b]) & MASK
        turned = x[c] ^ x[a]
        x[c] = ((turned << shift) | (turned >> (32 - shift))) & MASK

    for _ in range(4):
        for a, b, c, d in QUARTERS:
            mix(a, b, d, 16)
            mix(c, d, b, 12)
            mix(a, b, d, 8)
            mix(c, d, b, 7)
    return [(own + first) & MASK for own, first in zip(x, start, strict=True)]


class Draw:
    """The stream of a seed for a purpose (`src/data/draw.rs`)."""

    def __init__(self, seed, stream):
        self.key = struct.pack("<IB27x", seed, stream)
        self.block = 0
        self.left = []

    def below(self, n):
        if not self.left:
            self.left = words(self.key, self.block)
            self.block += 1
        low, high = self.left[:2]
        self.left = self.left[2:]
        return ((high << 32 | low) * n) >> 64

    def shuffle(self, items):
        for i in reversed(range(1, len(items))):
            j = self.below(i + 1)
            items[i], items[j] = items[j], items[i]


def by_share(count, share, seed):
    """Numbers of the pairs to train on and of those held back, both ascending."""
    order = list(range(count))
    wanted = 0
    if share > 0 and count >= 2:
        # Half is rounded up, as Rust has it.
        wanted = min(max(int(count * min(share, 1.0) + 0.5), 1), count - 1)
    Draw(seed, SPLIT).shuffle(order)
    return sorted(order[: count - wanted]), sorted(order[count - wanted :])
