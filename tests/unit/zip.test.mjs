// @ts-check
/** Reading zips: what is taken, what is refused before anything is inflated, and what inflating may not exceed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateRawSync } from 'node:zlib';

import { isZip, listZip, readEntry, safePath } from '../../www/worker/zip.js';

/**
 * An entry as it is to be written: `packed` and `size` as told, whatever `data` is.
 * @typedef {{ name: string, data?: Uint8Array, method?: number, flags?: number, size?: number, packed?: number, wide?: boolean, descriptor?: boolean, tail?: Uint8Array<ArrayBuffer> }} Written
 */

/** @param {Written[]} entries @param {{ wide?: boolean, lead?: number, count?: number, comment?: string }} [how] @returns {File} */
function made(entries, { wide = false, lead = 0, count, comment = '' } = {}) {
  /** @type {Uint8Array<ArrayBuffer>[]} */
  const parts = [Buffer.alloc(lead)];
  /** @type {Uint8Array<ArrayBuffer>[]} */
  const directory = [];
  let at = lead;
  for (const { name, data = new Uint8Array(0), method = 8, flags = 0, size, packed, wide: wideEntry = false, descriptor = false, tail = Buffer.alloc(0) } of entries) {
    const bytes = method === 8 ? deflateRawSync(data) : Buffer.from(data);
    const title = Buffer.from(name);
    const told = { size: size ?? data.length, packed: packed ?? bytes.length + tail.length };
    const bits = flags | (descriptor ? 8 : 0);
    const local = Buffer.alloc(30 + title.length + 5);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(bits, 6);
    local.writeUInt16LE(method, 8);
    if (!descriptor) {
      local.writeUInt32LE(told.packed >>> 0, 18);
      local.writeUInt32LE(told.size >>> 0, 22);
    }
    local.writeUInt16LE(title.length, 26);
    // An extra field that the directory does not have.
    local.writeUInt16LE(5, 28);
    title.copy(local, 30);
    const extra = Buffer.alloc(wideEntry ? 28 : 0);
    if (wideEntry) {
      extra.writeUInt16LE(1, 0);
      extra.writeUInt16LE(24, 2);
      extra.writeBigUInt64LE(BigInt(told.size), 4);
      extra.writeBigUInt64LE(BigInt(told.packed), 12);
      extra.writeBigUInt64LE(BigInt(at), 20);
    }
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(bits, 8);
    central.writeUInt16LE(method, 10);
    central.writeUInt32LE(wideEntry ? 0xffffffff : told.packed >>> 0, 20);
    central.writeUInt32LE(wideEntry ? 0xffffffff : told.size >>> 0, 24);
    central.writeUInt16LE(title.length, 28);
    central.writeUInt16LE(extra.length, 30);
    central.writeUInt32LE(wideEntry ? 0xffffffff : at, 42);
    directory.push(central, title, extra);
    const after = Buffer.alloc(descriptor ? 16 : 0);
    parts.push(local, bytes, tail, after);
    at += local.length + bytes.length + tail.length + after.length;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  parts.push(...directory);
  if (wide) {
    const end64 = Buffer.alloc(56);
    end64.writeUInt32LE(0x06064b50, 0);
    end64.writeBigUInt64LE(BigInt(entries.length), 32);
    end64.writeBigUInt64LE(BigInt(size), 40);
    end64.writeBigUInt64LE(BigInt(at), 48);
    const locator = Buffer.alloc(20);
    locator.writeUInt32LE(0x07064b50, 0);
    locator.writeBigUInt64LE(BigInt(at + size), 8);
    parts.push(end64, locator);
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(wide ? 0xffff : count ?? entries.length, 10);
  end.writeUInt32LE(wide ? 0xffffffff : size, 12);
  end.writeUInt32LE(wide ? 0xffffffff : at, 16);
  end.writeUInt16LE(comment.length, 20);
  parts.push(end, Buffer.from(comment));
  return new File(parts, 'set.zip');
}

/** Every entry as it is read. @param {File} file */
async function readAll(file) {
  const { entries, faults } = await listZip(file);
  /** @type {Record<string, Uint8Array | string>} */
  const read = {};
  for (const entry of entries) {
    const one = await readEntry(file, entry);
    read[one.path] = 'fault' in one ? one.fault : one.bytes;
  }
  return { read, faults };
}

const text = new TextEncoder().encode('a roof, a road, a field; '.repeat(200));
/** Bytes that do not pack. */
const noise = Uint8Array.from({ length: 300_000 }, (_, i) => Math.imul(i ^ (i >>> 7), 0x9e3779b1) >>> 21);

test('deflated, stored and empty entries are read, with or without sizes before them', async () => {
  const { read, faults } = await readAll(made([
    { name: 'images/a.png', data: text },
    { name: 'images/b.png', data: noise },
    { name: 'images/c.png', data: text, method: 0 },
    { name: 'images/d.png', data: text, descriptor: true },
    { name: 'empty' },
    { name: 'stored-empty', method: 0 },
    { name: 'folder/', method: 0 },
  ], { lead: 7, comment: 'made by hand' }));
  assert.deepEqual(faults, []);
  assert.deepEqual(Object.keys(read), ['images/a.png', 'images/b.png', 'images/c.png', 'images/d.png', 'empty', 'stored-empty']);
  for (const name of ['a', 'c', 'd']) assert.deepEqual(read[`images/${name}.png`], text);
  assert.deepEqual(read['images/b.png'], noise);
  assert.equal(read.empty.length + read['stored-empty'].length, 0);
});

test('zip64 directories and sizes are read', async () => {
  const { read, faults } = await readAll(made([{ name: 'a.png', data: text, wide: true }, { name: 'b.png', data: noise }], { wide: true }));
  assert.deepEqual(faults, []);
  assert.deepEqual(read['a.png'], text);
  assert.deepEqual(read['b.png'], noise);
});

test('what is encrypted, nested, packed otherwise, too large or more than its bytes can hold is refused before it is read', async () => {
  const big = 600 * 1024 * 1024;
  const { entries, faults } = await listZip(made([
    { name: 'secret.png', data: text, flags: 1 },
    { name: 'inner.zip', data: text },
    { name: 'odd.png', data: text, method: 14 },
    { name: 'big.png', data: text, size: big },
    { name: 'wide.png', data: text, size: 2 ** 40, wide: true },
    { name: 'promise.png', data: text, size: 500 * 1024 * 1024 },
    { name: 'stored.png', data: text, method: 0, size: text.length + 1 },
    { name: '../../C:/up.png', data: text },
  ]));
  assert.deepEqual(faults, [
    { path: 'secret.png', fault: 'encrypted' },
    { path: 'inner.zip', fault: 'nested_zip' },
    { path: 'odd.png', fault: 'zip_method 14' },
    { path: 'big.png', fault: '600 MiB, limit 512 MiB' },
    { path: 'wide.png', fault: '1048576 MiB, limit 512 MiB' },
    { path: 'promise.png', fault: 'zip_damaged' },
    { path: 'stored.png', fault: 'zip_damaged' },
  ]);
  assert.deepEqual(entries.map(({ path }) => path), ['up.png']);
  assert.equal(safePath('C:\\maps\\.\\..\\a.tif'), 'maps/a.tif');
});

test('an archive unpacks to 2 GiB at most, and holds 20,000 entries at most', async () => {
  const part = 500 * 1024 * 1024;
  const total = await listZip(made(Array.from({ length: 5 }, (_, i) => ({ name: `${i}.png`, size: part, packed: 1024 * 1024 }))));
  assert.equal(total.entries.length, 4);
  assert.deepEqual(total.faults, [{ path: '', fault: 'zip_total more than 2048 MiB' }]);
  const many = await listZip(made(Array.from({ length: 20_001 }, (_, i) => ({ name: `${i}`, method: 0 })), { count: 20_001 }));
  assert.equal(many.entries.length, 20_000);
  assert.deepEqual(many.faults, [{ path: '', fault: 'zip_entries 20001, limit 20000' }]);
});

test('an entry is never more, nor less, than the directory promises', async () => {
  const { read } = await readAll(made([
    { name: 'more', data: text, size: text.length - 1 },
    { name: 'bomb', data: new Uint8Array(64 * 1024 * 1024), size: 1000 },
    { name: 'less', data: text, size: text.length + 1 },
    { name: 'stored-more', data: text, method: 0, size: text.length - 1 },
    { name: 'cut', data: noise, packed: 1000 },
    { name: 'tail', data: noise, tail: Buffer.from('and more') },
    { name: 'good', data: text },
  ]));
  for (const name of ['more', 'bomb', 'less', 'stored-more', 'cut']) assert.equal(read[name], 'zip_damaged', name);
  assert.deepEqual(read.good, text);
});

test('damaged bytes are a fault of their file, and an archive within one is refused by what it holds', async () => {
  const file = made([{ name: 'a.png', data: noise }, { name: 'hidden.png', data: Buffer.from('PK\x03\x04 and so on') }, { name: 'z.png', data: text }]);
  const bytes = Buffer.from(await file.arrayBuffer());
  // The first block of the first entry gets a type that does not exist.
  bytes[30 + 5 + 5] = 0xff;
  const { read } = await readAll(new File([bytes], 'set.zip'));
  assert.equal(read['a.png'], 'zip_damaged');
  assert.equal(read['hidden.png'], 'nested_zip');
  assert.deepEqual(read['z.png'], text);
  assert.deepEqual((await listZip(new File([bytes.subarray(0, -30)], 'set.zip'))).faults, [{ path: '', fault: 'zip_damaged' }]);
  assert.ok(isZip(bytes) && !isZip(noise));
});

test('what the file system says of a file that is gone is passed on', async () => {
  const file = made([{ name: 'a.png', data: noise }]);
  const { entries } = await listZip(file);
  const gone = { slice: (/** @type {number} */ from, /** @type {number} */ to) => {
    const part = file.slice(from, to);
    if (to - from < 100) return part;
    part.stream = () => new ReadableStream({ pull(controller) { controller.error(new DOMException('gone', 'NotReadableError')); } });
    return part;
  } };
  await assert.rejects(readEntry(/** @type {any} */ (gone), entries[0]), { name: 'NotReadableError' });
});
