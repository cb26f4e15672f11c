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
export function geoTiff({ width, height, data, bands = 3 }, { epsg, x, y, pixel }) {
  /** @param {number[]} values */
  const shorts = (values) => Buffer.from(new Uint16Array(values).buffer);
  /** @param {number[]} values */
  const longs = (values) => Buffer.from(new Uint32Array(values).buffer);
  /** @param {number[]} values */
  const doubles = (values) => Buffer.from(new Float64Array(values).buffer);
  /** Bands beyond red, green, blue are no alpha. @type {[number, number, number, Buffer][]} */
  const extra = bands > 3 ? [[338, 3, bands - 3, shorts(Array(bands - 3).fill(0))]] : [];
  /** Tag, type, count, bytes. @type {[number, number, number, Buffer][]} */
  const tags = [
    [256, 4, 1, longs([width])], [257, 4, 1, longs([height])], [258, 3, bands, shorts(Array(bands).fill(8))], [259, 3, 1, shorts([1])],
    [262, 3, 1, shorts([2])], [273, 4, 1, longs([0])], [277, 3, 1, shorts([bands])], [278, 4, 1, longs([height])],
    [279, 4, 1, longs([data.length])], ...extra, [33550, 12, 3, doubles([pixel, pixel, 0])], [33922, 12, 6, doubles([0, 0, 0, x, y, 0])],
    [34735, 3, 16, shorts([1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, epsg])],
  ];
  let at = 8 + 2 + 12 * tags.length + 4;
  const beyond = tags.filter(([, , , bytes]) => bytes.length > 4);
  const strip = at + beyond.reduce((sum, [, , , bytes]) => sum + bytes.length, 0);
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
    if (tag === 273) head.writeUInt32LE(strip, entry + 8);
    else if (bytes.length <= 4) bytes.copy(head, entry + 8);
    else {
      head.writeUInt32LE(at, entry + 8);
      at += bytes.length;
    }
  });
  return Buffer.concat([head, ...beyond.map(([, , , bytes]) => bytes), Buffer.from(data)]);
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
