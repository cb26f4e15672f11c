// @ts-check
/**
 * Worker side of runs that survive: saves the state every few seconds, into the browser's private storage where that
 * is to be had, else as a blob that the page holds; opens what was saved; says what cannot be done, and why.
 */
import { Slots, openFolder, readerOf, readerOfBlob } from './slots.js';
import { pruneData, storeData, storedData } from './stored-data.js';

/**
 * @typedef {import('./types.js').EngineEvent} EngineEvent
 * @typedef {import('./types.js').FromWorker} FromWorker
 * @typedef {import('./types.js').KeepMessage} KeepMessage
 * @typedef {import('../../pkg/groundmask.js').SaveOutcome} SaveOutcome
 * @typedef {import('./wasm-load.js').EngineModule} EngineModule
 */

/**
 * What the worker lends.
 * @typedef {object} Host
 * @property {(message: FromWorker) => void} post
 * @property {(events: EngineEvent[]) => void} send
 * @property {() => import('../../pkg/groundmask.js').Engine | null} engine
 * @property {() => EngineModule | null} module
 * @property {() => void} wake has `due` asked again
 * @property {<T>(work: () => Promise<T> | T) => Promise<T | null>} guarded an engine call; null if it was the engine's end
 */

/** Most that saving may cost: one part in so many of the time. */
const COST_SHARE = 30;
const DEFAULT_EVERY_MS = 15_000;
const PIECE_BYTES = 1 << 22;

export class Keep {
  /** @param {Host} host */
  constructor(host) {
    this.host = host;
    this.everyMs = DEFAULT_EVERY_MS;
    /** The time was set by hand and holds whatever saving costs. */
    this.fixed = false;
    /** @type {FileSystemDirectoryHandle | null} */
    this.folder = null;
    /** @type {Slots | null} */
    this.slots = null;
    this.number = 0;
    this.lastMs = 0;
    this.costMs = 0;
    /** Save with the next slice, whatever the time. */
    this.wanted = false;
    this.ended = false;
    /** The slots may be written over by the run under way: they hold it already, or people said so. */
    this.claimed = false;
    /** The data set that is kept or being copied; that of an older run need not be copied to its end. */
    this.copied = '';
    /** Its copying. @type {Promise<void>} */
    this.copying = Promise.resolve();
    /** So many copies are being made. */
    this.copies = 0;
    /** The data set whose copies the page has in use. @type {string | null} */
    this.held = null;
    /** The data sets that were left after the last pruning. @type {string | null} */
    this.pruned = null;
    /** @type {(() => Promise<void>)[]} */
    this.jobs = [];
  }

  /** Opens the slots and tells the page what is in them. The page has the storage to itself. */
  async open() {
    try {
      this.folder = await openFolder();
      const slots = await Slots.open(this.folder, (file) => this.describe(file));
      const fault = slots.unread();
      if (fault) {
        slots.close();
        this.tell('none', fault.code, fault);
        return;
      }
      this.slots = slots;
    } catch (error) {
      this.tell('none', words(error));
      return;
    }
    this.number = Math.max(this.number, this.slots.newest()?.saved?.number ?? 0);
    this.tell('disk', '');
    // A run that began before is saved from now on.
    this.wanted = true;
    this.host.wake();
  }

  /** @param {'disk' | 'none'} storage @param {string} detail @param {import('./types.js').Fault} [fault] */
  tell(storage, detail, fault) {
    const saved = this.slots?.newest()?.saved ?? null;
    void this.hasData(saved).then((data) => this.host.post({ kind: 'kept', storage, detail, saved, fault, data }));
  }

  /** @param {import('./types.js').SavedRun | null} saved */
  async hasData(saved) {
    return saved && this.folder ? (await storedData(this.folder, saved.data.fingerprint)) !== null : false;
  }

  /** @param {import('./slots.js').SyncFile} file */
  describe(file) {
    const module = this.host.module();
    if (!module) throw new Error('the engine is not there');
    const { saved, fault } = module.describe_run(undefined, file.getSize(), readerOf(file));
    return { saved: saved ?? null, fault: fault ?? null };
  }

