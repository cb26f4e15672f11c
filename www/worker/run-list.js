// @ts-check
/**
 * Worker side of the list of runs: what is asked of one of them, and what the page is told of all.
 */
import { KEPT_MS } from './archive.js';
import { words } from './slots.js';

/** @typedef {import('../core/types.js').KeepMessage} KeepMessage */

export class RunList {
  /** @param {import('./checkpoint.js').Keep} keep */
  constructor(keep) {
    this.keep = keep;
  }

  /** @param {KeepMessage} message */
  receive(message) {
    const { keep } = this;
    switch (message.kind) {
      case 'forget_run':
        this.later(() => keep.archive?.change(message.id, { discarded_until: Date.now() + KEPT_MS }));
        break;
      case 'restore_run':
        this.later(() => keep.archive?.change(message.id, { discarded_until: null }));
        break;
      case 'name_run':
        this.later(() => keep.archive?.change(message.id, { name: message.name }), () => this.tell());
        break;
      case 'remove_run':
        this.later(async () => {
          await keep.archive?.remove(message.id, keep.slots ?? undefined);
          await keep.copies.forget();
        });
        break;
      case 'keep_shown': {
        const id = keep.runId;
        if (id && !keep.viewing) keep.jobs.push(async () => keep.archive?.keepShown(id, message.shown));
        break;
      }
      case 'give_shown':
        keep.jobs.push(async () => keep.host.post({ kind: 'shown', id: message.id, shown: (await keep.archive?.shown(message.id)) ?? null }));
        break;
    }
  }

  /** Changes the list between two slices, and has the page know. @param {() => unknown} work @param {() => Promise<void>} [tell] */
  later(work, tell = () => this.keep.tell('disk', '')) {
    const { keep } = this;
    keep.jobs.push(async () => {
      try {
        await work();
      } catch (error) {
        keep.host.post({ kind: 'list_failed', why: words(error) });
      }
      await tell();
    });
  }

  /** Looks which images are kept, and gives what lists all runs as they are when it is called: they may be saved meanwhile. @returns {Promise<() => import('../core/types.js').KeptRun[]>} */
  async look() {
    const { keep } = this;
    const runs = () => keep.archive?.list(keep.slots) ?? [];
    /** @type {Map<string, boolean>} */
    const here = new Map();
    for (const { saved } of runs()) here.set(saved.data.fingerprint, await keep.copies.has(saved));
    return () => runs().map((run) => ({ ...run, data: here.get(run.saved.data.fingerprint) ?? false }));
  }

  async tell() {
    const list = await this.look();
    this.keep.host.post({ kind: 'runs', runs: list() });
  }
}
