// @ts-check
/** Reads from the GPU are asked after while they are waited for, and no longer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { hastenReads } from '../../www/worker/hasten-reads.js';

/** A device that notices finished work with the next submission alone, as Firefox does in between its timer's turns. */
function device() {
  /** @type {(() => void)[]} */
  const open = [];
  const seen = { submitted: 0, open };
  return {
    seen,
    queue: {
      /** @param {unknown[]} commands */
      submit(commands) {
        assert.deepEqual(commands, []);
        seen.submitted += 1;
        for (const done of open.splice(0)) done();
      },
    },
    /** @param {{ usage: number }} descriptor */
    createBuffer(descriptor) {
      return { descriptor, mapAsync: (/** @type {number} */ mode) => new Promise((resolve) => open.push(() => resolve(mode))) };
    },
  };
}

test('a read ends although nobody submits anything, and then nothing more is submitted', async () => {
  const gpu = device();
  hastenReads(gpu);
  const buffer = gpu.createBuffer({ usage: 1 | 8 });
  assert.equal(await buffer.mapAsync(7), 7);
  assert.equal(gpu.seen.submitted, 1);
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.equal(gpu.seen.submitted, 1);
});

test('a buffer that is not read from is left as it is', () => {
  const gpu = device();
  const asMade = device().createBuffer({ usage: 2 }).mapAsync.toString();
  hastenReads(gpu);
  assert.equal(gpu.createBuffer({ usage: 2 }).mapAsync.toString(), asMade);
  assert.notEqual(gpu.createBuffer({ usage: 1 }).mapAsync.toString(), asMade);
});

test('a read that fails is not waited for any longer, and a lost device ends the asking', async () => {
  const gpu = device();
  hastenReads(gpu);
  gpu.queue.submit = () => {
    gpu.seen.submitted += 1;
    throw new Error('lost');
  };
  void gpu.createBuffer({ usage: 1 }).mapAsync(1);
  await new Promise((resolve) => setTimeout(resolve, 40));
  assert.equal(gpu.seen.submitted, 1);
});
