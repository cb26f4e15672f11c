// @ts-check
/** Which of two states in the storage is the one to go on with, and which may be written over. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Slots } from '../../www/app/slots.js';

/** A file in memory whose bytes are a state as JSON. @param {object} [state] */
function fakeFile(state) {
  let bytes = state ? Buffer.from(JSON.stringify(state)) : Buffer.alloc(0);
  return {
    read: (/** @type {Uint8Array} */ into, /** @type {{ at: number }} */ { at }) => bytes.copy(into, 0, at),
    write: (/** @type {Uint8Array} */ from, /** @type {{ at: number }} */ { at }) => {
      bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(from), bytes.subarray(at + from.length)]);
      return from.length;
    },
    truncate: (/** @type {number} */ size) => { bytes = bytes.subarray(0, size); },
    flush() {},
    getSize: () => bytes.length,
    close() {},
    text: () => bytes.toString(),
  };
}

/** @param {any} file */
const describe = (file) => {
  try {
    const { fault, ...saved } = JSON.parse(file.text());
    return fault ? { saved: null, fault } : { saved, fault: null };
  } catch {
    return { saved: null, fault: /** @type {any} */ ({ code: 'run_corrupt' }) };
  }
};

/** @param {(object | undefined)[]} states */
const slotsOf = (...states) => new Slots(states.map((state) => {
  const file = fakeFile(state);
  return { file, ...(state ? describe(file) : { saved: null, fault: null }) };
}), describe);

/** @param {Slots} slots @param {object} state */
const save = (slots, state) => slots.save(async (write) => {
  const bytes = Buffer.from(JSON.stringify(state));
  return write(bytes) === bytes.length;
});

test('the newest state is never written over', async () => {
  const slots = slotsOf({ number: 8, run: 'a' }, { number: 7, run: 'a' });
  await save(slots, { number: 9, run: 'a' });
  assert.deepEqual(slots.slots.map(({ saved }) => saved?.number), [8, 9]);
  await save(slots, { number: 10, run: 'a' });
  assert.deepEqual(slots.slots.map(({ saved }) => saved?.number), [10, 9]);
  assert.equal(slots.newest()?.saved?.number, 10);
});

test('a write that fails leaves the newest', async () => {
  const slots = slotsOf({ number: 3 }, undefined);
  assert.equal(await slots.save(async (write) => {
    write(Buffer.from('{"number"'));
    return false;
  }), null);
  assert.equal(slots.newest()?.saved?.number, 3);
});

test('another tab’s run is replaced by this one’s, also where both counted as far', async () => {
  for (const number of [1, 2, 40]) {
    const slots = slotsOf({ number, run: 'theirs' }, number > 1 ? { number: number - 1, run: 'theirs' } : undefined);
    const saved = await save(slots, { number: Math.min(number, 2), run: 'ours' });
    assert.ok(saved);
    slots.dropNewer(saved);
    assert.equal(/** @type {any} */ (slots.newest()?.saved).run, 'ours');
  }
});

test('a damaged state may be written over, one of a newer version may not', () => {
  assert.equal(slotsOf(undefined, undefined).unread(), null);
  assert.equal(slotsOf({ fault: { code: 'run_corrupt' } }, { fault: { code: 'run_truncated' } }).unread(), null);
  assert.equal(slotsOf({ fault: { code: 'run_corrupt' } }, { fault: { code: 'run_newer' } }).unread()?.code, 'run_newer');
  assert.equal(slotsOf({ number: 1 }, { fault: { code: 'run_newer' } }).unread(), null);
});
