// @ts-check
/** A small Shapefile writer for the tests: polygons, one attribute, as ESRI's description of 1998 has it. */

/** @typedef {[number, number][]} Ring closed, the outer one clockwise */

/**
 * @param {{ ring: Ring, class: number }[]} polygons
 * @returns {{ shp: Buffer, dbf: Buffer }}
 */
export function shapefile(polygons) {
  const records = polygons.map(({ ring }, i) => {
    const content = Buffer.alloc(44 + 4 + 16 * ring.length);
    content.writeInt32LE(5, 0); // A polygon.
    box(ring).forEach((value, k) => content.writeDoubleLE(value, 4 + 8 * k));
    content.writeInt32LE(1, 36); // Parts.
    content.writeInt32LE(ring.length, 40);
    ring.flat().forEach((value, k) => content.writeDoubleLE(value, 48 + 8 * k));
    const head = Buffer.alloc(8);
    head.writeInt32BE(i + 1, 0);
    head.writeInt32BE(content.length / 2, 4);
    return Buffer.concat([head, content]);
  });
  const head = Buffer.alloc(100);
  head.writeInt32BE(9994, 0);
  head.writeInt32BE((100 + Buffer.concat(records).length) / 2, 24);
  head.writeInt32LE(1000, 28);
  head.writeInt32LE(5, 32);
  box(polygons.flatMap(({ ring }) => ring)).forEach((value, k) => head.writeDoubleLE(value, 36 + 8 * k));
  return { shp: Buffer.concat([head, ...records]), dbf: table(polygons.map((polygon) => polygon.class)) };
}

/** Least x, least y, largest x, largest y. @param {Ring} ring */
function box(ring) {
  const [x, y] = [0, 1].map((k) => ring.map((point) => point[k]));
  return [Math.min(...x), Math.min(...y), Math.max(...x), Math.max(...y)];
}

/** dBASE III with one column of whole numbers, `class`. @param {number[]} classes */
function table(classes) {
  const width = 4;
  const head = Buffer.alloc(32 + 32 + 1);
  head[0] = 3;
  head.writeUInt32LE(classes.length, 4);
  head.writeUInt16LE(head.length, 8);
  head.writeUInt16LE(1 + width, 10);
  head.write('class', 32, 'latin1');
  head.write('N', 32 + 11, 'latin1');
  head[32 + 16] = width;
  head[64] = 0x0d;
  return Buffer.concat([head, ...classes.map((n) => Buffer.from(` ${String(n).padStart(width)}`, 'latin1'))]);
}
