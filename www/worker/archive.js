// @ts-check
/**
 * The runs that are kept beside the one in the slots: a state and a small file of words for each, and what the page showed
 * of it. A run comes here before another one takes the slots. Worker only.
 */
import { pack, unpack } from './pack.js';
import { openSync, readerOf } from './slots.js';

/**
 * @typedef {import('../core/types.js').SavedRun} SavedRun
 * @typedef {import('../core/types.js').KeptRun} KeptRun
 * @typedef {import('./slots.js').Slots} Slots
 * @typedef {import('./slots.js').Slot} Slot
 * @typedef {{ name: string, differs: [string, string][] | null }} Told what the page says of a run
 * @typedef {Told & { id: string, discarded_until: number | null }} Words
 * @typedef {Words & { since: number }} Current the run in the slots: states from the count `since` on are its
 * @typedef {Words & { saved: SavedRun }} Entry
 */

const FOLDER = 'runs';
const CURRENT = 'current.json';
const STATE = '.gmrun';
const WORDS = '.json';
const SHOWN = '.shown';
/** What is discarded can be had back for so long, ms. */
export const KEPT_MS = 24 * 60 * 60 * 1000;
const PIECE_BYTES = 1 << 22;
/** Longer names are nobody's. */
const MAX_NAME = 120;

export class Archive {
  /** @param {FileSystemDirectoryHandle} folder @param {Slots['describe']} describe checks a state's file */
  constructor(folder, describe) {
    this.folder = folder;
    this.describe = describe;
    /** @type {Map<string, Entry>} */
    this.entries = new Map();
    /** @type {Current | null} */
    this.current = null;
  }

  /**
   * @param {FileSystemDirectoryHandle} root
   * @param {Slots['describe']} describe
   * @param {Slots} slots
   */
  static async open(root, describe, slots) {
    const archive = new Archive(await root.getDirectoryHandle(FOLDER, { create: true }), describe);
    await archive.read();
    const held = slots.newest()?.saved;
    if (held && !archive.idOf(held)) await archive.begin(newId(), held.number, { name: '', differs: null });
    await archive.tidy(slots);
    return archive;
  }

  /** Reads what lies there; a state whose words are missing speaks for itself. */
  async read() {
    this.current = await this.json(CURRENT);
    for (const name of await this.names()) {
      if (!name.endsWith(STATE)) continue;
      const id = name.slice(0, -STATE.length);
      const words = await this.json(id + WORDS);
      const file = await openSync(await this.folder.getFileHandle(name));
      try {
        const { saved, fault } = words?.saved?.bytes === file.getSize() ? { saved: words.saved, fault: null } : this.describe(file);
        if (saved) this.entries.set(id, { name: '', differs: null, discarded_until: null, ...words, id, saved });
        // Half a copy; what a newer version of the page has written stays.
        else if (fault?.code === 'run_truncated' || fault?.code === 'run_corrupt') await this.folder.removeEntry(name).catch(() => {});
      } finally {
        file.close();
      }
    }
  }

  /** Throws away what was discarded more than a day ago, copies of what is in the slots, and what belongs to nothing. @param {Slots} slots */
  async tidy(slots) {
    const held = slots.newest()?.saved;
    const now = Date.now();
    const over = (/** @type {Words} */ { discarded_until: until }) => until !== null && until <= now;
    for (const [id, entry] of this.entries) {
      if (over(entry)) await this.remove(id);
      else if (held && this.current?.id === id && held.number >= this.current.since) await this.removeState(id);
    }
    if (this.current && over(this.current)) {
      // Another run may be on its way into them.
      if (held && held.number >= this.current.since) slots.clear();
      await this.remove(this.current.id);
      this.current = null;
    }
    for (const name of await this.names()) {
      const [id] = name.split('.');
      if (id !== 'current' && !this.entries.has(id) && this.current?.id !== id && !name.endsWith(STATE)) await this.folder.removeEntry(name).catch(() => {});
    }
  }

  async names() {
    const names = [];
    for await (const name of /** @type {any} */ (this.folder).keys()) names.push(/** @type {string} */ (name));
    return names;
  }

  /** Whose a state in the slots is; none if nothing is known of it. @param {SavedRun} saved */
  idOf(saved) {
    if (this.current && saved.number >= this.current.since) return this.current.id;
    return [...this.entries.values()].find((entry) => isSame(entry.saved, saved))?.id ?? null;
  }

  /** The words of a run, wherever it is. @param {string} id @returns {Words | undefined} */
  wordsOf(id) {
    return this.current?.id === id ? this.current : this.entries.get(id);
  }

  /** All runs: that in the slots first, the others by age. @param {Slots | null} slots @returns {Omit<KeptRun, 'data'>[]} */
  list(slots) {
    const held = slots?.newest()?.saved;
    const id = held && this.idOf(held);
    /** @type {Omit<KeptRun, 'data'>[]} */
    const runs = [];
    const words = id ? this.wordsOf(id) : undefined;
    if (held && id && words) runs.push({ id, name: words.name, differs: words.differs, discarded_until: words.discarded_until, saved: held });
    for (const { name, differs, discarded_until, saved, id: other } of this.entries.values()) if (other !== id) runs.push({ id: other, name, differs, discarded_until, saved });
    return runs.sort((a, b) => b.saved.saved_at_ms - a.saved.saved_at_ms);
  }

  /** From the count `since` on the slots are that run's. @param {string} id @param {number} since @param {Told} told where nothing is known of it */
  async begin(id, since, told) {
    if (this.current?.id === id && this.current.since <= since) return;
    const { name, differs } = this.wordsOf(id) ?? told;
    this.current = { id, since, name: clip(name), differs, discarded_until: null };
    await this.writeJson(CURRENT, this.current);
  }

