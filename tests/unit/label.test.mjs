// @ts-check
/** The label editor's pure parts: tiles, shapes as rows of pixels, regions, undo and redo. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { UNLABELLED, UNTOUCHED } from '../../www/generated/constants.js';
import { likeColoured, sameToNetwork } from '../../www/page/label/flood.js';
import { History, Recorder, apply, patchesOf } from '../../www/page/label/history.js';
import { boundsOf, brushSpans, enlarged, lineSpans, polygonSpans, rectangleSpans } from '../../www/page/label/raster.js';
import { LabelTiles, around } from '../../www/page/label/tiles.js';

/** A random number generator with a seed (xorshift32, Marsaglia 2003). @param {number} seed */
function random(seed) {
  let state = seed;
  return () => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
}

/** Pixels of rows, as a set of "x y". @param {number[]} spans */
function pixels(spans) {
  const found = new Set();
  for (let i = 0; i < spans.length; i += 3) for (let x = spans[i + 1]; x < spans[i + 2]; x += 1) found.add(`${x} ${spans[i]}`);
  return found;
}

/** @param {number} width @param {number} height @param {(x: number, y: number) => boolean} is */
function where(width, height, is) {
  const found = new Set();
  for (let y = 0; y < height; y += 1) for (let x = 0; x < width; x += 1) if (is(x + 0.5, y + 0.5)) found.add(`${x} ${y}`);
  return found;
}

test('a brush covers the pixels whose centres it passes over', () => {
  const next = random(5);
  for (let i = 0; i < 200; i += 1) {
    const [a, b] = [0, 1].map(() => ({ x: 10 + next() * 40, y: 10 + next() * 40 }));
    const r = 1 + next() * 8;
    const wanted = where(64, 64, (x, y) => {
      const length2 = (b.x - a.x) ** 2 + (b.y - a.y) ** 2;
      const t = Math.min(1, Math.max(0, ((x - a.x) * (b.x - a.x) + (y - a.y) * (b.y - a.y)) / length2));
      return Math.hypot(x - a.x - t * (b.x - a.x), y - a.y - t * (b.y - a.y)) <= r;
    });
    assert.deepEqual(pixels(brushSpans(a, b, r, r, 64)), wanted, JSON.stringify({ a, b, r }));
  }
});

test('a brush of one pixel draws a chain without gaps, and a dab is the pixel under the pointer', () => {
  assert.deepEqual([...pixels(brushSpans({ x: 3.9, y: 4.1 }, { x: 3.9, y: 4.1 }, 0.5, 0.5, 9))], ['3 4']);
  const chain = [...pixels(brushSpans({ x: 0.5, y: 0.5 }, { x: 20.2, y: 7.7 }, 0.5, 0.5, 30))].map((text) => text.split(' ').map(Number));
  for (const [i, [x, y]] of chain.entries()) if (i) assert.ok(Math.abs(x - chain[i - 1][0]) <= 1 && Math.abs(y - chain[i - 1][1]) <= 1);
  assert.deepEqual(chain.at(-1), [20, 7]);
});

test('the brush takes the pen’s pressure at both ends', () => {
  const { height } = boundsOf(brushSpans({ x: 10, y: 20 }, { x: 40, y: 20 }, 2, 8, 64)) ?? { height: 0 };
  assert.equal(height, 16);
  const [left] = pixels(brushSpans({ x: 10, y: 20 }, { x: 40, y: 20 }, 2, 8, 64));
  assert.ok(left);
});

