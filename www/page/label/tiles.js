// @ts-check
/**
 * The labels of one image as the page holds them: a byte a pixel in square tiles, of which only those exist that hold more
 * than one value. What nobody touched takes no memory, however large the image.
 */
import { UNLABELLED, UNTOUCHED } from '../../generated/constants.js';

/** Side of a tile, pixels. */
export const TILE_PX = 256;
const TILE_BYTES = TILE_PX * TILE_PX;

/** @typedef {{ left: number, top: number, width: number, height: number }} Rect in pixels of the image */
/** @typedef {Rect & { values: Uint8Array }} Patch row by row */
/** Rows of pixels: row, first column, column after the last, again and again. @typedef {number[]} Spans */
/** A tile, or the one value that all of it has. @typedef {Uint8Array | number} Tile */

export class LabelTiles {
  /** @param {number} width @param {number} height pixels */
  constructor(width, height) {
    this.width = width;
    this.height = height;
    this.columns = Math.ceil(width / TILE_PX);
    this.rows = Math.ceil(height / TILE_PX);
    /** @type {Map<number, Tile>} */
    this.tiles = new Map();
    /** Told before a tile changes. @type {((index: number) => void) | null} */
    this.beforeChange = null;
  }

  /** @param {number} index @returns {Tile} */
  tile(index) {
    return this.tiles.get(index) ?? UNLABELLED;
  }

  /** @param {number} x @param {number} y */
  at(x, y) {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return UNLABELLED;
    const tile = this.tile(Math.floor(y / TILE_PX) * this.columns + Math.floor(x / TILE_PX));
    return typeof tile === 'number' ? tile : tile[(y % TILE_PX) * TILE_PX + (x % TILE_PX)];
  }

  /** The bytes of a tile, to be written to. @param {number} index @returns {Uint8Array} */
  bytesOf(index) {
    this.beforeChange?.(index);
    const tile = this.tile(index);
    if (typeof tile !== 'number') return tile;
    const bytes = new Uint8Array(TILE_BYTES).fill(tile);
    this.tiles.set(index, bytes);
    return bytes;
  }

  /** Puts a whole tile in another's place. @param {number} index @param {Tile} tile */
  put(index, tile) {
    if (tile === UNLABELLED) this.tiles.delete(index);
    else this.tiles.set(index, tile);
  }

  /** A tile of one value alone is kept as that value. @param {number} index */
  settle(index) {
    const tile = this.tiles.get(index);
    if (tile === undefined || typeof tile === 'number') return;
    const [first] = tile;
    // Beyond the image's edge a tile holds nothing that counts; it is filled along with whole tiles only.
    if (tile.every((value) => value === first)) this.put(index, first);
  }

  /** Gives pixels a value. @param {Spans} spans @param {number} value */
  fill(spans, value) {
    for (let i = 0; i + 2 < spans.length; i += 3) {
      const y = spans[i];
      if (y < 0 || y >= this.height) continue;
      const end = Math.min(this.width, spans[i + 2]);
      const row = Math.floor(y / TILE_PX) * this.columns;
      const inRow = (y % TILE_PX) * TILE_PX;
      for (let x = Math.max(0, spans[i + 1]); x < end;) {
        const column = Math.floor(x / TILE_PX);
        const to = Math.min(end, (column + 1) * TILE_PX);
        const from = inRow + x - column * TILE_PX;
        if (this.tile(row + column) !== value) this.bytesOf(row + column).fill(value, from, from + to - x);
        x = to;
      }
    }
  }

  /** Lays a patch over the labels; what it leaves as it is stays. @param {Patch} patch */
  paste({ left, top, width, height, values }) {
    /** @type {Set<number>} */
    const touched = new Set();
    for (let y = Math.max(0, -top); y < height && top + y < this.height; y += 1) {
      const row = Math.floor((top + y) / TILE_PX) * this.columns;
      const inRow = ((top + y) % TILE_PX) * TILE_PX;
      for (let x = Math.max(0, -left); x < width && left + x < this.width;) {
        const column = Math.floor((left + x) / TILE_PX);
        const to = Math.min(width, (column + 1) * TILE_PX - left);
        const from = y * width;
        const one = sameValue(values, from + x, from + to);
        if (one === UNTOUCHED || this.tile(row + column) === one) {
          x = to;
          continue;
        }
        const bytes = this.bytesOf(row + column);
        touched.add(row + column);
        for (; x < to; x += 1) {
          const value = values[from + x];
          if (value !== UNTOUCHED) bytes[inRow + left + x - column * TILE_PX] = value;
        }
      }
    }
    for (const index of touched) this.settle(index);
  }

  /** The labels of a part. @param {Rect} rect @returns {Uint8Array} row by row; outside the image not labelled */
  copy({ left, top, width, height }) {
    const out = new Uint8Array(width * height).fill(UNLABELLED);
    for (const index of this.tilesIn({ left, top, width, height })) {
      const tile = this.tile(index);
      if (tile === UNLABELLED) continue;
      const x0 = (index % this.columns) * TILE_PX;
      const y0 = Math.floor(index / this.columns) * TILE_PX;
      const from = Math.max(left, x0);
      const to = Math.min(left + width, x0 + TILE_PX, this.width);
      for (let y = Math.max(top, y0); y < Math.min(top + height, y0 + TILE_PX, this.height); y += 1) {
        const at = (y - top) * width + from - left;
        if (typeof tile === 'number') out.fill(tile, at, at + to - from);
        else out.set(tile.subarray((y - y0) * TILE_PX + from - x0, (y - y0) * TILE_PX + to - x0), at);
      }
    }
    return out;
  }

  /** Numbers of the tiles that a part touches. @param {Rect} rect @returns {number[]} */
  tilesIn({ left, top, width, height }) {
    const found = [];
    const right = Math.min(this.columns - 1, Math.floor((left + width - 1) / TILE_PX));
    const bottom = Math.min(this.rows - 1, Math.floor((top + height - 1) / TILE_PX));
    for (let y = Math.max(0, Math.floor(top / TILE_PX)); y <= bottom; y += 1) {
      for (let x = Math.max(0, Math.floor(left / TILE_PX)); x <= right; x += 1) found.push(y * this.columns + x);
    }
    return found;
  }

  /** Bytes held, for the tests of what painting costs. */
  get bytes() {
    let sum = 0;
    for (const tile of this.tiles.values()) sum += typeof tile === 'number' ? 0 : tile.length;
    return sum;
  }
}

/** The value that all of a range has, else -1. @param {Uint8Array} values @param {number} from @param {number} to */
function sameValue(values, from, to) {
  const first = values[from];
  for (let i = from + 1; i < to; i += 1) if (values[i] !== first) return -1;
  return first;
}

/** The smallest rectangle around both. @param {Rect | null} a @param {Rect | null} b @returns {Rect | null} */
export function around(a, b) {
  if (!a || !b) return a ?? b;
  const left = Math.min(a.left, b.left);
  const top = Math.min(a.top, b.top);
  return { left, top, width: Math.max(a.left + a.width, b.left + b.width) - left, height: Math.max(a.top + a.height, b.top + b.height) - top };
}
