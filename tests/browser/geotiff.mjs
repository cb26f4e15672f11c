// @ts-check
/**
 * A small GeoTIFF writer for the tests (8 bits, RGB or more bands, one strip, no compression, EPSG code and pixel scale),
 * and a look into what the page writes.
 */

/**
 * @param {{ width: number, height: number, data: Uint8Array, bands?: number }} picture bands side by side
 * @param {{ epsg: number, x: number, y: number, pixel: number }} place top left corner and side of a pixel
 * @returns {Buffer}
 */
export function geoTiff({ width, height, data, bands = 3 }, place) {
  /** Bands beyond red, green, blue are no alpha. @type {Tag[]} */
  const extra = bands > 3 ? [[338, 3, bands - 3, shorts(Array(bands - 3).fill(0))]] : [];
  return assemble(
    [
      ...sizes(width, height, bands), [273, 4, 1, longs([0])], [277, 3, 1, shorts([bands])], [278, 4, 1, longs([height])],
      [279, 4, 1, longs([data.length])], ...extra, ...placed(place),
    ],
    Buffer.from(data),
  );
}

/**
 * A GeoTIFF of any size in few bytes: each of its tiles is one of some, which the file holds once.
 * @param {{ width: number, height: number, tilePx: number, tiles: Uint8Array[], which: (across: number, down: number) => number }} picture tiles of RGB
 * @param {{ epsg: number, x: number, y: number, pixel: number }} place
 */
export function repeatedTiff({ width, height, tilePx, tiles, which }, place) {
  const [across, down] = [Math.ceil(width / tilePx), Math.ceil(height / tilePx)];
  const bytes = tilePx * tilePx * 3;
  const offsets = Array.from({ length: across * down }, (_, n) => which(n % across, Math.floor(n / across)) * bytes);
  return assemble(
    [
      ...sizes(width, height, 3), [277, 3, 1, shorts([3])], [322, 3, 1, shorts([tilePx])], [323, 3, 1, shorts([tilePx])],
      [324, 4, offsets.length, longs(offsets)], [325, 4, offsets.length, longs(offsets.map(() => bytes))], ...placed(place),
    ],
    Buffer.concat(tiles),
  );
}

/** Tag, type, count, bytes. @typedef {[number, number, number, Buffer]} Tag */

/** @param {number[]} values */
const shorts = (values) => Buffer.from(new Uint16Array(values).buffer);
/** @param {number[]} values */
const longs = (values) => Buffer.from(new Uint32Array(values).buffer);
/** @param {number[]} values */
const doubles = (values) => Buffer.from(new Float64Array(values).buffer);

/** @param {number} width @param {number} height @param {number} bands @returns {Tag[]} */
const sizes = (width, height, bands) => [
  [256, 4, 1, longs([width])], [257, 4, 1, longs([height])], [258, 3, bands, shorts(Array(bands).fill(8))], [259, 3, 1, shorts([1])],
  [262, 3, 1, shorts([2])],
];

/** @param {{ epsg: number, x: number, y: number, pixel: number }} place @returns {Tag[]} */
const placed = ({ epsg, x, y, pixel }) => [
  [33550, 12, 3, doubles([pixel, pixel, 0])], [33922, 12, 6, doubles([0, 0, 0, x, y, 0])],
  [34735, 3, 16, shorts([1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, epsg])],
];

/** Head, directory, values, data; offsets of strips and tiles count from the data on. @param {Tag[]} tags @param {Buffer} data */
function assemble(tags, data) {
  let at = 8 + 2 + 12 * tags.length + 4;
  const beyond = tags.filter(([, , , bytes]) => bytes.length > 4);
  const begin = at + beyond.reduce((sum, [, , , bytes]) => sum + bytes.length, 0);
  for (const [tag, , count, bytes] of tags) {
    if (tag !== 273 && tag !== 324) continue;
    for (let i = 0; i < count; i += 1) bytes.writeUInt32LE(begin + bytes.readUInt32LE(4 * i), 4 * i);
  }
  const head = Buffer.alloc(at);
  head.write('II', 0, 'latin1');
  head.writeUInt16LE(42, 2);
  head.writeUInt32LE(8, 4);
  head.writeUInt16LE(tags.length, 8);
  tags.forEach(([tag, type, count, bytes], i) => {
    const entry = 10 + 12 * i;
    head.writeUInt16LE(tag, entry);
    head.writeUInt16LE(type, entry + 2);
    head.writeUInt32LE(count, entry + 4);
    if (bytes.length <= 4) bytes.copy(head, entry + 8);
    else {
      head.writeUInt32LE(at, entry + 8);
      at += bytes.length;
    }
  });
  return Buffer.concat([head, ...beyond.map(([, , , bytes]) => bytes), data]);
}

/**
 * The tiles of a little-endian TIFF as they lie in the file: by its first directory's tags 324 and 325.
 * @param {Buffer} tiff
 */
export function tilesOf(tiff) {
  const directory = tiff.readUInt32LE(4);
  /** @type {Map<number, number[]>} */
  const tags = new Map();
  for (let entry = directory + 2; entry < directory + 2 + 12 * tiff.readUInt16LE(directory); entry += 12) {
    const count = tiff.readUInt32LE(entry + 4);
    const at = count > 1 ? tiff.readUInt32LE(entry + 8) : entry + 8;
    if (tiff.readUInt16LE(entry + 2) === 4) tags.set(tiff.readUInt16LE(entry), Array.from({ length: count }, (_, i) => tiff.readUInt32LE(at + 4 * i)));
  }
  const lengths = tags.get(325) ?? [];
  return (tags.get(324) ?? []).map((offset, i) => tiff.subarray(offset, offset + lengths[i]));
}
