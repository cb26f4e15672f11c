// @ts-check
/** Runs beside the one in the slots: none is lost, whatever happens between two writes, and what was discarded has its day. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Archive, KEPT_MS } from '../../www/worker/archive.js';
import { pack, unpack } from '../../www/worker/pack.js';
import { fakeFolder } from './fake-folder.mjs';
import { describe, fakeSlots } from './fake-slots.mjs';

/** A state whose `bytes` is its length as JSON. @param {number} number @param {string} run */
function state(number, run) {
  const made = { number, saved_at_ms: 1000 + number, run, bytes: 0, data: { fingerprint: run } };
  for (let bytes = 0; made.bytes !== (bytes = JSON.stringify(made).length);) made.bytes = bytes;
  return made;
}

/** @param {any} root @param {import('../../www/worker/slots.js').Slots} slots */
const open = (root, slots) => Archive.open(root, /** @type {any} */ (describe), slots);
const TOLD = { name: 'camp', differs: null };
/** @param {Archive} archive @param {import('../../www/worker/slots.js').Slots} slots */
const listed = (archive, slots) => archive.list(slots).map(({ saved }) => /** @type {any} */ (saved).run);

/** Saves into the slots. @param {import('../../www/worker/slots.js').Slots} slots @param {object} what */
const save = (slots, what) => slots.save(async (write) => write(Buffer.from(JSON.stringify(what))) > 0);

test('another run takes the slots: the one before is kept beside them, and there again when the page is opened', async () => {
  const root = fakeFolder();
  const slots = fakeSlots(state(8, 'a'), state(7, 'a'));
  const archive = await open(root, slots);
  const [{ id }] = archive.list(slots);
  await archive.change(id, { name: 'first' });
  assert.equal(await archive.setAside(slots), true);
  assert.equal(await archive.setAside(slots), false, 'once is enough');
  await archive.begin('b', 9, TOLD);
  await save(slots, state(9, 'b'));
  assert.deepEqual(listed(archive, slots), ['b', 'a']);
  const again = await open(root, slots);
  assert.deepEqual(again.list(slots).map(({ name }) => name), ['camp', 'first']);
  assert.equal(JSON.parse(await (await again.file(id))?.text() ?? '').number, 8);
});

test('the page ends between two writes: nothing is lost, and nothing is there twice', async () => {
  for (const upTo of ['aside', 'begun']) {
    const root = fakeFolder();
    const slots = fakeSlots(state(8, 'a'), state(7, 'a'));
    const archive = await open(root, slots);
    await archive.setAside(slots);
    if (upTo === 'begun') await archive.begin('b', 9, TOLD);
    assert.deepEqual(listed(await open(root, slots), slots), ['a'], upTo);
  }
  // A copy that was cut short, beside the state it was made of.
  const root = fakeFolder();
  const slots = fakeSlots(state(8, 'a'), undefined);
  await open(root, slots);
  const runs = await root.getDirectoryHandle('runs');
  runs.files.set('x.gmrun', Buffer.from('{"number"'));
  assert.deepEqual(listed(await open(root, slots), slots), ['a']);
  assert.equal(runs.files.has('x.gmrun'), false);
});

test('words that are lost are made anew of the state', async () => {
  const root = fakeFolder();
  const slots = fakeSlots(state(8, 'a'), undefined);
  const archive = await open(root, slots);
  await archive.setAside(slots);
  slots.clear();
  const runs = await root.getDirectoryHandle('runs');
  for (const name of [...runs.files.keys()]) if (name.endsWith('.json')) runs.files.set(name, Buffer.from('{"name":'));
  assert.deepEqual(listed(await open(root, slots), slots), ['a']);
});

test('what was discarded is kept for a day and gone after it, in the slots and beside them', async () => {
  for (const aside of [false, true]) {
    const root = fakeFolder();
    const slots = fakeSlots(state(8, 'a'), state(7, 'a'));
    const archive = await open(root, slots);
    const [{ id }] = archive.list(slots);
    await archive.change(id, { discarded_until: Date.now() + KEPT_MS });
    if (aside) {
      await archive.setAside(slots);
      await archive.begin('b', 9, TOLD);
      await save(slots, state(9, 'b'));
    }
    const rest = aside ? ['b'] : [];
    assert.deepEqual(listed(await open(root, slots), slots), [...rest, 'a']);
    const later = await open(root, slots);
    await later.change(id, { discarded_until: Date.now() - 1 });
    assert.deepEqual(listed(await open(root, slots), slots), rest);
  }
});

test('a storage that is full: the older of two states makes room, then what was discarded; else the run stays where it is', async () => {
  const root = fakeFolder();
  const slots = fakeSlots(state(8, 'a'), state(7, 'a'));
  const archive = await open(root, slots);
  const runs = await root.getDirectoryHandle('runs');
  runs.state.limit = 150;
  await assert.rejects(archive.setAside(slots), /no space left/);
  assert.equal(slots.newest()?.saved?.number, 8);
  assert.deepEqual(slots.slots.map(({ saved }) => saved?.number), [8, undefined]);
  assert.deepEqual(listed(await open(root, slots), slots), ['a']);
  runs.state.limit = 1_000;
  assert.equal(await archive.setAside(slots), true);
  await archive.begin('b', 9, TOLD);
  await save(slots, state(9, 'b'));
  const [, { id }] = archive.list(slots);
  await archive.change(id, { discarded_until: Date.now() + KEPT_MS });
  runs.state.limit = [...runs.files.values()].reduce((sum, { length }) => sum + length, 0) + 10;
  assert.equal(await archive.setAside(slots), true);
  assert.deepEqual(listed(archive, slots), ['b'], 'what was discarded made room');
});

test('a state of the same run that is in the slots again is not kept twice', async () => {
  const root = fakeFolder();
  const slots = fakeSlots(state(8, 'a'), undefined);
  const archive = await open(root, slots);
  const [{ id }] = archive.list(slots);
  await archive.setAside(slots);
  await archive.begin('b', 9, TOLD);
  await save(slots, state(9, 'b'));
  // Back to the first one.
  await archive.setAside(slots);
  await archive.begin(id, 10, TOLD);
  await save(slots, state(10, 'a'));
  await archive.removeState(id);
  assert.deepEqual(listed(archive, slots), ['a', 'b']);
  assert.deepEqual(listed(await open(root, slots), slots), ['a', 'b']);
});

test('a value with bytes in it comes back, and what was damaged does not', () => {
  const value = { step: 3, items: [{ name: 'a', rgba: new Uint8Array([1, 2, 3]), iou: null }, { name: 'b', rgba: new Uint8Array(0), iou: 0.5 }] };
  const bytes = Buffer.concat(pack(value));
  assert.deepEqual(unpack(new Uint8Array(bytes)), value);
  assert.equal(unpack(new Uint8Array(bytes.subarray(0, bytes.length - 1))), null);
  assert.equal(unpack(new Uint8Array([255, 255, 255, 255])), null);
});