test('a polygon is filled by the even-odd rule at the pixels’ centres', () => {
  const next = random(9);
  for (let i = 0; i < 100; i += 1) {
    const points = Array.from({ length: 3 + Math.floor(next() * 6) }, () => ({ x: next() * 50, y: next() * 50 }));
    const wanted = where(50, 50, (x, y) => {
      let inside = false;
      for (const [k, p] of points.entries()) {
        const q = points[(k + 1) % points.length];
        if (p.y > y !== q.y > y && x < p.x + ((y - p.y) / (q.y - p.y)) * (q.x - p.x)) inside = !inside;
      }
      return inside;
    });
    assert.deepEqual(pixels(polygonSpans(points, 50)), wanted);
  }
  // Two squares that share a wall share no pixel and leave none out.
  const one = polygonSpans([{ x: 2, y: 2 }, { x: 7.5, y: 2 }, { x: 7.5, y: 9 }, { x: 2, y: 9 }], 20);
  const other = polygonSpans([{ x: 7.5, y: 2 }, { x: 12, y: 2 }, { x: 12, y: 9 }, { x: 7.5, y: 9 }], 20);
  assert.equal(pixels([...one, ...other]).size, pixels(one).size + pixels(other).size);
  assert.equal(pixels([...one, ...other]).size, 70);
});

test('rectangles take the pixels of both corners, lines have their width', () => {
  assert.equal(pixels(rectangleSpans({ x: 6.2, y: 3.9 }, { x: 2.8, y: 1.1 }, 99)).size, 5 * 3);
  const road = lineSpans([{ x: 10, y: 10.5 }, { x: 50, y: 10.5 }, { x: 50, y: 40 }], 5, 99);
  assert.equal(boundsOf(road.slice(0, 15))?.height, 5);
  assert.deepEqual(boundsOf(enlarged(rectangleSpans({ x: 2, y: 3 }, { x: 4, y: 4 }, 99), 2.5)), { left: 5, top: 8, width: 8, height: 5 });
});

test('tiles give back what was painted across their edges, and hold nothing else', () => {
  const tiles = new LabelTiles(1000, 700);
  assert.equal(tiles.bytes, 0);
  tiles.fill(rectangleSpans({ x: 250, y: 250 }, { x: 520, y: 260 }, 700), 1);
  assert.equal(tiles.at(250, 250), 1);
  assert.equal(tiles.at(249, 250), UNLABELLED);
  assert.equal(tiles.at(521, 255), UNLABELLED);
  const part = tiles.copy({ left: 248, top: 255, width: 4, height: 2 });
  assert.deepEqual([...part], [255, 255, 1, 1, 255, 255, 1, 1]);
  // A patch leaves what it says it leaves, and erases what it erases.
  tiles.paste({ left: 250, top: 250, width: 3, height: 1, values: Uint8Array.from([UNLABELLED, UNTOUCHED, 0]) });
  assert.deepEqual([250, 251, 252, 253].map((x) => tiles.at(x, 250)), [255, 1, 0, 1]);
  // A hundred million pixels of one value are some numbers, not a hundred megabytes.
  const large = new LabelTiles(10_000, 10_000);
  for (let top = 0; top < 10_000; top += 1000) large.paste({ left: 0, top, width: 10_000, height: 1000, values: new Uint8Array(10_000_000) });
  assert.ok(large.bytes <= 256 * 256 * (40 * 10), String(large.bytes));
  assert.equal(large.at(9999, 9999), 0);
  assert.deepEqual(around({ left: 4, top: 4, width: 2, height: 2 }, { left: 1, top: 5, width: 1, height: 9 }), { left: 1, top: 4, width: 5, height: 10 });
});

test('regions of like colour and of one opinion stop at their edges', () => {
  const [width, height] = [12, 8];
  const rgba = new Uint8Array(width * height * 4).fill(100);
  for (let y = 0; y < height; y += 1) for (const c of [0, 1, 2]) rgba[(y * width + 6) * 4 + c] = 160;
  const all = { left: 0, top: 0, width, height };
  assert.equal(pixels(likeColoured({ width, rgba }, all, 2, 2, 30)).size, 6 * 8);
  assert.equal(pixels(likeColoured({ width, rgba }, all, 2, 2, 60)).size, 12 * 8);
  assert.equal(pixels(likeColoured({ width, rgba }, { ...all, height: 4 }, 2, 2, 60)).size, 12 * 4);
  const seen = (/** @type {number} */ x, /** @type {number} */ y) => (y > 5 ? -1 : x < 4 ? 200 : 20);
  assert.equal(pixels(sameToNetwork(seen, all, 1, 1, 128)).size, 4 * 6);
  assert.equal(pixels(sameToNetwork(seen, all, 9, 1, 128)).size, 8 * 6);
  assert.equal(pixels(sameToNetwork(seen, all, 9, 7, 128)).size, 0);
});

