// @ts-check
/** Two runs side by side: what differs, what is the same place, curves over the same axes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { differences, drawn, iousOf, samePlaces, thinned } from '../../www/page/runs/compare-data.js';

test('only settings that differ are told, in the words of the form', () => {
  const a = /** @type {any} */ ({ preset: 'fast', base: 8, augmentation: 'flips', lr: 0.002, val_names: ['a.png'] });
  const b = { ...a, base: 16, augmentation: 'strong', val_names: [] };
  const told = differences(a, b);
  assert.deepEqual(told.find(([label]) => label === 'Filters'), ['Filters', '8', '16']);
  assert.deepEqual(told.find(([label]) => label === 'Augmentation')?.slice(1), ['Turns and mirrors', 'Strong']);
  assert.deepEqual(told.find(([label]) => label === 'Validation images')?.slice(1), ['a.png', 'none']);
  assert.equal(told.length, 3);
  assert.deepEqual(differences(a, a), []);
});

test('pictures are the same place by name, size and corner', () => {
  const item = (/** @type {string} */ name, /** @type {number[]} */ corner) => /** @type {any} */ ({ name, corner, width: 4, height: 4 });
  const a = /** @type {any} */ ({ items: [item('x', [0, 0]), item('y', [8, 0]), item('z', [1, 1])] });
  const b = /** @type {any} */ ({ items: [item('y', [8, 0]), item('x', [0, 4]), item('z', [1, 1])] });
  assert.deepEqual(samePlaces(a, b).map(([one]) => one.name), ['y', 'z']);
});

test('curves share their axes, and long ones keep their ends', () => {
  const { lines, lastStep, top } = drawn([[[100, 0.5]], [[50, 0.25], [200, 1]]], { wide: 100, high: 10, most: 1 });
  assert.deepEqual([lines, lastStep, top], [['50.0,5.0', '25.0,7.5 100.0,0.0'], 200, 1]);
  const long = thinned(Array.from({ length: 5000 }, (_, i) => /** @type {[number, number]} */ ([i, i])), 400);
  assert.ok(long.length <= 401);
  assert.deepEqual([long[0], long.at(-1)], [[0, 0], [4999, 4999]]);
  assert.deepEqual(iousOf(/** @type {any} */ ([{ step: 5, training: { iou: 0.5 }, validation: null }, { step: 9, training: {}, validation: { iou: null } }])), [[5, 0.5]]);
});
