// @ts-check
/** Lists of bands: typed in runs, spelled out in the settings, said in runs again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { fromText } from '../../www/page/train/settings-text.js';
import { bandsHelp, networkBandsHelp } from '../../www/page/data/data-strings.js';
import { allFields } from '../../www/ui/fields.js';
import { numbersInRuns, seenWords } from '../../www/ui/strings.js';

const field = /** @type {import('../../www/ui/fields.js').Field} */ (allFields.find(({ name }) => name === 'bands'));
const typed = (/** @type {string} */ text) => fromText(field, text);

test('runs are spelled out, in the order in which they are typed', () => {
  assert.deepEqual(typed('8, 4,3 2'), [8, 4, 3, 2]);
  assert.deepEqual(typed('1-4; 8'), [1, 2, 3, 4, 8]);
  assert.deepEqual(typed('8, 4 – 1'), [8, 4, 3, 2, 1]);
  assert.deepEqual(typed(' '), []);
});

test('what is no list is left for the engine to refuse, and is never long', () => {
  assert.deepEqual(typed('1-, x'), [NaN, NaN]);
  assert.deepEqual(typed('1.5'), [1.5]);
  assert.ok(/** @type {number[]} */ (typed('1-99')).length <= 64);
});

test('a list is said in runs', () => {
  assert.equal(numbersInRuns([1, 2, 3, 4, 8, 9, 12]), '1-4, 8, 9, 12');
  assert.equal(numbersInRuns([3, 2, 1]), '3, 2, 1');
  assert.equal(seenWords([7], 'rgb'), 'band 7');
  assert.equal(seenWords([], 'rgb'), 'RGB');
});

test('the page says how many bands there are and which the network sees', () => {
  const bands = { most: 10, shown: [], common: 10, names: ['B02', 'B03'] };
  assert.match(bandsHelp(bands), /usual three of 10 bands/);
  assert.match(bandsHelp({ ...bands, shown: [7, 3, 2] }), /3 of 10 bands: 7, 3, 2/);
  assert.match(networkBandsHelp('train', bands, [1, 2]), /10 bands; the network sees 2, as the settings say \(B02, B03\)/);
});
