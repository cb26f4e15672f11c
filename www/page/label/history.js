// @ts-check
/**
 * Undo and redo without a limit: a stroke is remembered as the runs of pixels that it changed, some hundred bytes.
 */
import { UNTOUCHED } from '../../generated/constants.js';
import { TILE_PX, around } from './tiles.js';

/**
 * @typedef {import('./tiles.js').LabelTiles} LabelTiles
 * @typedef {import('./tiles.js').Rect} Rect
 * @typedef {import('./tiles.js').Patch} Patch
 * @typedef {import('./tiles.js').Tile} Tile
 */

/**
 * What became of some pixels: for each tile its runs, packed as pixels skipped, pixels changed, value before, value after.
 * @typedef {{ tiles: { index: number, runs: Uint8Array }[], rect: Rect }} Change
 */

/** Larger patches are sent in several. */
const MAX_PATCH_PX = 1024;

/** Watches tiles while they are painted on, and says what became of them. */
export class Recorder {
  /** @param {LabelTiles} tiles */
  constructor(tiles) {
    this.tiles = tiles;
    /** Tiles as they were. @type {Map<number, Tile>} */
    this.before = new Map();
    tiles.beforeChange = (index) => this.remember(index);
  }

  /** @param {number} index */
  remember(index) {
    if (this.before.has(index)) return;
    const tile = this.tiles.tile(index);
    this.before.set(index, typeof tile === 'number' ? tile : tile.slice());
  }

  /** What changed since it was asked last. @returns {Change | null} */
  take() {
    /** @type {Change['tiles']} */
    const changed = [];
    /** @type {Rect | null} */
    let rect = null;
    for (const [index, old] of this.before) {
      const found = difference(old, this.tiles.tile(index));
      if (found) {
        changed.push({ index, runs: found.runs });
        const left = (index % this.tiles.columns) * TILE_PX;
        const top = Math.floor(index / this.tiles.columns) * TILE_PX;
        rect = around(rect, { left: left + found.left, top: top + found.top, width: found.right - found.left, height: found.bottom - found.top });
      }
      this.tiles.settle(index);
    }
    this.before.clear();
    // Beyond its edge an image has no pixels, though its last tiles have.
    if (rect) rect = { ...rect, width: Math.min(rect.width, this.tiles.width - rect.left), height: Math.min(rect.height, this.tiles.height - rect.top) };
    return rect && { tiles: changed, rect };
  }

  /** Nothing more is watched. */
  stop() {
    this.tiles.beforeChange = null;
  }
}

/** @param {Tile} before @param {Tile} after */
function difference(before, after) {
  const [old, now] = [before, after].map((tile) => (typeof tile === 'number' ? new Uint8Array(TILE_PX * TILE_PX).fill(tile) : tile));
  const [oldWords, nowWords] = [old, now].map(({ buffer, byteOffset, length }) => new Uint32Array(buffer, byteOffset, length / 4));
  /** @type {number[]} */
  const runs = [];
  let [left, right, top, bottom] = [TILE_PX, 0, TILE_PX, 0];
  let told = 0;
  for (let i = 0; i < TILE_PX * TILE_PX;) {
    // Most of a tile is as it was: four pixels at a time.
    if (i % 4 === 0 && oldWords[i / 4] === nowWords[i / 4]) {
      i += 4;
      continue;
    }
    const from = old[i];
    const to = now[i];
    if (from === to) {
      i += 1;
      continue;
    }
    const begin = i;
    // A run stays in its row, so that its place is a rectangle's.
    const end = (Math.floor(i / TILE_PX) + 1) * TILE_PX;
    while (i < end && old[i] === from && now[i] === to) i += 1;
    varint(runs, begin - told);
    varint(runs, i - begin);
    runs.push(from, to);
    told = i;
    const row = Math.floor(begin / TILE_PX);
    left = Math.min(left, begin % TILE_PX);
    right = Math.max(right, ((i - 1) % TILE_PX) + 1);
    top = Math.min(top, row);
    bottom = row + 1;
  }
  return runs.length ? { runs: Uint8Array.from(runs), left, right, top, bottom } : null;
}

/** @param {number[]} out @param {number} value */
function varint(out, value) {
  for (; value >= 128; value = Math.floor(value / 128)) out.push((value % 128) + 128);
  out.push(value);
}

