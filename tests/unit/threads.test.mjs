// @ts-check
/** How many threads a computer gets, and a pool whose threads do not come. */
import assert from 'node:assert/strict';
import test from 'node:test';

import { startPool, usualThreads } from '../../www/worker/pool.js';

test('one core is left to the page where there are more than two, and eight threads are enough', () => {
  assert.deepEqual([1, 2, 3, 4, 8, 9, 64].map(usualThreads), [1, 2, 2, 3, 7, 8, 8]);
});

/** Workers that answer at once, or never. @param {boolean} answers */
function fakeWorkers(answers) {
  /** @type {{ ended: boolean }[]} */
  const all = [];
  /** @type {any} */ (globalThis).Worker = class {
    constructor() {
      this.ended = false;
      all.push(this);
    }
    postMessage() {
      if (answers) queueMicrotask(() => /** @type {any} */ (this).onmessage({ data: 'started' }));
    }
    terminate() {
      this.ended = true;
    }
  };
  return all;
}

/** What a pool of three is started with. @type {any} */
const START = { module: null, memory: null, threads: 3, lock: 'engine' };

test('a pool is there once its threads have begun', async () => {
  const workers = fakeWorkers(true);
  let asked = 0;
  await startPool({ start_pool: () => true, pool_threads_begun: () => (asked += 1) }, START, 10_000);
  assert.equal(asked, 2);
  assert.deepEqual(workers.map(({ ended }) => ended), [false, false]);
});

test('a thread that answers and never begins, or never answers, is given up: the pool is refused and nothing is left of it', async () => {
  for (const [answers, why] of /** @type {const} */ ([[true, /did not begin/], [false, /did not start/]])) {
    const workers = fakeWorkers(answers);
    await assert.rejects(startPool({ start_pool: () => true, pool_threads_begun: () => 1 }, START, 20), why);
    assert.deepEqual(workers.map(({ ended }) => ended), [true, true]);
  }
});
