// @ts-check
/** The journal of painted labels: what it keeps, what is left after a fault, what it paints again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LabelJournal, crc32, packRuns, parsed, record, unpackRuns } from '../../www/worker/label-journal.js';

/** A synchronous file in memory. @param {number} [room] bytes it takes */
function memory(room = Infinity) {
  let bytes = new Uint8Array(1 << 12);
  let size = 0;
  return {
    getSize: () => size,
    /** @type {() => void} */
    flush: () => {},
    close: () => {},
    /** @param {number} length */
    truncate: (length) => {
      if (length > bytes.length) {
        const old = bytes;
        bytes = new Uint8Array(2 * length);
        bytes.set(old);
      }
      bytes.fill(0, size, Math.max(size, length));
      size = length;
    },
    /** @param {Uint8Array} into @param {{ at: number }} place */
    read(into, { at }) {
      const part = bytes.subarray(Math.min(at, size), Math.min(size, at + into.length));
      into.set(part);
      return part.length;
    },
    /** @param {Uint8Array} from @param {{ at: number }} place */
    write(from, { at }) {
      if (at + from.length > room) return 0;
      if (at + from.length > size) this.truncate(at + from.length);
      bytes.set(from, at);
      return from.length;
    },
  };
}

/** @param {string[]} paths @returns {any} */
const dataset = (paths) => ({ type: 'dataset', pairs: [], unpaired: paths.map((path) => ({ path, image_id: `id of ${path}`, is_mask: false })) });

/** @param {string} image @param {number} value @returns {any} */
const patch = (image, value) => ({ type: 'paint_labels', image, left: 3, top: 4, width: 20, height: 10, values: new Uint8Array(200).fill(value), corrected: value === 2 });

/** A journal and what it asked of the engine. @param {any[]} [files] none: there is no storage yet */
function journal(files) {
  /** @type {any[]} */
  const asked = [];
  const own = new LabelJournal({
    paint: async (command) => {
      asked.push(command);
      return command.type === 'paint_labels' ? [/** @type {any} */ ({ type: 'labels', image: command.image })] : [];
    },
    restore: async (path, bytes) => {
      asked.push({ type: 'restore', path, bytes });
      return [/** @type {any} */ ({ type: 'dataset', pairs: [], unpaired: [] })];
    },
    layer: (path) => new TextEncoder().encode(`layer of ${path}`),
    send: (events) => asked.push({ type: 'sent', events }),
    unkept: (why) => asked.push({ type: 'unkept', why }),
  });
  if (files) own.begin(files);
  return { own, asked };
}

/** Does all that is due. @param {LabelJournal} own */
async function settle(own) {
  for (let i = 0; i < 10 && own.due(); i += 1) await own.step();
}

test('runs of values read back, and damaged ones do not', () => {
  for (const length of [1, 5, 127, 128, 300, 20_000]) {
    const values = Uint8Array.from({ length }, (_, i) => (i < length / 2 ? 7 : i % 3));
    const packed = packRuns(values);
    assert.deepEqual(unpackRuns(packed, length), values);
    assert.equal(unpackRuns(packed, length + 1), null);
    assert.equal(unpackRuns(packed.subarray(0, packed.length - 1), length), null);
  }
  assert.equal(packRuns(new Uint8Array(1_000_000)).length, 4);
  assert.equal(crc32(new TextEncoder().encode('123456789')), 0xcbf43926);
  const made = record({ kind: 'layer', id: 'é' }, Uint8Array.of(1, 2));
  assert.deepEqual(parsed(made.subarray(8)), { head: { kind: 'layer', id: 'é' }, body: Uint8Array.of(1, 2) });
});

