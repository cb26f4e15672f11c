// @ts-check
/**
 * What people paint, kept in the browser's private storage stroke by stroke, and painted again after a reload. Worker
 * only. A record a patch, appended at once: whatever happens, at most the stroke under way is lost. Images are known by
 * their pixels (`image_id`), so that labels find their image whatever its path, and never another one.
 *
 * Two files in turn: when one has grown far beyond what the labels take, the other is written anew with one layer an
 * image, and its head last.
 */
import { openSync, readerOf } from './slots.js';

/** @typedef {import('../core/types.js').Command} Command */
/** @typedef {import('../core/types.js').EngineEvent} EngineEvent */
/** @typedef {Extract<Command, { type: 'paint_labels' }>} Patch */
/** @typedef {import('./slots.js').SyncFile} SyncFile */
/** @typedef {{ name: string, rgb: [number, number, number] }} ClassInfo */
/**
 * The head of a record: a patch, a whole layer, or the classes of the images.
 * @typedef {{ kind: 'patch', id: string, left: number, top: number, width: number, height: number, corrected: boolean }
 *   | { kind: 'layer', id: string } | { kind: 'classes', classes: ClassInfo[], ids: string[] }} Head
 */
/** @typedef {{ head: Head, at: number, length: number }} Place where a record's bytes lie in the file */
/**
 * What the worker lends.
 * @typedef {object} Host
 * @property {(command: Command) => Promise<EngineEvent[]>} paint carries out a command
 * @property {(path: string, bytes: Uint8Array) => Promise<EngineEvent[]>} restore takes in a layer
 * @property {(path: string) => Uint8Array | undefined} layer gives one
 * @property {(events: EngineEvent[]) => void} send
 * @property {(why: string) => void} unkept what is painted from now on is not kept
 */

const NAMES = ['labels-a', 'labels-b'];
/** Magic, then a number that is higher in the newer file. */
const MAGIC = 0x4c424c31;
const HEAD_BYTES = 8;
/** Length and checksum of a record. */
const RECORD_BYTES = 8;
const MAX_RECORD_BYTES = 1 << 28;
/** A file is not written anew below this size. */
const SMALL_BYTES = 4 << 20;
/** Labels of images that were not seen this time are dropped beyond this, the oldest first. */
const MAX_OTHERS_BYTES = 256 << 20;
/** Images that a record of classes names at most. */
const MAX_IDS = 1000;
const FLUSH_MS = 250;

const CRC = new Uint32Array(256).map((_, n) => {
  for (let k = 0; k < 8; k += 1) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n >>> 0;
});

/** The checksum that zip and PNG use. @param {Uint8Array} bytes */
export function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = CRC[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/** Runs of values: each the value and its length in groups of seven bits, the lowest first. @param {Uint8Array} values */
export function packRuns(values) {
  /** @type {number[]} */
  const out = [];
  for (let at = 0; at < values.length; ) {
    const value = values[at];
    let end = at + 1;
    while (end < values.length && values[end] === value) end += 1;
    out.push(value);
    let length = end - at;
    for (; length >= 0x80; length = Math.floor(length / 0x80)) out.push((length % 0x80) | 0x80);
    out.push(length);
    at = end;
  }
  return Uint8Array.from(out);
}

/** @param {Uint8Array} bytes @param {number} count values that there are @returns {Uint8Array | null} null: they are damaged */
export function unpackRuns(bytes, count) {
  const out = new Uint8Array(count);
  let filled = 0;
  for (let at = 0; at < bytes.length; ) {
    const value = bytes[at++];
    let length = 0;
    let scale = 1;
    for (;;) {
      const byte = bytes[at++];
      if (byte === undefined) return null;
      length += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
      scale *= 0x80;
    }
    if (filled + length > count) return null;
    out.fill(value, filled, filled + length);
    filled += length;
  }
  return filled === count ? out : null;
}

/** @param {Head} head @param {Uint8Array} body @returns {Uint8Array} */
export function record(head, body) {
  const text = new TextEncoder().encode(JSON.stringify(head));
  const out = new Uint8Array(RECORD_BYTES + 2 + text.length + body.length);
  const view = new DataView(out.buffer);
  view.setUint16(RECORD_BYTES, text.length, true);
  out.set(text, RECORD_BYTES + 2);
  out.set(body, RECORD_BYTES + 2 + text.length);
  view.setUint32(0, out.length - RECORD_BYTES, true);
  view.setUint32(4, crc32(out.subarray(RECORD_BYTES)), true);
  return out;
}

/** @param {Uint8Array} bytes a record without length and checksum @returns {{ head: Head, body: Uint8Array } | null} */
export function parsed(bytes) {
  try {
    const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint16(0, true);
    const head = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(2, 2 + length)));
    return { head, body: bytes.subarray(2 + length) };
  } catch {
    return null;
  }
}

