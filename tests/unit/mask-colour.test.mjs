// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { TINTS, tintFor } from '../../www/page/data/mask-colour.js';

/** @param {[number, number, number]} rgb */
const ground = ([r, g, b]) => Uint8Array.from({ length: 400 }, (_, i) => [r, g, b, 255][i % 4]);

test('the mask stands out from the ground', () => {
  const name = (/** @type {[number, number, number][]} */ ...grounds) => tintFor(grounds.map(ground)).name;
  assert.equal(name([150, 112, 74]), 'cyan', 'soil');
  assert.equal(name([168, 120, 70], [150, 110, 80]), 'cyan');
  assert.equal(name([90, 108, 66]), 'orange', 'grass');
  assert.equal(name([60, 90, 120]), 'orange', 'water');
  assert.equal(name([128, 128, 124]), 'orange', 'grey');
  assert.equal(tintFor([]), TINTS[0]);
  // Transparent pixels are no ground.
  assert.equal(tintFor([Uint8Array.from([150, 112, 74, 0])]), TINTS[0]);
});