  /** @param {KeepMessage} message */
  receive(message) {
    switch (message.kind) {
      case 'keep_every':
        this.everyMs = message.ms;
        this.fixed = true;
        break;
      case 'keep_now':
        this.wanted = true;
        break;
      case 'keep_data':
        void this.keepData(message.fingerprint, message.entries);
        break;
      case 'give_data':
        void this.giveData(message.fingerprint);
        break;
      case 'resume':
        this.jobs.push(() => this.resume(message));
        break;
      case 'look_at_run':
        this.jobs.push(() => this.look(message.file));
        break;
      case 'take_run':
        this.jobs.push(() => this.take());
        break;
      case 'claim':
        this.claimed = true;
        if (message.blob) {
          const { blob } = message;
          this.jobs.push(() => this.store(blob));
        }
        break;
      case 'hold_data':
        this.held = message.fingerprint;
        this.pruned = null;
        break;
      case 'forget_run':
        this.slots?.clear();
        this.copied = '';
        this.jobs.push(() => this.prune());
        this.tell('disk', '');
        break;
    }
  }

  /** What the engine told: starts, ends and pauses are moments to save. @param {EngineEvent[]} events */
  watch(events) {
    for (const event of events) {
      if (event.type === 'run_started') {
        this.lastMs = performance.now();
        this.ended = false;
        this.claimed = false;
        // The weights it began with may be nowhere else.
        if (event.continued) this.wanted = true;
      }
      if (event.type === 'phase' && event.phase === 'paused') this.wanted = true;
      if (event.type === 'run_ended') this.ended = true;
    }
  }

  /** Whether there is something to do between two slices. */
  due() {
    const engine = this.host.engine();
    if (this.jobs.length) return true;
    if (!engine?.can_save()) {
      this.wanted = false;
      return false;
    }
    const since = performance.now() - this.lastMs;
    return this.wanted || this.ended || (engine.is_busy() && since >= Math.max(this.everyMs, this.fixed ? 0 : COST_SHARE * this.costMs));
  }

  /** One job, or one save. */
  async step() {
    const job = this.jobs.shift();
    if (job) {
      await job();
      return;
    }
    const { ended } = this;
    this.wanted = false;
    this.ended = false;
    const began = performance.now();
    await this.save();
    this.lastMs = performance.now();
    this.costMs = this.lastMs - began;
    if (ended) this.host.engine()?.release_run();
  }

  async save() {
    /** Why the storage did not take it. */
    let why = this.slots ? '' : 'no_storage';
    if (this.slots?.newest() && !this.claimed) {
      why = 'foreign';
    } else if (this.slots) {
      try {
        const saved = await this.slots.save(async (write) => {
          const outcome = await this.write(write);
          why = outcome?.fault?.detail ?? outcome?.fault?.code ?? '';
          // Whatever else is wrong, another place would not mend it.
          if (outcome?.fault && outcome.fault.code !== 'save_failed') throw new Error(why);
          return Boolean(outcome?.saved);
        });
        if (saved) {
          this.number = saved.number;
          this.claimed = true;
          this.host.post({ kind: 'saved', saved, where: 'disk', why: '', bytes: saved.bytes });
          await this.prune();
          return;
        }
        if (!this.host.engine()) return;
        why ||= 'what was written could not be read back';
      } catch (error) {
        why = words(error);
        if (!this.host.engine()) return;
      }
    }
    const blob = await this.asBlob();
    if (blob) this.host.post({ kind: 'saved', saved: blob.saved, where: 'page', why, bytes: blob.saved.bytes, blob: blob.blob });
    else if (this.host.engine()) this.host.post({ kind: 'save_failed', why });
  }

  /** The run's state through `write`. @param {(bytes: Uint8Array) => number} write @returns {Promise<SaveOutcome | null>} */
  async write(write) {
    const engine = this.host.engine();
    const outcome = engine ? await this.host.guarded(() => engine.save_run(this.number + 1, write)) : null;
    if (outcome?.events.length) this.host.send(outcome.events);
    return outcome;
  }

  /** The run's state in memory that the browser may move to disk. */
  async asBlob() {
    /** @type {BlobPart[]} */
    const parts = [];
    const outcome = await this.write((bytes) => {
      parts.push(/** @type {Uint8Array<ArrayBuffer>} */ (bytes));
      return bytes.length;
    });
    if (!outcome?.saved) return null;
    this.number = outcome.saved.number;
    return { saved: outcome.saved, blob: new Blob(parts) };
  }