test('undo and redo give the labels of before and after, in any order, and say so to the engine', () => {
  const next = random(77);
  const tiles = new LabelTiles(700, 500);
  const engine = new LabelTiles(700, 500);
  const whole = { left: 0, top: 0, width: 700, height: 500 };
  const history = new History();
  const recorder = new Recorder(tiles);
  /** @type {Uint8Array[]} */
  const states = [tiles.copy(whole)];
  for (let i = 0; i < 40; i += 1) {
    const stroke = [];
    const value = [0, 1, UNLABELLED][i % 3];
    for (let part = 0; part < 2; part += 1) {
      const [a, b] = [0, 1].map(() => ({ x: next() * 700, y: next() * 500 }));
      tiles.fill(brushSpans(a, b, 9, 9, 500), value);
      const change = recorder.take();
      if (!change) continue;
      stroke.push(change);
      for (const patch of patchesOf(tiles, change, false)) engine.paste(patch);
    }
    const before = history.done.length;
    history.add(stroke);
    if (history.done.length > before) states.push(tiles.copy(whole));
    assert.deepEqual(engine.copy(whole), tiles.copy(whole));
  }
  recorder.stop();
  const strokes = history.done.length;
  for (let at = strokes - 1; at >= 0; at -= 1) {
    for (const patch of history.undo(tiles)) engine.paste(patch);
    assert.deepEqual(tiles.copy(whole), states[at]);
    assert.deepEqual(engine.copy(whole), states[at]);
  }
  assert.deepEqual(history.undo(tiles), []);
  assert.equal(tiles.bytes, 0);
  for (let at = 1; at <= strokes; at += 1) {
    for (const patch of history.redo(tiles)) engine.paste(patch);
    assert.deepEqual(engine.copy(whole), states[at]);
  }
});

test('a stroke over a large image is told in patches that the engine takes', () => {
  const tiles = new LabelTiles(4000, 3000);
  const recorder = new Recorder(tiles);
  tiles.fill(polygonSpans([{ x: 10, y: 10 }, { x: 3990, y: 20 }, { x: 2000, y: 2990 }], 3000), 1);
  const change = recorder.take();
  assert.ok(change);
  const patches = patchesOf(tiles, change, false);
  assert.ok(patches.every(({ width, height, left, top, values }) => width <= 1024 && height <= 1024 && values.length === width * height && left + width <= 4000 && top + height <= 3000));
  const engine = new LabelTiles(4000, 3000);
  for (const patch of patches) engine.paste(patch);
  const whole = { left: 0, top: 0, width: 4000, height: 3000 };
  assert.ok(Buffer.from(engine.copy(whole)).equals(Buffer.from(tiles.copy(whole))));
  apply(tiles, change, true);
  assert.equal(tiles.bytes, 0);
});

test('ten thousand strokes cost a few megabytes, and the last is taken back as fast as the first', () => {
  const next = random(3);
  const tiles = new LabelTiles(4000, 4000);
  const history = new History();
  const recorder = new Recorder(tiles);
  for (let i = 0; i < 10_000; i += 1) {
    const a = { x: next() * 4000, y: next() * 4000 };
    tiles.fill(brushSpans(a, { x: a.x + 60 * next(), y: a.y + 60 * next() }, 8, 8, 4000), i % 2);
    const change = recorder.take();
    if (change) history.add([change]);
  }
  assert.ok(history.bytes < 8e6, `${history.bytes} bytes`);
  assert.ok(tiles.bytes <= 4096 * 4096);
});