export class LabelJournal {
  /** @param {Host} host */
  constructor(host) {
    this.host = host;
    /** @type {SyncFile[]} */
    this.files = [];
    /** The file in use, its number and its end. */
    this.current = 0;
    this.number = 1;
    this.end = HEAD_BYTES;
    /** Its length when it was written anew. */
    this.compact = HEAD_BYTES;
    /** Records by image, and those of classes. @type {Map<string, Place[]>} */
    this.images = new Map();
    /** @type {Place[]} */
    this.classes = [];
    /** The images of the data set: paths by id, ids by path. @type {Map<string, string>} */
    this.paths = new Map();
    /** @type {Map<string, string>} */
    this.ids = new Map();
    /** Images whose labels the engine has. @type {Set<string>} */
    this.live = new Set();
    this.replaying = false;
    this.wanted = false;
    /** @type {ReturnType<typeof setTimeout> | null} */
    this.flushing = null;
    /** Why nothing is kept any more, and whether that was said. */
    this.failed = '';
    this.told = false;
    /** What is to be kept whole, as what was painted before there was a storage: ids and paths of images; and the classes chosen last. @type {Map<string, string>} */
    this.early = new Map();
    /** @type {ClassInfo[] | null} */
    this.earlyClasses = null;
  }

  /** @param {FileSystemDirectoryHandle} folder */
  async open(folder) {
    /** @type {SyncFile[]} */
    const files = [];
    try {
      for (const name of NAMES) files.push(await openSync(await folder.getFileHandle(name, { create: true })));
      this.begin(files);
    } catch (error) {
      // Said with the first stroke: who paints nothing misses nothing.
      this.failed = String(error);
      this.files = [];
      for (const file of files) file.close();
    }
  }

  /** Reads what was kept. @param {SyncFile[]} files */
  begin(files) {
    this.files = files;
    const numbers = files.map((file) => {
      if (file.getSize() < HEAD_BYTES) return 0;
      const head = readerOf(file)(0, HEAD_BYTES);
      const view = new DataView(head.buffer, head.byteOffset, head.length);
      return view.getUint32(0, true) === MAGIC ? view.getUint32(4, true) : 0;
    });
    this.current = numbers[1] > numbers[0] ? 1 : 0;
    this.number = Math.max(1, numbers[this.current]);
    this.images.clear();
    this.classes = [];
    if (!numbers[this.current]) this.start(files[this.current]);
    else this.index(files[this.current]);
    this.wanted = true;
  }

  /** @param {SyncFile} file */
  start(file) {
    file.truncate(0);
    file.write(this.headOf(this.number), { at: 0 });
    this.end = HEAD_BYTES;
    this.compact = HEAD_BYTES;
  }

  /** @param {number} number */
  headOf(number) {
    const head = new Uint8Array(HEAD_BYTES);
    const view = new DataView(head.buffer);
    view.setUint32(0, MAGIC, true);
    view.setUint32(4, number, true);
    return head;
  }

  /** Finds the records of a file; what is cut off or damaged at its end is written over. @param {SyncFile} file */
  index(file) {
    const read = readerOf(file);
    const size = file.getSize();
    let at = HEAD_BYTES;
    while (at + RECORD_BYTES <= size) {
      const lead = read(at, RECORD_BYTES);
      const view = new DataView(lead.buffer, lead.byteOffset, lead.length);
      const length = view.getUint32(0, true);
      if (length > MAX_RECORD_BYTES || at + RECORD_BYTES + length > size) break;
      const bytes = read(at + RECORD_BYTES, length);
      if (crc32(bytes) !== view.getUint32(4, true)) break;
      const found = parsed(bytes);
      if (!found) break;
      this.note(found.head, at + RECORD_BYTES, length);
      at += RECORD_BYTES + length;
    }
    this.end = at;
    this.compact = at;
  }

  /** @param {Head} head @param {number} at @param {number} length */
  note(head, at, length) {
    const place = { head, at, length };
    if (head.kind === 'classes') {
      this.classes.push(place);
      return;
    }
    const known = this.images.get(head.id);
    // What was painted before a whole layer is in it.
    if (known && head.kind === 'patch') known.push(place);
    else this.images.set(head.id, [place]);
  }