test('strokes are painted again when their images are there again, and not before', async () => {
  const files = [memory(), memory()];
  const { own } = journal(files);
  own.watch([dataset(['a.png', 'b.png'])]);
  await settle(own);
  own.keep({ type: 'set_label_classes', classes: [{ name: 'x', rgb: [1, 2, 3] }] }, []);
  own.keep(patch('a.png', 1), []);
  own.keep(patch('b.png', 2), []);
  own.keep(patch('a.png', 0), []);
  own.keep(patch('a.png', 5), [/** @type {any} */ ({ type: 'fault' })]);
  const again = journal(files);
  await settle(again.own);
  assert.equal(again.asked.length, 0);
  again.own.watch([dataset(['moved/a.png'])].map((event) => ({ ...event, unpaired: [{ path: 'moved/a.png', image_id: 'id of a.png', is_mask: false }] })));
  await settle(again.own);
  const painted = again.asked.filter((/** @type {any} */ { type }) => type === 'paint_labels');
  assert.deepEqual(painted, [1, 0].map((value) => ({ ...patch('moved/a.png', value), corrected: false })));
  assert.equal(again.asked[0].type, 'set_label_classes');
  // Where the run went on first, its layers are there, and no stroke tells the data set: what is labelled is told, once an image.
  const told = again.asked.at(-1);
  assert.deepEqual([told.type, told.events.filter((/** @type {any} */ { type }) => type === 'labels')], ['sent', [{ type: 'labels', image: 'moved/a.png' }]]);
  // Told once, painted once.
  again.own.watch([dataset([])]);
  again.own.watch([dataset(['b.png'])]);
  await settle(again.own);
  assert.equal(again.asked.filter(({ type }) => type === 'paint_labels').length, 3);
  again.own.watch([dataset(['b.png'])]);
  await settle(again.own);
  assert.equal(again.asked.filter(({ type }) => type === 'paint_labels').length, 3);
});

test('labels of an image that is read with other bands are kept whole for these, and the newest win', async () => {
  const files = [memory(), memory()];
  /** @param {string} id @returns {any} */
  const read = (id) => ({ ...dataset([]), unpaired: [{ path: 'a.tif', image_id: id, is_mask: false }] });
  const { own, asked } = journal(files);
  own.watch([read('usual')]);
  await settle(own);
  own.keep(patch('a.tif', 1), []);
  own.watch([read('ten bands')]);
  await settle(own);
  own.keep(patch('a.tif', 2), []);
  // Back again: what was painted on the ten bands is not painted over by what is older.
  own.watch([read('usual')]);
  await settle(own);
  assert.deepEqual(asked.filter(({ type }) => type === 'paint_labels' || type === 'restore'), []);
  const kinds = (/** @type {LabelJournal} */ one, /** @type {string} */ id) => one.images.get(id)?.map(({ head }) => head.kind);
  assert.deepEqual([kinds(own, 'ten bands'), kinds(own, 'usual')], [['layer', 'patch'], ['layer']]);
  own.watch([read('ten bands')]);
  await settle(own);
  own.keep(patch('a.tif', 1), []);

  // After a reload the images come as usual first: with the bands come the newer labels.
  const again = journal(files);
  again.own.watch([read('usual')]);
  await settle(again.own);
  again.own.watch([read('ten bands')]);
  await settle(again.own);
  assert.deepEqual(again.asked.filter(({ type }) => type !== 'sent').map(({ type }) => type), ['restore', 'restore', 'paint_labels']);
});

test('a stroke that was cut off is lost, and no other', async () => {
  const files = [memory(), memory()];
  const { own } = journal(files);
  own.watch([dataset(['a.png'])]);
  await settle(own);
  own.keep(patch('a.png', 1), []);
  own.keep(patch('a.png', 2), []);
  files[0].truncate(files[0].getSize() - 3);
  const again = journal(files);
  again.own.watch([dataset(['a.png'])]);
  await settle(again.own);
  assert.equal(again.asked.filter(({ type }) => type === 'paint_labels').length, 1);
  // What comes next lies where the damage was.
  again.own.keep(patch('a.png', 3), []);
  const third = journal(files);
  third.own.watch([dataset(['a.png'])]);
  await settle(third.own);
  assert.deepEqual(third.asked.filter(({ type }) => type === 'paint_labels').map(({ values }) => values[0]), [1, 3]);
});

test('a file that has grown is written anew, with a layer an image', async () => {
  const files = [memory(), memory()];
  const { own } = journal(files);
  own.watch([dataset(['a.png', 'b.png'])]);
  await settle(own);
  own.keep(patch('b.png', 1), []);
  // Noise does not pack.
  const noise = Uint8Array.from({ length: 200 }, (_, i) => i % 2);
  for (let i = 0; i < 12_000; i += 1) own.keep({ ...patch('a.png', 1), values: noise }, []);
  assert.ok(own.due());
  await settle(own);
  assert.equal(files[0].getSize(), 0);
  assert.ok(files[1].getSize() < 1000);
  own.keep(patch('a.png', 2), []);
  const again = journal(files);
  again.own.watch([dataset(['a.png', 'b.png'])]);
  await settle(again.own);
  assert.deepEqual(again.asked.filter(({ type }) => type === 'restore').map(({ path, bytes }) => [path, new TextDecoder().decode(bytes)]), [
    ['b.png', 'layer of b.png'],
    ['a.png', 'layer of a.png'],
  ]);
  assert.equal(again.asked.filter(({ type }) => type === 'paint_labels').length, 1);
});

