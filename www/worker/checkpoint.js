// @ts-check
/**
 * Worker side of runs that survive: saves the state every few seconds, into the browser's private storage where that
 * is to be had, else as a blob that the page holds; opens what was saved; says what cannot be done, and why.
 */
import { Archive, newId } from './archive.js';
import { Copies } from './data-copies.js';
import { RunList } from './run-list.js';
import { Slots, openFolder, readerOf, readerOfBlob, words } from './slots.js';

/**
 * @typedef {import('../core/types.js').EngineEvent} EngineEvent
 * @typedef {import('../core/types.js').FromWorker} FromWorker
 * @typedef {import('../core/types.js').CheckpointMessage} CheckpointMessage
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
 * @property {(folder: FileSystemDirectoryHandle) => Promise<void>} opened what else is kept there can be read
 * @property {<T>(work: () => Promise<T> | T) => Promise<T | null>} guarded an engine call; null if it was the engine's end
 */

/** Most that saving may cost: one part in so many of the time. */
const COST_SHARE = 30;
const DEFAULT_EVERY_MS = 15_000;
const PIECE_BYTES = 1 << 22;
/** So long a save waits for the storage that is being opened: the worker before may still hold its files. */
const OPENING_MS = 30_000;

export class Checkpoints {
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
    /** The runs beside the one in the slots. @type {Archive | null} */
    this.archive = null;
    /** The run in the engine. @type {string | null} */
    this.runId = null;
    /** What is about to be resumed, and whether only to be looked at. @type {{ id: string | null, viewing: boolean }} */
    this.next = { id: null, viewing: false };
    /** What the page says of the run in the engine. @type {import('./archive.js').Told} */
    this.told = { name: '', differs: null };
    /** The run in the engine is only looked at: what is kept of it stays as it is. */
    this.viewing = false;
    this.number = 0;
    /** When opening the storage began; null where nobody is at it. @type {number | null} */
    this.openingSince = null;
    this.lastMs = 0;
    this.costMs = 0;
    /** Save with the next slice, whatever the time. */
    this.wanted = false;
    this.ended = false;
    /** The slots may be written over by the run under way: they hold it already, or people said so. */
    this.claimed = false;
    /** The images beside them. */
    this.copies = new Copies(this);
    this.list = new RunList(this);
    /** @type {(() => Promise<void>)[]} */
    this.jobs = [];
  }

  /** Opens the slots and tells the page what is in them. The page has the storage to itself. */
  async open() {
    this.openingSince = performance.now();
    // Nothing else may be going on by then.
    const late = setTimeout(() => this.host.wake(), OPENING_MS);
    await this.openSlots().finally(() => {
      clearTimeout(late);
      this.openingSince = null;
      this.host.wake();
    });
    // After them: a run that ends meanwhile has its place already.
    if (this.folder) await this.host.opened(this.folder).catch(() => {});
  }

  async openSlots() {
    try {
      this.folder = await openFolder();
      const slots = await Slots.open(this.folder, (file) => this.describe(file));
      const fault = slots.unread();
      if (fault) {
        slots.close();
        await this.tell('none', fault.code, fault);
        return;
      }
      this.archive = await Archive.open(this.folder, (file) => this.describe(file), slots);
      this.slots = slots;
    } catch (error) {
      await this.tell('none', words(error));
      return;
    }
    this.number = Math.max(this.number, this.slots.newest()?.saved?.number ?? 0, ...[...this.archive.entries.values()].map(({ saved }) => saved.number));
    await this.tell('disk', '');
    this.jobs.push(() => this.copies.prune());
    // A run that began before is saved from now on.
    this.wanted = true;
  }

  /** @param {'disk' | 'none'} storage @param {string} detail @param {import('../core/types.js').Fault} [fault] */
  async tell(storage, detail, fault) {
    const list = await this.list.read();
    const held = this.heldRun();
    const runs = list();
    const run = runs.find(({ id }) => id === held?.id);
    this.host.post({ kind: 'kept', storage, detail, saved: run?.saved ?? null, id: run?.id ?? null, fault, data: run?.data ?? false, runs });
  }

  /** The run in the slots, if nobody has discarded it. */
  heldRun() {
    const saved = this.slots?.newest()?.saved;
    const id = saved ? this.archive?.idOf(saved) : null;
    return saved && id && this.archive?.wordsOf(id)?.discarded_until == null ? { id, saved } : null;
  }

  /** @param {import('./slots.js').SyncFile} file */
  describe(file) {
    const module = this.host.module();
    if (!module) throw new Error('the engine is not there');
    const { saved, fault } = module.describe_run(undefined, file.getSize(), readerOf(file));
    return { saved: saved ?? null, fault: fault ?? null };
  }

  /** @param {CheckpointMessage} message */
  receive(message) {
    switch (message.kind) {
      case 'keep_every':
        this.everyMs = message.ms;
        this.fixed = true;
        break;
      case 'keep_now':
        this.wanted = true;
        break;
      case 'resume':
        this.jobs.push(() => this.resume(message));
        break;
      case 'inspect_run':
        this.jobs.push(() => this.inspect(message.file));
        break;
      case 'take_run':
        this.jobs.push(() => this.take(message.id));
        break;
      case 'claim':
        this.claimed = true;
        this.told = message.told;
        if (message.blob) {
          const { blob, id } = message;
          this.jobs.push(() => this.store(blob, id ?? undefined));
        }
        break;
      default:
        if (!this.copies.receive(message)) this.list.receive(message);
    }
  }

  /** What the engine told: starts, ends and pauses are moments to save. @param {EngineEvent[]} events */
  watch(events) {
    for (const event of events) {
      if (event.type === 'run_started') {
        this.lastMs = performance.now();
        this.ended = false;
        this.claimed = false;
        this.runId = this.next.id ?? newId();
        this.viewing = this.next.viewing;
        this.next = { id: null, viewing: false };
        // The weights it began with may be nowhere else.
        if (event.continued) this.wanted = true;
      }
      if (event.type === 'phase' && event.phase === 'paused') this.wanted = true;
      if (event.type === 'run_ended') this.ended = true;
      if (this.viewing && this.ended) {
        // It is kept as it was.
        this.ended = false;
        this.wanted = false;
        this.host.engine()?.release_run();
      }
    }
  }

  /** Whether there is something to do between two slices. */
  due() {
    const engine = this.host.engine();
    if (this.jobs.length) return true;
    if (this.openingSince !== null && performance.now() - this.openingSince < OPENING_MS) return false;
    if (!engine?.can_save() || this.viewing) {
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
    if (this.heldRun() && !this.claimed) {
      why = 'foreign';
    } else if (this.slots) {
      try {
        const fresh = await this.makeWay(this.runId ?? '', this.number + 1);
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
          await this.sayStored(saved, fresh);
          await this.copies.prune();
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
    if (blob) this.host.post({ kind: 'saved', id: this.runId, saved: blob.saved, where: 'page', why, bytes: blob.saved.bytes, blob: blob.blob });
    else if (this.host.engine()) this.host.post({ kind: 'save_failed', why });
  }

  /**
   * Sets the run in the slots aside where it is another one than that which is about to be saved there.
   * @param {string} id
   * @param {number} number
   * @returns {Promise<boolean>} whether the list changes by it
   */
  async makeWay(id, number) {
    const { slots, archive } = this;
    if (!slots || !archive) return false;
    const held = slots.newest()?.saved;
    if (held && archive.idOf(held) === id && archive.current?.id === id) return false;
    if (held && archive.idOf(held) !== id) await archive.setAside(slots);
    await archive.begin(id, number, this.told);
    return true;
  }

  /** A state of the run in the engine is in the slots. @param {import('../core/types.js').SavedRun} saved @param {boolean} fresh the first one */
  async sayStored(saved, fresh) {
    const id = this.archive?.idOf(saved) ?? null;
    if (id && fresh) await this.archive?.removeState(id);
    this.host.post({ kind: 'saved', id, saved, where: 'disk', why: '', bytes: saved.bytes });
    if (fresh) await this.list.tell();
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

  /** Puts a state that the page holds of a run that has ended into the slots. @param {Blob} blob @param {string} [id] */
  async store(blob, id = newId()) {
    if (!this.slots || this.host.engine()?.can_save()) return;
    const read = readerOfBlob(blob);
    let why = '';
    try {
      // Of two counts the page's may be the lower one: what is newer is dropped below, and kept beside by now.
      if (this.slots.newest()) await this.archive?.setAside(this.slots);
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
        await this.archive?.begin(id, saved.number, this.told);
        await this.sayStored(saved, true);
      }
    } catch (error) {
      why = words(error);
    }
    if (why) this.host.post({ kind: 'save_failed', why });
  }

  /** @param {Extract<CheckpointMessage, { kind: 'resume' }>} message */
  async resume({ blob: given, id, name, batch, number, view, paused }) {
    // What is saved from now on is newer.
    this.number = Math.max(this.number, number);
    const engine = this.host.engine();
    const held = this.heldRun();
    const blob = given ?? (id && held?.id !== id ? await this.archive?.file(id) : null);
    const file = !blob && held && (!id || held.id === id) ? this.slots?.newest()?.file : null;
    const [length, read] = blob ? [blob.size, readerOfBlob(blob)] : file ? [file.getSize(), readerOf(file)] : [0, null];
    if (!engine || !read) {
      if (engine && id) this.host.post({ kind: 'list_failed', why: 'gone' });
      this.host.post({ kind: 'resume_failed' });
      return;
    }
    this.next = { id: id ?? null, viewing: view !== undefined };
    const events = await this.host.guarded(() => engine.resume_run(name, length, read, batch));
    const begun = events?.some(({ type }) => type === 'run_started') ?? false;
    if (events) this.host.send(events);
    this.next = { id: null, viewing: false };
    if (events && !begun) this.host.post({ kind: 'resume_failed' });
    // Before it could take a step; one that is over ends by itself, for its own reason.
    const first = view === 'stop' ? 'stop' : paused ? 'pause' : null;
    if (begun && first) {
      const more = await this.host.guarded(() => engine.command({ type: first }));
      if (more) this.host.send(more);
    }
  }

  /** A file that was dropped: whole or not, and of which run. @param {File} file */
  async inspect(file) {
    const module = this.host.module();
    if (!module) return;
    const { saved, fault } = module.describe_run(file.name, file.size, readerOfBlob(file));
    this.host.post({ kind: 'looked', file, saved: saved ?? null, fault: fault ?? null });
  }

  /** The state as a file to take home: as it is now, else as it was saved last. @param {string} [id] another run than that in the engine */
  async take(id) {
    if ((!id || id === this.runId) && this.host.engine()?.can_save()) {
      const taken = await this.asBlob();
      if (taken) this.host.post({ kind: 'run_file', id: this.runId, ...taken });
      else this.host.post({ kind: 'save_failed', why: '' });
      return;
    }
    const slot = this.slots?.newest();
    const held = slot?.saved ? (this.archive?.idOf(slot.saved) ?? null) : null;
    const file = id && id !== held ? await this.archive?.file(id) : null;
    const entry = id ? this.archive?.entries.get(id) : null;
    if (file && entry) this.host.post({ kind: 'run_file', id: entry.id, saved: entry.saved, blob: file });
    if (!slot?.saved || (id && id !== held)) return;
    const read = readerOf(slot.file);
    const parts = [];
    for (let at = 0; at < slot.saved.bytes; at += PIECE_BYTES) parts.push(/** @type {Uint8Array<ArrayBuffer>} */ (read(at, Math.min(PIECE_BYTES, slot.saved.bytes - at))));
    this.host.post({ kind: 'run_file', id: held, saved: slot.saved, blob: new Blob(parts) });
  }
}