/** @param {Uint8Array} runs @param {(from: number, length: number, before: number, after: number) => void} visit */
function eachRun(runs, visit) {
  let at = 0;
  const read = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = runs[at];
      at += 1;
      value += (byte % 128) * scale;
      if (byte < 128) return value;
    }
  };
  for (let pixel = 0; at < runs.length;) {
    pixel += read();
    const length = read();
    visit(pixel, length, runs[at], runs[at + 1]);
    at += 2;
    pixel += length;
  }
}

/** Makes a change again, or takes it back. @param {LabelTiles} tiles @param {Change} change @param {boolean} back */
export function apply(tiles, change, back) {
  for (const { index, runs } of change.tiles) {
    const bytes = tiles.bytesOf(index);
    eachRun(runs, (from, length, before, after) => bytes.fill(back ? before : after, from, from + length));
    tiles.settle(index);
  }
}

/**
 * A change as patches for the engine.
 * @param {LabelTiles} tiles of whose image
 * @param {Change} change
 * @param {boolean} back as it was before
 * @returns {Patch[]}
 */
export function patchesOf(tiles, change, back) {
  const { rect } = change;
  /** @type {Map<string, Patch>} */
  const patches = new Map();
  const large = rect.width > MAX_PATCH_PX || rect.height > MAX_PATCH_PX;
  /** The patch a tile belongs to. @param {number} column @param {number} row */
  const patchFor = (column, row) => {
    const side = MAX_PATCH_PX / TILE_PX;
    const key = large ? `${Math.floor(column / side)} ${Math.floor(row / side)}` : '';
    let patch = patches.get(key);
    if (!patch) {
      const place = large ? { left: Math.floor(column / side) * MAX_PATCH_PX, top: Math.floor(row / side) * MAX_PATCH_PX, width: MAX_PATCH_PX, height: MAX_PATCH_PX } : rect;
      const inside = common(place, rect);
      patch = { ...inside, values: new Uint8Array(inside.width * inside.height).fill(UNTOUCHED) };
      patches.set(key, patch);
    }
    return patch;
  };
  for (const { index, runs } of change.tiles) {
    const column = index % tiles.columns;
    const row = Math.floor(index / tiles.columns);
    const patch = patchFor(column, row);
    eachRun(runs, (from, length, before, after) => {
      const y = row * TILE_PX + Math.floor(from / TILE_PX) - patch.top;
      const x = column * TILE_PX + (from % TILE_PX) - patch.left;
      if (y < 0 || y >= patch.height) return;
      const start = y * patch.width;
      patch.values.fill(back ? before : after, start + Math.max(0, x), start + Math.min(patch.width, x + length));
    });
  }
  return [...patches.values()];
}

/** @param {Rect} a @param {Rect} b @returns {Rect} */
function common(a, b) {
  const left = Math.max(a.left, b.left);
  const top = Math.max(a.top, b.top);
  return { left, top, width: Math.min(a.left + a.width, b.left + b.width) - left, height: Math.min(a.top + a.height, b.top + b.height) - top };
}

/** Strokes that can be taken back, and those that were. A stroke is the changes that were sent one by one. */
export class History {
  constructor() {
    /** @type {Change[][]} */
    this.done = [];
    /** @type {Change[][]} */
    this.undone = [];
  }

  /** @param {Change[]} stroke */
  add(stroke) {
    if (!stroke.length) return;
    this.done.push(stroke);
    this.undone = [];
  }

  /** Takes the last stroke back. @param {LabelTiles} tiles @returns {Patch[]} what the engine has to be told */
  undo(tiles) {
    const stroke = this.done.pop();
    if (!stroke) return [];
    this.undone.push(stroke);
    return [...stroke].reverse().flatMap((change) => {
      apply(tiles, change, true);
      return patchesOf(tiles, change, true);
    });
  }

  /** Makes the last stroke that was taken back again. @param {LabelTiles} tiles @returns {Patch[]} */
  redo(tiles) {
    const stroke = this.undone.pop();
    if (!stroke) return [];
    this.done.push(stroke);
    return stroke.flatMap((change) => {
      apply(tiles, change, false);
      return patchesOf(tiles, change, false);
    });
  }

  /** Bytes that all strokes take. */
  get bytes() {
    let sum = 0;
    for (const stroke of [...this.done, ...this.undone]) for (const { tiles } of stroke) for (const { runs } of tiles) sum += runs.length;
    return sum;
  }
}
