// @ts-check
/** How many threads a computer gets. */
import assert from 'node:assert/strict';
import test from 'node:test';

import { usualThreads } from '../../www/worker/pool.js';

test('one core is left to the page where there are more than two, and eight threads are enough', () => {
  assert.deepEqual([1, 2, 3, 4, 8, 9, 64].map(usualThreads), [1, 2, 2, 3, 7, 8, 8]);
});