  /** Puts a state that the page holds of a run that has ended into the slots. @param {Blob} blob */
  async store(blob) {
    if (!this.slots || this.host.engine()?.can_save()) return;
    const read = readerOfBlob(blob);
    let why = '';
    try {
      const saved = await this.slots.save(async (write) => {
        for (let at = 0; at < blob.size; at += PIECE_BYTES) {
          const bytes = read(at, Math.min(PIECE_BYTES, blob.size - at));
          if (write(bytes) !== bytes.length) {
            why = 'no space left';
            return false;
          }
        }
        return true;
      });
      if (saved) {
        this.slots.dropNewer(saved);
        // What this worker saves after it is newer.
        this.number = Math.max(this.number, saved.number);
        this.host.post({ kind: 'saved', saved, where: 'disk', why: '', bytes: saved.bytes });
      }
    } catch (error) {
      why = words(error);
    }
    if (why) this.host.post({ kind: 'save_failed', why });
  }

  /** Throws away copies of data sets that neither a saved run nor the page needs any more. */
  async prune() {
    if (!this.folder || !this.slots || this.copies) return;
    const saved = this.slots.slots.flatMap((slot) => slot.saved?.data.fingerprint ?? []);
    // Until the first save the copies of the run under way are nobody's yet.
    if (saved.length === 1) return;
    const needed = this.held === null ? saved : [...saved, this.held];
    const key = needed.join();
    if (key === this.pruned) return;
    this.pruned = key;
    await pruneData(this.folder, needed);
  }

  /** One copy after the other: two of the same files would write into one folder. @param {string} fingerprint @param {import('./types.js').Entry[]} entries */
  async keepData(fingerprint, entries) {
    const { folder } = this;
    if (!folder) return;
    this.copied = fingerprint;
    const before = this.copying;
    const copy = async () => {
      this.copies += 1;
      await before;
      // After a trap nothing in the engine's memory is to be relied on.
      const module = this.host.engine() && this.host.module();
      // What is not read need not be kept.
      const wanted = entries.filter(({ path }) => !module?.is_junk(path));
      const why = await storeData(folder, fingerprint, wanted, () => this.copied !== fingerprint);
      this.copies -= 1;
      this.host.post({ kind: 'data_kept', fingerprint, why });
    };
    this.copying = copy();
    await this.copying;
  }

  /** @param {string} fingerprint */
  async giveData(fingerprint) {
    const entries = this.folder ? await storedData(this.folder, fingerprint) : null;
    this.host.post({ kind: 'data_given', entries });
  }

  /** @param {Extract<KeepMessage, { kind: 'resume' }>} message */
  async resume({ blob, name, batch, number }) {
    // What is saved from now on is newer.
    this.number = Math.max(this.number, number);
    const engine = this.host.engine();
    const file = blob ? null : this.slots?.newest()?.file;
    const [length, read] = blob ? [blob.size, readerOfBlob(blob)] : file ? [file.getSize(), readerOf(file)] : [0, null];
    if (!engine || !read) {
      this.host.post({ kind: 'resume_failed' });
      return;
    }
    const events = await this.host.guarded(() => engine.resume_run(name, length, read, batch));
    if (events) this.host.send(events);
    if (events && !events.some(({ type }) => type === 'run_started')) this.host.post({ kind: 'resume_failed' });
  }

  /** A file that was dropped: whole or not, and of which run. @param {File} file */
  async look(file) {
    const module = this.host.module();
    if (!module) return;
    const { saved, fault } = module.describe_run(file.name, file.size, readerOfBlob(file));
    this.host.post({ kind: 'looked', file, saved: saved ?? null, fault: fault ?? null });
  }

  /** The state as a file to take home: as it is now, else as it was saved last. */
  async take() {
    if (this.host.engine()?.can_save()) {
      const taken = await this.asBlob();
      if (taken) this.host.post({ kind: 'run_file', ...taken });
      else this.host.post({ kind: 'save_failed', why: '' });
      return;
    }
    const slot = this.slots?.newest();
    if (!slot?.saved) return;
    const read = readerOf(slot.file);
    const parts = [];
    for (let at = 0; at < slot.saved.bytes; at += PIECE_BYTES) parts.push(/** @type {Uint8Array<ArrayBuffer>} */ (read(at, Math.min(PIECE_BYTES, slot.saved.bytes - at))));
    this.host.post({ kind: 'run_file', saved: slot.saved, blob: new Blob(parts) });
  }
}

/** @param {unknown} error */
const words = (error) => (error instanceof Error || error instanceof DOMException ? `${error.name}: ${error.message}` : String(error));
