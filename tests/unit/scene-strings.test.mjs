// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { areaWords, cropWords, heldBackLine, scenesWords } from '../../www/ui/scene-strings.js';

test('areas and scenes in words', () => {
  assert.equal(areaWords(900), '900 m²');
  assert.equal(areaWords(32_400), '3.2 ha');
  assert.equal(areaWords(202_500), '20 ha');
  assert.equal(areaWords(31_500_000), '31.5 km²');
  assert.equal(scenesWords(1, 220, 202_500, 2_250_000).sentence, '1 scene, 220 outlines, 20 ha: enough to begin');
  assert.equal(scenesWords(1, 0, null, 2_250_000).sentence, '1 scene, 2.3 million pixels: enough to begin');
  assert.equal(scenesWords(1, 0, null, 360_000).sentence, '1 scene, 360,000 pixels: enough to begin');
  assert.equal(scenesWords(2, 12, 1e6, 2e6).sentence, '2 scenes, 12 outlines, 100 ha: little, but a beginning');
});

test('where a strip or a block lies', () => {
  const image = { width: 1500, height: 1000 };
  const held = { pair: 0, share: 0.19, north_up: true };
  const line = (/** @type {any} */ place) => heldBackLine({ ...held, ...place }, image);
  assert.equal(line({ left: 1215, top: 0, width: 285, height: 1000 }), 'A strip in the east, 19\u00A0% of the scene, is held back for validation: hatched in the picture.');
  assert.match(line({ left: 0, top: 0, width: 285, height: 1000 }), /in the west/);
  assert.match(line({ left: 600, top: 0, width: 285, height: 1000 }), /from north to south/);
  assert.match(line({ left: 0, top: 0, width: 1500, height: 190, north_up: false }), /at the top/);
  assert.match(line({ left: 0, top: 810, width: 1500, height: 190 }), /in the south/);
  assert.match(line({ left: 830, top: 0, width: 670, height: 447 }), /^A block in the northeast, /);
  assert.match(line({ left: 0, top: 553, width: 670, height: 447, north_up: false }), /^A block at the bottom left, /);
});

test('where a crop was cut out', () => {
  const item = /** @type {any} */ ({ corner: [1244, 512], width: 256, height: 200 });
  assert.equal(cropWords(item), '256 × 200 px at 1,244, 512');
  assert.equal(cropWords({ ...item, corner: undefined }), '');
});
