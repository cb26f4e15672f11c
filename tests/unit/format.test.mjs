// @ts-check
/** Figures as people read them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { baseName, bytes, duration, hex, isModel, metric, oneOf, percent, plural, safeName } from '../../www/ui/format.js';
import { safePath } from '../../www/worker/zip.js';

test('numbers that are none are dashes, not words', () => {
  for (const value of [undefined, null, NaN, Infinity]) assert.equal(metric(value), '–');
  assert.equal(metric(0.696), '0.70');
  assert.equal(plural(1, 'mask'), '1 mask');
  assert.equal(plural(1200, 'mask'), '1,200 masks');
  assert.equal(oneOf(['PNG', 'JPEG', 'GIF']), 'PNG, JPEG or GIF');
  assert.equal(oneOf(['PNG']), 'PNG');
  assert.equal(hex([0, 16, 255]), '#0010FF');
});

test('names of downloads and entries of archives cannot leave their folder', () => {
  assert.ok(!/[\/\\:*?"<>|]/.test(safeName('../a\\b:c*?"<>|')));
  assert.equal(baseName('folder/sub/a.png'), 'a.png');
  for (const [name, wanted] of [['../a.png', 'a.png'], ['/etc/a.png', 'etc/a.png'], ['a/../../b.png', 'a/b.png'], ['..\\b.png', 'b.png'], ['C:\\b.png', 'b.png']]) assert.equal(safePath(name), wanted);
  assert.ok(isModel('m.SAFETENSORS') && isModel('m.h5') && !isModel('m.png'));
});

test('times, sizes and shares are short', () => {
  for (const [ms, wanted] of /** @type {const} */ ([[8000, '0:08'], [72_000, '1:12'], [7_390_000, '2:03:10'], [null, '–']])) assert.equal(duration(ms), wanted);
  for (const [size, wanted] of /** @type {const} */ ([[12, '12 bytes'], [1 << 20, '1.0 MiB'], [700 << 20, '700 MiB']])) assert.equal(bytes(size).replace('\u00a0', ' '), wanted);
  for (const [share, wanted] of /** @type {const} */ ([[0.5, '50 %'], [0.004, '0.4 %'], [undefined, '–']])) assert.equal(percent(share).replace('\u00a0', ' '), wanted);
});
