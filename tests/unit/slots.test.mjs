// @ts-check
/** Which of two states in the storage is the one to go on with, and which may be written over. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { fakeSlots } from './fake-slots.mjs';

/** @param {import('../../www/worker/slots.js').Slots} slots @param {object} state */
const save = (slots, state) => slots.save(async (write) => {
  const bytes = Buffer.from(JSON.stringify(state));
  return write(bytes) === bytes.length;
});

test('the newest state is never written over', async () => {
  const slots = fakeSlots({ number: 8, run: 'a' }, { number: 7, run: 'a' });
  await save(slots, { number: 9, run: 'a' });
  assert.deepEqual(slots.slots.map(({ saved }) => saved?.number), [8, 9]);
  await save(slots, { number: 10, run: 'a' });
  assert.deepEqual(slots.slots.map(({ saved }) => saved?.number), [10, 9]);
  assert.equal(slots.newest()?.saved?.number, 10);
});

test('a write that fails leaves the newest', async () => {
  const slots = fakeSlots({ number: 3 }, undefined);
  assert.equal(await slots.save(async (write) => {
    write(Buffer.from('{"number"'));
    return false;
  }), null);
  assert.equal(slots.newest()?.saved?.number, 3);
});

test('another tab’s run is replaced by this one’s, also where both counted as far', async () => {
  for (const number of [1, 2, 40]) {
    const slots = fakeSlots({ number, run: 'theirs' }, number > 1 ? { number: number - 1, run: 'theirs' } : undefined);
    const saved = await save(slots, { number: Math.min(number, 2), run: 'ours' });
    assert.ok(saved);
    slots.dropNewer(saved);
    assert.equal(/** @type {any} */ (slots.newest()?.saved).run, 'ours');
  }
});

test('a damaged state may be written over, one of a newer version may not', () => {
  assert.equal(fakeSlots(undefined, undefined).unread(), null);
  assert.equal(fakeSlots({ fault: { code: 'run_corrupt' } }, { fault: { code: 'run_truncated' } }).unread(), null);
  assert.equal(fakeSlots({ fault: { code: 'run_corrupt' } }, { fault: { code: 'run_newer' } }).unread()?.code, 'run_newer');
  // Beside a state that can be read, too: the next save would go over it.
  assert.equal(fakeSlots({ number: 1 }, { fault: { code: 'run_newer' } }).unread()?.code, 'run_newer');
  assert.equal(fakeSlots({ fault: { code: 'run_other_version' } }, undefined).unread()?.code, 'run_other_version');
});
