// @ts-check
/**
 * Worker side of the runs' images: when they are copied beside the states, and which copies may go.
 */
import { pruneData, storeData, storedData } from './stored-data.js';

/** @typedef {import('../core/types.js').CheckpointMessage} CheckpointMessage */

export class Copies {
  /** @param {import('./checkpoint.js').Checkpoints} checkpoints */
  constructor(checkpoints) {
    this.checkpoints = checkpoints;
    /** The data set that is kept or being copied; that of an older run need not be copied to its end. */
    this.copied = '';
    /** Its copying. @type {Promise<void>} */
    this.copying = Promise.resolve();
    /** So many copies are being made. */
    this.made = 0;
    /** The data set whose copies the page has in use. @type {string | null} */
    this.held = null;
    /** The data sets that were left after the last pruning. @type {string | null} */
    this.pruned = null;
  }

  /** @param {CheckpointMessage} message @returns {boolean} whether it was for the copies */
  receive(message) {
    switch (message.kind) {
      case 'keep_data':
        void this.store(message.fingerprint, message.entries);
        return true;
      case 'give_data':
        void this.give(message.fingerprint);
        return true;
      case 'hold_data':
        this.held = message.fingerprint;
        this.pruned = null;
        return true;
      default:
        return false;
    }
  }

  /** @param {import('../core/types.js').SavedRun} saved */
  async has(saved) {
    const { folder } = this.checkpoints;
    return folder ? (await storedData(folder, saved.data.fingerprint)) !== null : false;
  }

  /** A run was thrown away. */
  forget() {
    // Its images may be those that were copied last.
    if (!this.checkpoints.host.engine()?.can_save()) this.copied = '';
    this.pruned = null;
    return this.prune();
  }

  /** Throws away copies of data sets that neither a run in the list nor the page needs any more. */
  async prune() {
    const { folder, slots, archive } = this.checkpoints;
    if (!folder || !slots || this.made) return;
    const saved = [...slots.slots.flatMap((slot) => slot.saved ?? []), ...(archive?.list(null) ?? []).map((run) => run.saved)];
    // Until its first save the copies for the run under way are nobody's yet.
    const needed = [...new Set([...saved.map(({ data }) => data.fingerprint), this.held ?? '', this.copied])].filter(Boolean).sort();
    const key = needed.join();
    if (key === this.pruned) return;
    this.pruned = key;
    await pruneData(folder, needed);
  }

  /** One copy after the other: two of the same files would write into one folder. @param {string} fingerprint @param {import('../core/types.js').Entry[]} entries */
  async store(fingerprint, entries) {
    const { folder } = this.checkpoints;
    if (!folder) return;
    this.copied = fingerprint;
    const before = this.copying;
    const copy = async () => {
      this.made += 1;
      await before;
      // After a trap nothing in the engine's memory is to be relied on.
      const module = this.checkpoints.host.engine() && this.checkpoints.host.module();
      // What is not read need not be kept.
      const wanted = entries.filter(({ path }) => !module?.is_junk(path));
      const why = await storeData(folder, fingerprint, wanted, () => this.copied !== fingerprint);
      this.made -= 1;
      this.checkpoints.host.post({ kind: 'data_kept', fingerprint, why });
    };
    this.copying = copy();
    await this.copying;
  }

  /** @param {string} fingerprint */
  async give(fingerprint) {
    const { folder } = this.checkpoints;
    const entries = folder ? await storedData(folder, fingerprint) : null;
    this.checkpoints.host.post({ kind: 'data_given', entries });
  }
}