  /** A command was carried out: what it changed is kept. @param {Command} command @param {EngineEvent[]} events */
  keep(command, events) {
    if (this.replaying || events.some(({ type }) => type === 'fault')) return;
    if (command.type === 'set_label_classes') this.keepClasses(/** @type {ClassInfo[]} */ (command.classes));
    if (command.type !== 'paint_labels') return;
    const id = this.ids.get(command.image);
    if (!id) return;
    const { left, top, width, height, corrected = false } = command;
    // Also before there is a storage: what lies in there is older, and must not be painted over it.
    this.live.add(id);
    if (!this.files.length) this.early.set(id, command.image);
    else this.append({ kind: 'patch', id, left, top, width, height, corrected }, packRuns(command.values));
    this.warn();
  }

  /** Says once that strokes are not kept. */
  warn() {
    if (!this.failed || this.told) return;
    this.told = true;
    this.host.unkept(this.failed);
  }

  /** @param {ClassInfo[]} classes */
  keepClasses(classes) {
    if (!this.files.length) this.earlyClasses = classes;
    else this.append({ kind: 'classes', classes, ids: [...this.paths.keys()].slice(0, MAX_IDS) }, new Uint8Array());
  }

  /** What was painted before there was a storage, or on other pixels of an image, is kept as it stands. */
  catchUp() {
    if (!this.early.size && !this.earlyClasses) return;
    if (this.earlyClasses) this.keepClasses(this.earlyClasses);
    this.earlyClasses = null;
    for (const [id, path] of this.early) {
      const layer = this.live.has(id) ? this.host.layer(path) : undefined;
      if (layer) this.append({ kind: 'layer', id }, layer);
      // A file of other content under the same path: the engine has dropped its labels.
      else this.live.delete(id);
    }
    this.early.clear();
    this.warn();
  }

  /** @param {Head} head @param {Uint8Array} body */
  append(head, body) {
    if (this.failed) return;
    const file = this.files[this.current];
    const bytes = record(head, body);
    try {
      if (file.write(bytes, { at: this.end }) !== bytes.length) throw new Error('quota');
    } catch (error) {
      this.failed = String(error);
      return;
    }
    this.note(head, this.end + RECORD_BYTES, bytes.length - RECORD_BYTES);
    this.end += bytes.length;
    this.flushing ??= setTimeout(() => {
      this.flushing = null;
      try {
        this.files[this.current].flush();
      } catch {
        // It is written; the next one brings it to the disk.
      }
    }, FLUSH_MS);
  }

  /** The images of a data set that is told. @param {EngineEvent[]} events */
  watch(events) {
    for (const event of events) {
      if (event.type !== 'dataset') continue;
      const before = new Map(this.ids);
      this.paths.clear();
      this.ids.clear();
      for (const { image_path: path, image_id: id } of event.pairs) this.know(path, id);
      for (const { path, image_id: id, is_mask: mask } of event.unpaired) if (!mask) this.know(path, id);
      for (const [path, id] of this.ids) this.reread(path, before.get(path), id);
      // What left the data set left the engine.
      for (const id of this.live) if (!this.paths.has(id)) this.live.delete(id);
      if (!this.replaying) this.wanted = true;
    }
  }

  /**
   * An image that was read again with other bands has other pixels, and the engine has kept its labels: they are kept whole for
   * these pixels, unless what lies here of these is newer.
   * @param {string} path @param {string | undefined} old @param {string} id
   */
  reread(path, old, id) {
    if (!old || old === id || !this.live.has(old) || this.live.has(id)) return;
    if (this.lastOf(id) > this.lastOf(old)) return;
    this.live.add(id);
    this.early.delete(old);
    this.early.set(id, path);
  }

  /** Where the last record of an image lies: the later, the newer. @param {string} id */
  lastOf(id) {
    return this.images.get(id)?.at(-1)?.at ?? 0;
  }

  /** @param {string} path @param {string | undefined} id */
  know(path, id) {
    if (!id) return;
    this.ids.set(path, id);
    // Of two that are the same the first is painted.
    if (!this.paths.has(id)) this.paths.set(id, path);
  }

  /** Whether something that was kept is to be painted again, or the file to be written anew. */
  due() {
    return (this.wanted && this.files.length > 0) || this.isLarge();
  }

  isLarge() {
    return this.files.length > 0 && !this.failed && this.end > SMALL_BYTES + 2 * this.compact;
  }