test('a file written anew is kept although the other one cannot be emptied', async () => {
  const noise = Uint8Array.from({ length: 200 }, (_, i) => i % 2);
  const fails = () => {
    throw new Error('InvalidStateError');
  };
  for (const fault of /** @type {const} */ (['flush', 'truncate'])) {
    const files = [memory(), memory()];
    const { own } = journal(files);
    own.watch([dataset(['a.png'])]);
    await settle(own);
    for (let i = 0; i < 12_000; i += 1) own.keep({ ...patch('a.png', 1), values: noise }, []);
    files[0][fault] = fails;
    await settle(own);
    own.keep(patch('a.png', 2), []);
    const again = journal(files);
    again.own.watch([dataset(['a.png'])]);
    await settle(again.own);
    assert.deepEqual(again.asked.map(({ type }) => type).filter((type) => type !== 'sent'), ['restore', 'paint_labels'], fault);
  }
});

test('the file in use stays where the other one cannot be written', async () => {
  const noise = Uint8Array.from({ length: 200 }, (_, i) => i % 2);
  const files = [memory(), memory(20)];
  const { own } = journal(files);
  own.watch([dataset(['a.png'])]);
  await settle(own);
  for (let i = 0; i < 12_000; i += 1) own.keep({ ...patch('a.png', 1), values: noise }, []);
  files[1].truncate = () => {
    throw new Error('InvalidStateError');
  };
  await settle(own);
  own.keep(patch('a.png', 2), []);
  const again = journal(files);
  again.own.watch([dataset(['a.png'])]);
  await settle(again.own);
  assert.equal(again.asked.filter(({ type }) => type === 'paint_labels').length, 12_001);
});

test('what was painted before there was a storage is kept, and not painted over by what lies there', async () => {
  const files = [memory(), memory()];
  const before = journal(files);
  before.own.watch([dataset(['a.png', 'b.png'])]);
  await settle(before.own);
  before.own.keep(patch('a.png', 1), []);
  before.own.keep(patch('b.png', 1), []);
  const { own, asked } = journal();
  own.watch([dataset(['a.png', 'b.png'])]);
  await settle(own);
  own.keep({ type: 'set_label_classes', classes: [{ name: 'x', rgb: [1, 2, 3] }] }, []);
  own.keep(patch('a.png', 2), []);
  own.keep(patch('b.png', 2), [/** @type {any} */ ({ type: 'fault' })]);
  own.begin(files);
  // Before the worker has a turn for it.
  own.keep(patch('a.png', 3), []);
  await settle(own);
  assert.deepEqual(asked.filter(({ type }) => type === 'paint_labels').map(({ image }) => image), ['b.png']);
  const again = journal(files);
  again.own.watch([dataset(['a.png', 'b.png'])]);
  await settle(again.own);
  assert.deepEqual(again.asked.map(({ type, path, image }) => [type, path ?? image]).slice(0, 3), [['set_label_classes', undefined], ['restore', 'a.png'], ['paint_labels', 'b.png']]);
});

test('a storage that cannot be opened is told of with the first stroke', async () => {
  const { own, asked } = journal();
  own.watch([dataset(['a.png'])]);
  await own.open(/** @type {any} */ ({ getFileHandle: () => Promise.reject(new Error('gone')) }));
  assert.deepEqual(asked, []);
  own.keep(patch('a.png', 1), []);
  own.keep(patch('a.png', 1), []);
  assert.deepEqual(asked, [{ type: 'unkept', why: 'Error: gone' }]);
});

test('a full storage keeps what it has', async () => {
  const files = [memory(150), memory(150)];
  const { own, asked } = journal(files);
  own.watch([dataset(['a.png'])]);
  await settle(own);
  own.keep(patch('a.png', 1), []);
  assert.deepEqual(asked, []);
  own.keep(patch('a.png', 2), []);
  own.keep(patch('a.png', 3), []);
  assert.notEqual(own.failed, '');
  // Once is enough.
  assert.deepEqual(asked, [{ type: 'unkept', why: own.failed }]);
  const again = journal(files);
  again.own.watch([dataset(['a.png'])]);
  await settle(again.own);
  assert.equal(again.asked.filter(({ type }) => type === 'paint_labels').length, 1);
});
