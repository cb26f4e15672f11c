"""Made `six_classes/`: four tiles of land use with colour masks, sizes odd, one mask a pixel smaller than its image, two of
the masks palette PNGs of 2 and 4 bits. Generated, so that they may lie in the repository: `python3 make_six_classes.py`."""
import random
import struct
import zlib
from pathlib import Path

BUILDING, LAND, ROAD, PLANTS, WATER, UNLABELLED = range(6)
MASK = [(0x3C, 0x10, 0x98), (0x84, 0x29, 0xF6), (0x6E, 0xC1, 0xE4), (0xFE, 0xDD, 0x3A), (0xE2, 0xA9, 0x29), (0x9B, 0x9B, 0x9B)]
GROUND = [(190, 120, 110), (196, 180, 140), (110, 110, 118), (70, 120, 60), (40, 80, 120), (150, 150, 150)]


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, bits, colour, rows, palette=()):
    body = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))
    if palette:
        body += chunk(b"PLTE", b"".join(map(bytes, palette)))
    return b"\x89PNG\r\n\x1a\n" + body + chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows), 9)) + chunk(b"IEND", b"")


def packed(row, bits):
    out, per = bytearray(), 8 // bits
    for start in range(0, len(row), per):
        part = row[start : start + per] + [0] * per
        out.append(sum(value << (8 - bits * (n + 1)) for n, value in enumerate(part[:per])))
    return bytes(out)


def land(number, x, y):
    if number == 3:  # Few classes, for the mask of 2 bits.
        return LAND if x % 40 < 22 else (ROAD if y % 30 < 8 else BUILDING)
    if (x + 2 * y + 31 * number) % 150 < 22:
        return WATER
    if y % 37 < 5 or x % 61 < 5:
        return ROAD
    if (x // 11 + y // 9 + number) % 4 == 0:
        return BUILDING
    if (x // 30 + y // 25 + number) % 3 == 0:
        return PLANTS
    return UNLABELLED if (x + y) % 90 < 6 else LAND


def main():
    random.seed(5)
    folder = Path(__file__).parent / "six_classes"
    for side in ("image", "label"):
        (folder / side).mkdir(parents=True, exist_ok=True)
    sizes = [(119, 96), (76, 81), (77, 81), (101, 83)]
    for number, (width, height) in enumerate(sizes):
        classes = [[land(number, x, y) for x in range(width)] for y in range(height)]
        shade = lambda c: bytes(max(0, min(255, v + random.randint(-5, 5))) for v in GROUND[c])
        image = png(width, height, 8, 2, [b"".join(map(shade, row)) for row in classes])
        (folder / "image" / f"{number}.png").write_bytes(image)
        if number == 1:
            classes = [row[: width - 1] for row in classes]
        wide = len(classes[0])
        if number == 2:
            mask = png(wide, height, 4, 3, [packed(row, 4) for row in classes], MASK)
        elif number == 3:
            mask = png(wide, height, 2, 3, [packed(row, 2) for row in classes], MASK[:3])
        else:
            mask = png(wide, height, 8, 2, [b"".join(bytes(MASK[c]) for c in row) for row in classes])
        (folder / "label" / f"{number}.png").write_bytes(mask)


main()