  /**
   * Copies what is in the slots here, so that another run may take them.
   * @param {Slots} slots
   * @returns {Promise<boolean>} false if it was here already
   */
  async setAside(slots) {
    const slot = slots.newest();
    const id = slot?.saved && this.idOf(slot.saved);
    const words = id ? this.wordsOf(id) : undefined;
    if (!slot?.saved || !id || !words) return false;
    const known = this.entries.get(id);
    if (known && isSame(known.saved, slot.saved)) return false;
    for (;;) {
      try {
        await this.copy(id, slot, slot.saved.bytes);
        break;
      } catch (error) {
        if (await this.makeRoom(slots, id)) continue;
        // It was thrown away, and what was promised was only a day.
        if (words.discarded_until !== null) return false;
        throw error;
      }
    }
    /** @type {Entry} */
    const entry = { id, name: words.name, differs: words.differs, discarded_until: words.discarded_until, saved: slot.saved };
    await this.writeJson(id + WORDS, entry);
    this.entries.set(id, entry);
    return true;
  }

  /** The state before the newest would be written over next; what was discarded goes before what was not. @param {Slots} slots @param {string} id not this one */
  async makeRoom(slots, id) {
    const newest = slots.newest();
    const before = slots.slots.find((slot) => slot !== newest && slot.file.getSize() > 0);
    if (before) {
      slots.empty(before);
      return true;
    }
    const [oldest] = [...this.entries.values()].filter((entry) => entry.discarded_until !== null && entry.id !== id).sort((a, b) => (a.discarded_until ?? 0) - (b.discarded_until ?? 0));
    if (oldest) await this.remove(oldest.id);
    return oldest !== undefined;
  }

  /** @param {string} id @param {Slot} slot @param {number} bytes */
  async copy(id, slot, bytes) {
    const out = await openSync(await this.folder.getFileHandle(id + STATE, { create: true }));
    const read = readerOf(slot.file);
    let whole = false;
    try {
      for (let at = 0; at < bytes; at += PIECE_BYTES) {
        const piece = read(at, Math.min(PIECE_BYTES, bytes - at));
        if (out.write(piece, { at }) !== piece.length) throw new Error('no space left');
      }
      out.truncate(bytes);
      out.flush();
      whole = this.describe(out).saved !== null;
      if (!whole) throw new Error('what was copied could not be read back');
    } finally {
      out.close();
      if (!whole) await this.folder.removeEntry(id + STATE).catch(() => {});
    }
  }

  /** A state as a file. @param {string} id @returns {Promise<File | null>} */
  async file(id) {
    try {
      return await (await this.folder.getFileHandle(id + STATE)).getFile();
    } catch {
      return null;
    }
  }

  /** Changes words of a run. @param {string} id @param {Partial<Words>} change @returns {Promise<boolean>} whether there is such a run */
  async change(id, change) {
    const words = this.wordsOf(id);
    if (!words) return false;
    Object.assign(words, change, { name: clip(change.name ?? words.name) });
    await this.writeJson(this.current?.id === id ? CURRENT : id + WORDS, words);
    return true;
  }

  /** Throws a run away for good. @param {string} id @param {Slots} [slots] */
  async remove(id, slots) {
    if (slots && this.current?.id === id) {
      const held = slots.newest()?.saved;
      if (held && this.idOf(held) === id) slots.clear();
      this.current = null;
      await this.folder.removeEntry(CURRENT).catch(() => {});
    }
    this.entries.delete(id);
    for (const end of [STATE, WORDS, SHOWN]) await this.folder.removeEntry(id + end).catch(() => {});
  }

  /** The slots hold it now. @param {string} id */
  async removeState(id) {
    if (!this.entries.delete(id)) return;
    for (const end of [STATE, WORDS]) await this.folder.removeEntry(id + end).catch(() => {});
  }

  /** Keeps what the page showed of a run: its masks and scores. @param {string} id @param {unknown} shown */
  async keepShown(id, shown) {
    await this.write(id + SHOWN, pack(shown)).catch(() => this.folder.removeEntry(id + SHOWN).catch(() => {}));
  }

  /** @param {string} id @returns {Promise<any>} null if there is none */
  async shown(id) {
    try {
      return unpack(new Uint8Array(await (await (await this.folder.getFileHandle(id + SHOWN)).getFile()).arrayBuffer()));
    } catch {
      return null;
    }
  }

  /** @param {string} name @returns {Promise<any>} */
  async json(name) {
    try {
      return JSON.parse(await (await (await this.folder.getFileHandle(name)).getFile()).text());
    } catch {
      return null;
    }
  }

  /** @param {string} name @param {unknown} value */
  writeJson(name, value) {
    return this.write(name, [new TextEncoder().encode(JSON.stringify(value))]);
  }

  /** @param {string} name @param {Uint8Array[]} parts */
  async write(name, parts) {
    const file = await openSync(await this.folder.getFileHandle(name, { create: true }));
    try {
      let at = 0;
      for (const part of parts) {
        if (file.write(part, { at }) !== part.length) throw new Error('no space left');
        at += part.length;
      }
      file.truncate(at);
      file.flush();
    } finally {
      file.close();
    }
  }
}

/** Sorts by time. */
export const newId = () => `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 10)}`;

/** @param {SavedRun} one @param {SavedRun} other */
const isSame = (one, other) => one.number === other.number && one.saved_at_ms === other.saved_at_ms;

/** @param {string} name */
const clip = (name) => [...String(name)].slice(0, MAX_NAME).join('');
