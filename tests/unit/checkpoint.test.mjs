// @ts-check
/** The worker's side of saving, with files in memory. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Checkpoints } from '../../www/worker/checkpoint.js';
import { fakeSlots } from './fake-slots.mjs';

/** Blobs are read at once in workers only. */
/** @type {any} */ (globalThis).FileReaderSync = class {
  /** @param {{ bytes: Uint8Array }} part */
  readAsArrayBuffer({ bytes }) {
    return bytes;
  }
};

/** A state in memory as a blob. @param {object} state */
function blobOf(state) {
  const bytes = Buffer.from(JSON.stringify(state));
  return /** @type {any} */ ({ size: bytes.length, slice: (/** @type {number} */ from, /** @type {number} */ to) => ({ bytes: bytes.subarray(from, to) }) });
}

test('what is saved after a run that was put into the storage counts on from it', async () => {
  /** @type {any[]} */
  const told = [];
  const engine = { can_save: () => false };
  const keep = new Checkpoints(/** @type {any} */ ({ post: (/** @type {any} */ message) => told.push(message), send() {}, engine: () => engine, module: () => null, wake() {}, guarded: async (/** @type {() => any} */ work) => work() }));
  keep.slots = fakeSlots(undefined, undefined);
  // A run that ended in an engine of before, held by the page, far into its saves.
  await keep.store(blobOf({ number: 50, run: 'a', bytes: 1, data: { fingerprint: 'f' } }));
  assert.ok(told.some(({ kind }) => kind === 'saved'));
  // The next run is saved twice.
  Object.assign(engine, {
    can_save: () => true,
    save_run: (/** @type {number} */ number, /** @type {(bytes: Uint8Array) => number} */ write) => {
      const saved = { number, run: 'b', bytes: 1, data: { fingerprint: 'f' } };
      write(Buffer.from(JSON.stringify(saved)));
      return { saved, events: [] };
    },
  });
  for (let save = 0; save < 2; save += 1) {
    keep.claimed = true;
    await keep.save();
  }
  const states = keep.slots.slots.map(({ saved }) => /** @type {any} */ (saved));
  assert.deepEqual(states.map(({ run }) => run), ['b', 'b'], JSON.stringify(states));
  assert.ok(states.every(({ number }) => number > 50));
});

test('what is to be saved while the storage is being opened waits for it', async () => {
  /** @type {any[]} */
  const told = [];
  let woken = 0;
  const engine = { can_save: () => true, is_busy: () => false };
  const keep = new Checkpoints(/** @type {any} */ ({ post: (/** @type {any} */ message) => told.push(message), send() {}, engine: () => engine, module: () => null, wake: () => (woken += 1), opened: async () => {}, guarded: async (/** @type {() => any} */ work) => work() }));
  keep.list.read = async () => () => [];
  /** @type {(error?: Error) => void} */
  let answer = () => {};
  // The worker before holds the files: its browser answers late.
  const folder = new Promise((resolve, reject) => (answer = (error) => (error ? reject(error) : resolve(null))));
  const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  Object.defineProperty(globalThis, 'navigator', { configurable: true, value: { storage: { getDirectory: () => folder } } });
  try {
    const opened = keep.open();
    keep.watch([/** @type {any} */ ({ type: 'run_ended' })]);
    assert.equal(keep.due(), false, 'the storage may come yet');
    answer(new Error('no'));
    await opened;
    assert.equal(woken, 1);
    assert.equal(keep.due(), true, 'there is none: the page is to hold the run');
    assert.deepEqual(told.map(({ kind, storage }) => [kind, storage]), [['kept', 'none']]);
  } finally {
    if (before) Object.defineProperty(globalThis, 'navigator', before);
    else Reflect.deleteProperty(globalThis, 'navigator');
  }
});
