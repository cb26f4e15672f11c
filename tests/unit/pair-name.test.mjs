// @ts-check
// The page and the engine agree on which image a name of a validation image means.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { isNamed } from '../../www/core/pair-name.js';

/** @type {{ path: string, name: string, fits: boolean }[]} */
const cases = JSON.parse(readFileSync(new URL('../validation-names.json', import.meta.url), 'utf8'));

test('names mean the images that the engine finds by them', () => {
  for (const { path, name, fits } of cases) assert.equal(isNamed(path, name), fits, `${path} by "${name}"`);
});
