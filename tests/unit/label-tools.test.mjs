// @ts-check
/** The label editor's tools: what presses and moves paint, and what is given up. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { UNLABELLED } from '../../www/generated/constants.js';
import { MOST_BRUSH_PX, fromSlider, placeOf } from '../../www/page/label/brush-size.js';
import { Recorder } from '../../www/page/label/history.js';
import { LabelTiles } from '../../www/page/label/tiles.js';
import { Tools } from '../../www/page/label/tools.js';

/** A ground without a page. @param {object} [wish] */
function ground(wish = {}) {
  const tiles = new LabelTiles(100, 80);
  let strokes = 0;
  /** @type {number} */
  let value = 1;
  /** @type {Recorder | null} */
  let recorder = null;
  const tools = new Tools({
    size: () => tiles, brushPx: () => 4, value: () => 1, nearPx: () => 3, fillsClosed: () => false,
    begin(wanted) {
      value = wanted;
      recorder = new Recorder(tiles);
      return true;
    },
    paint: (spans, _at, other = value) => tiles.fill(spans, other),
    end() {
      if (recorder?.take()) strokes += 1;
      recorder?.stop();
    },
    cancel() {
      for (const [index, tile] of recorder?.before ?? []) tiles.put(index, tile);
      recorder?.stop();
    },
    alike: () => [], grown: () => [], seen: () => [], sketch: () => {}, ...wish,
  });
  const count = (/** @type {number} */ wanted) => tiles.copy({ left: 0, top: 0, width: 100, height: 80 }).filter((one) => one === wanted).length;
  return { tools, tiles, count, strokes: () => strokes };
}

/** @param {Tools} tools @param {[number, number][]} points @param {import('../../www/page/label/tools.js').Hold} [hold] */
function drag(tools, points, hold) {
  const [first, ...rest] = points.map(([x, y]) => ({ x, y }));
  tools.down(first, hold);
  for (const point of rest) tools.move(point, hold);
  tools.up(rest.at(-1) ?? first, hold);
}

test('a drag of the brush is one stroke, and Shift draws straight on from its end', () => {
  const { tools, tiles, strokes } = ground();
  drag(tools, [[10, 10], [20, 10], [30, 10]]);
  assert.equal(strokes(), 1);
  assert.deepEqual([tiles.at(25, 10), tiles.at(50, 10)], [1, UNLABELLED]);
  drag(tools, [[70, 10]], { shift: true });
  assert.deepEqual([tiles.at(50, 10), tiles.at(50, 14)], [1, UNLABELLED]);
  tools.choose('eraser');
  drag(tools, [[25, 10], [26, 10]]);
  assert.equal(tiles.at(25, 10), UNLABELLED);
});

test('a pen that is pressed less paints less', () => {
  const [light, hard] = [0.1, 1].map((pressure) => {
    const { tools, count } = ground({ brushPx: () => 20 });
    drag(tools, [[30, 30], [60, 30]], { pressure });
    return count(1);
  });
  assert.ok(light * 2 < hard, `${light} ${hard}`);
});

test('a stroke that comes back to where it began is filled if people want it', () => {
  const circle = Array.from({ length: 33 }, (_, i) => /** @type {[number, number]} */ ([50 + 25 * Math.cos((i / 32) * 2 * Math.PI), 40 + 25 * Math.sin((i / 32) * 2 * Math.PI)]));
  const plain = ground();
  drag(plain.tools, circle);
  assert.equal(plain.tiles.at(50, 40), UNLABELLED);
  const filled = ground({ fillsClosed: () => true });
  drag(filled.tools, circle);
  assert.equal(filled.tiles.at(50, 40), 1);
  assert.equal(filled.strokes(), 1);
  // An open one is not.
  const open = ground({ fillsClosed: () => true });
  drag(open.tools, circle.slice(0, 20));
  assert.equal(open.tiles.at(50, 40), UNLABELLED);
});

test('polygons close at their first corner, lines end where they are told, Escape gives up', () => {
  const { tools, tiles, count, strokes } = ground();
  tools.choose('polygon');
  for (const [x, y] of [[10, 10], [40, 10], [40, 40]]) tools.down({ x, y });
  assert.equal(count(1), 0);
  assert.equal(tools.dropCorner(), true);
  tools.down({ x: 40, y: 40 });
  tools.down({ x: 11, y: 11 });
  assert.equal(tools.busy, false);
  assert.equal(tiles.at(35, 20), 1);
  tools.choose('line');
  for (const [x, y] of [[10, 60], [90, 60]]) tools.down({ x, y });
  tools.finish();
  assert.equal(tiles.at(50, 60), 1);
  assert.equal(strokes(), 2);
  tools.down({ x: 10, y: 70 });
  assert.equal(tools.abort(), true);
  assert.equal(tools.abort(), false);
  assert.equal(strokes(), 2);
});

test('rectangles are dragged, or made by two clicks, or by two presses of a key', () => {
  const dragged = ground();
  dragged.tools.choose('rectangle');
  drag(dragged.tools, [[10, 10], [20, 15], [29.5, 19.5]]);
  const clicked = ground();
  clicked.tools.choose('rectangle');
  drag(clicked.tools, [[10, 10]]);
  clicked.tools.move({ x: 25, y: 15 });
  drag(clicked.tools, [[29.5, 19.5]]);
  const pressed = ground();
  pressed.tools.choose('rectangle');
  pressed.tools.press({ x: 10, y: 10 }, false);
  pressed.tools.press({ x: 29.5, y: 19.5 }, false);
  for (const { count, strokes } of [dragged, clicked, pressed]) assert.deepEqual([count(1), strokes()], [200, 1]);
});

test('a corner that is taken back is none', () => {
  const { tools, count, strokes } = ground();
  tools.choose('rectangle');
  drag(tools, [[10, 10]]);
  assert.equal(tools.dropCorner(), true);
  assert.equal(tools.busy, false);
  drag(tools, [[50, 50]]);
  assert.deepEqual([count(1), strokes()], [0, 0]);
  drag(tools, [[59.5, 54.5]]);
  assert.deepEqual([count(1), strokes()], [50, 1]);
});

test('keys move the slider of sizes from end to end, though what it stands for is written back', () => {
  let at = 0;
  const sizes = [];
  for (let presses = 0; presses < 100; presses += 1) {
    const px = fromSlider(at + 1);
    at = Math.round(placeOf(at + 1, px));
    sizes.push(px);
  }
  assert.deepEqual([sizes[0], sizes.at(-1)], [1, MOST_BRUSH_PX]);
  assert.deepEqual(sizes, [...sizes].sort((a, b) => a - b));
  // Sizes set by the buttons are found again.
  for (let px = 1; px <= MOST_BRUSH_PX; px += 1) assert.equal(fromSlider(placeOf(0, px)), px);
});

test('a second finger takes the stroke of the first back', () => {
  const { tools, count, strokes } = ground();
  tools.down({ x: 10, y: 10 });
  tools.move({ x: 40, y: 10 });
  assert.ok(count(1) > 0);
  tools.abort();
  assert.deepEqual([count(1), strokes()], [0, 0]);
});

test('what the network sees within a lasso is taken over class by class', () => {
  const { tools, count } = ground({ seen: (/** @type {number[]} */ within) => [[within.slice(0, 3), 0], [within.slice(3, 6), 1]] });
  tools.choose('take');
  drag(tools, [[10, 10], [30, 10], [30, 30], [10, 30]]);
  assert.deepEqual([count(0), count(1)], [20, 20]);
});
