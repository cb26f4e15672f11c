// @ts-check
/**
 * Reads the files of a drop in the worker, one at a time, and hands each to the engine. Between two
 * files the worker looks at its commands, so a drop of thousands can be cancelled and never delays Stop.
 */
import { IMAGE_ENDINGS } from '../generated/constants.js';
import { MAX_FILE_BYTES } from '../core/paths.js';
import { isForeignModel, isModel } from '../ui/format.js';
import { isZip, listZip, mib, readEntry } from './zip.js';

/**
 * @typedef {import('../core/types.js').Entry} Entry
 * @typedef {import('../core/types.js').Purpose} Purpose
 * @typedef {import('../core/types.js').Command} Command
 * @typedef {(command: Command) => Promise<void>} Call
 * @typedef {object} Large files that stay where they are
 * @property {(path: string, file: File, purpose: Purpose) => Promise<boolean>} open false if its bytes are wanted
 * @property {() => Promise<number>} planParts how many parts are to be taken in of those too large to be held
 * @property {() => Promise<boolean>} addPart the next one; false where none is left
 * @typedef {(message: import('../core/types.js').FromWorker) => void} Post
 * @typedef {import('./wasm-load.js').EngineModule} EngineModule
 */

/** So much is read of a model of another program. */
const FOREIGN_BYTES = 4096;

/** @param {string} path */
const isTiff = (path) => /\.(tiff?|gtiff|geotiff)$/i.test(path);

export class Intake {
  /**
   * @param {Call} call
   * @param {Post} post
   * @param {() => EngineModule | null} module tells by names what is none of a data set
   * @param {Large} large
   */
  constructor(call, post, module, large) {
    this.call = call;
    this.large = large;
    this.post = post;
    this.module = module;
    /** @type {{ entries: Entry[], purpose: Purpose }[]} */
    this.drops = [];
    /** @type {AsyncGenerator<void, void> | null} */
    this.current = null;
    this.cancelled = false;
  }

  /** @param {{ entries: Entry[], purpose: Purpose }} drop */
  add(drop) {
    this.drops.push(drop);
  }

  /** The rest of the drops is not read; what was read stays. */
  cancel() {
    if (this.current || this.drops.length) this.cancelled = true;
  }

  hasWork() {
    return this.current !== null || this.drops.length > 0;
  }

  /** Reads one file (or one entry of a zip). */
  async step() {
    if (!this.current) {
      const drop = this.drops.shift();
      if (!drop) return;
      this.current = this.read(drop.entries, drop.purpose);
    }
    const { done } = await this.current.next();
    if (done) this.current = null;
  }

