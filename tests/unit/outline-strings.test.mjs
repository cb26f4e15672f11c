// @ts-check
/** Words about outlines on a map. */
import assert from 'node:assert/strict';
import test from 'node:test';

import { area, isForeignModel, isModel } from '../../www/ui/format.js';
import { outlineWords, pixelsLine, qgisSteps } from '../../www/page/predict/outline-strings.js';

test('areas have the unit that suits them', () => {
  assert.deepEqual([0, 850, 4600, 16_400, 994_000, 1.2e6, 34e6].map(area), ['0 m²', '850 m²', '0.46 ha', '1.6 ha', '99 ha', '1.2 km²', '34 km²']);
});

test('models of other programs are models too, images and data are not', () => {
  for (const name of ['a.onnx', 'a/b.PT', 'x.tflite', 'groundmask-model.npz']) assert.ok(isModel(name) && isForeignModel(name), name);
  for (const name of ['a.safetensors', 'b.h5']) assert.ok(isModel(name) && !isForeignModel(name), name);
  for (const name of ['a.tif', 'masks.npz', 'onnx.png', 'a.onnx.txt']) assert.ok(!isModel(name), name);
});

test('outlines are counted in words', () => {
  assert.equal(outlineWords({ count: 138, drawn: 138, area_m2: 16_400, every_px: 1 }), '138 outlines, 1.6 ha');
  assert.equal(outlineWords({ count: 1, drawn: 1, area_m2: null, every_px: 1 }), '1 outline');
  assert.equal(outlineWords({ count: 0, drawn: 0, area_m2: 0, every_px: 1 }), '0 outlines');
  assert.equal(outlineWords({ count: 90_000, drawn: 20_000, area_m2: 5e6, every_px: 3 }), 'about 90,000 outlines, 5.0 km² (20,000 drawn here)');
});

test('images without a place are said', () => {
  assert.equal(pixelsLine(0, 4, false), '');
  assert.match(pixelsLine(1, 1, false), /^The image has no place .* in pixels/);
  assert.match(pixelsLine(2, 5, true), /^2 of 5 images have no place .* are left out/);
});

test('the steps for QGIS hold the figures of the model', () => {
  const model = /** @type {any} */ ({ classes: [], tile_px: 256, map_pixel_m: 0.3 });
  const steps = qgisSteps(model, 0.84);
  assert.equal(steps.length, 4);
  assert.match(steps[2], /Tile size 256 px, Resolution 30\.00 cm\/px/);
  assert.match(steps[3], /0\.84/);
  assert.match(qgisSteps({ ...model, classes: [{}, {}], map_pixel_m: null }, 0.5)[3], /most probable/);
});
