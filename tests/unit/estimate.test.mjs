// @ts-check
/** How long a run takes: steps and validations each at what was measured of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { timeOf } from '../../www/page/train/estimate.js';

test('validations count, at their own rate once it is known', () => {
  const macs = { steps: 100e9, validations: 50e9 };
  assert.equal(timeOf(macs, {}, 10e9), 15_000);
  assert.equal(timeOf(macs, { steps: 20e9 }, 10e9), 7500);
  assert.equal(timeOf(macs, { steps: 20e9, validations: 5e9 }, 10e9), 15_000);
  assert.equal(timeOf({ steps: 0, validations: 0 }, {}, 10e9), 0);
});