  /**
   * @param {Entry[]} entries
   * @param {Purpose} purpose
   * @returns {AsyncGenerator<void, void>}
   */
  async *read(entries, purpose) {
    let done = 0;
    let total = entries.length;
    let told = 0;
    /** @param {string} path */
    const tell = (path) => {
      const now = performance.now();
      if (now - told < 80 && done < total) return;
      told = now;
      this.post({ kind: 'reading', purpose, done, total, path });
    };
    let images = 0;
    /** Entries handed over, and how many files of the last one where it is a zip that was not read to its end. */
    let handed = 0;
    /** @type {number | undefined} */
    let first;
    for (const { path, file, fault, first: wanted } of entries) {
      if (this.cancelled) break;
      handed += 1;
      tell(path);
      if (this.isJunk(path)) {
        done += 1;
        continue;
      }
      if (!fault && (await this.looksLikeZip(file))) {
        const listed = await this.guard(path, () => listZip(file));
        // The archive's own name leads the path, so that images.zip and masks.zip pair up.
        const prefix = path.replace(/\.zip$/i, '');
        for (const { path: inner, fault: cause } of listed?.faults ?? []) {
          if (this.isJunk(inner)) continue;
          await this.call({ type: 'file_unreadable', path: inner ? `${prefix}/${inner}` : path, detail: cause });
        }
        const inside = listed?.entries.filter((entry) => !this.isJunk(entry.path)).slice(0, wanted) ?? [];
        total += (listed ? inside.length : 1) - 1;
        for (const [at, entry] of inside.entries()) {
          if (this.cancelled) {
            first = at;
            break;
          }
          const inner = `${prefix}/${entry.path}`;
          const read = await this.guard(inner, () => readEntry(file, entry));
          if (read && 'fault' in read) await this.call({ type: 'file_unreadable', path: inner, detail: read.fault });
          else if (read) await this.call({ type: 'add_file', path: inner, bytes: read.bytes, purpose });
          images += 1;
          done += 1;
          tell(inner);
          yield;
        }
        if (listed && listed.entries.length === 0) done += 1;
        images += 1;
        continue;
      }
      const isOpened = !fault && isTiff(path) && (await this.large.open(path, file, purpose));
      if (fault) {
        await this.call({ type: 'file_unreadable', path, detail: fault });
        images += 1;
      } else if (isForeignModel(path)) {
        // Its beginning is enough to tell what it is.
        const buffer = await this.guard(path, () => file.slice(0, FOREIGN_BYTES).arrayBuffer());
        if (buffer) await this.call({ type: 'load_model', name: path.split('/').at(-1) ?? path, bytes: new Uint8Array(buffer) });
      } else if (isOpened) {
        images += 1;
      } else if (file.size > MAX_FILE_BYTES) {
        await this.call({ type: 'file_unreadable', path, detail: `${mib(file.size)}, limit ${mib(MAX_FILE_BYTES)}` });
        images += 1;
      } else {
        const buffer = await this.guard(path, () => file.arrayBuffer());
        if (buffer && isModel(path)) {
          await this.call({ type: 'load_model', name: path.split('/').at(-1) ?? path, bytes: new Uint8Array(buffer) });
        } else if (buffer) {
          await this.call({ type: 'add_file', path, bytes: new Uint8Array(buffer), purpose });
          images += 1;
        } else {
          images += 1;
        }
      }
      done += 1;
      tell(path);
      yield;
    }
    // What was read is taken in whole: a later engine finds the same.
    const cancelled = this.cancelled;
    const parts = purpose === 'train' ? await this.large.planParts() : 0;
    for (let part = 1; part <= parts; part += 1) {
      this.post({ kind: 'reading', purpose, done: part - 1, total: parts, path: 'parts of what is too large to be held' });
      if (!(await this.large.addPart())) break;
      yield;
    }
    if (!this.drops.length) this.cancelled = false;
    // A drop of nothing but a model changes no data set.
    if (images > 0) await this.call({ type: 'files_done', purpose });
    this.post({ kind: 'read', purpose, cancelled, handed, first });
  }

  /** What systems leave behind is not read. @param {string} path */
  isJunk(path) {
    return this.module()?.is_junk(path) ?? false;
  }

  /** @param {File} file */
  async looksLikeZip(file) {
    // Office documents and projects of QGIS are archives too, but none of images.
    if (this.module()?.is_beside(file.name)) return false;
    const ending = file.name.split('.').pop()?.toLowerCase() ?? '';
    if (IMAGE_ENDINGS.includes(ending) || isModel(file.name)) return false;
    try {
      return isZip(new Uint8Array(await file.slice(0, 4).arrayBuffer()));
    } catch {
      return false; // Reading it whole names the cause.
    }
  }

  /**
   * Runs a read; what the browser refuses becomes a fault with the file's name, and the rest goes on.
   * @template T
   * @param {string} path
   * @param {() => Promise<T>} read
   * @returns {Promise<T | null>}
   */
  async guard(path, read) {
    try {
      return await read();
    } catch (error) {
      await this.call({ type: 'file_unreadable', path, detail: error instanceof Error ? error.name : String(error) });
      return null;
    }
  }
}
