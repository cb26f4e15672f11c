// @ts-check
/** The question about folders in words. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { folderWords } from '../../www/page/data/data-strings.js';
import { faultLine } from '../../www/ui/strings.js';

test('each answer names what the folders would hold', () => {
  const options = [{ images: 'a', masks: 'b' }, { images: 'b', masks: 'a' }];
  const asked = folderWords({ options, suggested: undefined, files: 1200 });
  assert.equal(asked.options.length, 2);
  assert.match(asked.sentence, /^1,200 files/);
  assert.ok(!asked.why.includes('coloured'));
  assert.match(folderWords({ options, suggested: 1, files: 2 }).why, /coloured/);
});

test('a fault of many files names the one that is used', () => {
  const line = faultLine({ code: 'other_form', stage: 'pair', file: 'x/SegmentationObject/1.png', detail: 'x/SegmentationClass/1.png, as 19 more' });
  assert.match(line, /^1\.png is not used: .*\(used: x\/SegmentationClass\/1\.png, as 19 more\)/);
  assert.match(faultLine({ code: 'which_folder', stage: 'pair', file: undefined, detail: 'a and b: 4 files' }), /^Nobody knows which folder.*\(a and b: 4 files\)/);
});
