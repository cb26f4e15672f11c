// @ts-check
// The form is drawn from the generated rows: none is left out, and each has its words.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { FIELDS } from '../../www/generated/constants.js';
import { allFields, augmentFields } from '../../www/ui/fields.js';
import { fieldWords } from '../../www/ui/field-strings.js';

test('every row has its place in the form, in the order of the rows', () => {
  assert.deepEqual(allFields.map(({ name }) => name), FIELDS.map(({ name }) => name));
});

test('every option has its words, and no other', () => {
  for (const { name, options = [] } of FIELDS) assert.deepEqual(Object.keys(fieldWords[name].options ?? {}).sort(), [...options].sort(), name);
});

test('every slider of augmentation ends and moves by something', () => {
  for (const { name, kind, max = 0, step = 0, words } of augmentFields) {
    if (kind === 'number') assert.ok(max > 0 && step > 0 && step <= max / 10 && words?.(max).startsWith('±'), name);
  }
});