  async step() {
    if (!this.wanted) {
      this.rewrite();
      return;
    }
    this.wanted = false;
    // Here and not where the storage opens: the engine may be in a call then, and cannot be asked.
    this.catchUp();
    const waiting = [...this.images.keys()].filter((id) => this.paths.has(id) && !this.live.has(id));
    if (!waiting.length) return;
    this.replaying = true;
    try {
      await this.replay(waiting);
    } finally {
      this.replaying = false;
    }
  }

  /** @param {string[]} waiting ids */
  async replay(waiting) {
    /**
     * What is told at the end: the data set once, and of each image its labels as they are then. A run that went on first
     * brought its layers along: no stroke of theirs tells the data set.
     * @type {Map<string, EngineEvent>}
     */
    const told = new Map();
    /** @param {EngineEvent[]} events */
    const hear = (events) => {
      for (const event of events) told.set(event.type === 'labels' ? `labels of ${event.image}` : event.type, event);
    };
    const read = readerOf(this.files[this.current]);
    const chosen = this.classes.findLast(({ head }) => head.kind === 'classes' && head.ids.some((id) => waiting.includes(id)));
    if (chosen?.head.kind === 'classes') {
      const events = await this.host.paint({ type: 'set_label_classes', classes: chosen.head.classes });
      // Fewer than the masks hold by now: theirs are in force.
      if (!events.some(({ type }) => type === 'fault')) hear(events);
    }
    for (const id of waiting) {
      const image = this.paths.get(id) ?? '';
      this.live.add(id);
      for (const { head, at, length } of this.images.get(id) ?? []) {
        const body = parsed(read(at, length))?.body;
        if (!body) continue;
        if (head.kind === 'layer') hear(await this.host.restore(image, body));
        if (head.kind !== 'patch') continue;
        const { left, top, width, height, corrected } = head;
        const values = unpackRuns(body, width * height);
        if (values) hear(await this.host.paint({ type: 'paint_labels', image, left, top, width, height, values, corrected }));
      }
    }
    // It was told with the first stroke of the last image; the classes it has say it once more.
    const data = told.get('dataset');
    if (data?.type === 'dataset' && data.label_classes?.length) hear(await this.host.paint({ type: 'set_label_classes', classes: data.label_classes }));
    this.host.send([...told.values()]);
  }

  /** Writes the other file with one layer an image, and uses that from now on. */
  rewrite() {
    const [from, to] = [this.files[this.current], this.files[1 - this.current]];
    const read = readerOf(from);
    let at = HEAD_BYTES;
    /** @type {[Head, number, number][]} */
    const notes = [];
    try {
      to.truncate(0);
      /** @param {Head} head @param {Uint8Array} body */
      const put = (head, body) => {
        const bytes = record(head, body);
        if (to.write(bytes, { at }) !== bytes.length) throw new Error('quota');
        notes.push([head, at + RECORD_BYTES, bytes.length - RECORD_BYTES]);
        at += bytes.length;
      };
      for (const { head } of this.classes.slice(-100)) put(head, new Uint8Array());
      // Those painted last come last.
      let room = MAX_OTHERS_BYTES;
      const ids = [...this.images.keys()].sort((a, b) => this.lastOf(b) - this.lastOf(a));
      const kept = ids.filter((id) => {
        if (this.live.has(id)) return true;
        room -= (this.images.get(id) ?? []).reduce((sum, { length }) => sum + length, 0);
        return room >= 0;
      });
      for (const id of kept.reverse()) {
        const layer = this.live.has(id) ? this.host.layer(this.paths.get(id) ?? '') : undefined;
        if (layer) put({ kind: 'layer', id }, layer);
        else for (const { head, at: place, length } of this.images.get(id) ?? []) put(head, parsed(read(place, length))?.body ?? new Uint8Array());
      }
      to.flush();
      if (to.write(this.headOf(this.number + 1), { at: 0 }) !== HEAD_BYTES) throw new Error('quota');
      to.flush();
    } catch {
      // The file in use is whole; it is tried again when that has doubled.
      this.compact = this.end;
      empty(to);
      return;
    }
    this.number += 1;
    this.current = 1 - this.current;
    this.images.clear();
    this.classes = [];
    for (const [head, place, length] of notes) this.note(head, place, length);
    this.end = at;
    this.compact = at;
    empty(from);
  }
}

/** Empties a file that is not in use: one that stays has the lower number, and is not read. @param {SyncFile} file */
function empty(file) {
  try {
    file.truncate(0);
    file.flush();
  } catch {
    // It is emptied before it is written the next time.
  }
}
