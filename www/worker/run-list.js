// @ts-check
/**
 * Worker side of the list of runs: what is asked of one of them, and what the page is told of all.
 */
import { KEPT_MS } from './archive.js';
import { words } from './slots.js';

/** @typedef {import('../core/types.js').CheckpointMessage} CheckpointMessage */

export class RunList {
  /** @param {import('./checkpoint.js').Checkpoints} checkpoints */
  constructor(checkpoints) {
    this.checkpoints = checkpoints;
  }

  /** @param {CheckpointMessage} message */
  receive(message) {
    const { checkpoints } = this;
    switch (message.kind) {
      case 'forget_run':
        this.later(() => checkpoints.archive?.change(message.id, { discarded_until: Date.now() + KEPT_MS }));
        break;
      case 'restore_run':
        this.later(() => checkpoints.archive?.change(message.id, { discarded_until: null }));
        break;
      case 'name_run':
        this.later(() => checkpoints.archive?.change(message.id, { name: message.name }), () => this.tell());
        break;
      case 'remove_run':
        this.later(async () => {
          await checkpoints.archive?.remove(message.id, checkpoints.slots ?? undefined);
          await checkpoints.copies.forget();
        });
        break;
      case 'keep_shown': {
        const id = checkpoints.runId;
        if (id && !checkpoints.viewing) checkpoints.jobs.push(async () => checkpoints.archive?.keepShown(id, message.shown));
        break;
      }
      case 'give_shown':
        checkpoints.jobs.push(async () => checkpoints.host.post({ kind: 'shown', id: message.id, shown: (await checkpoints.archive?.shown(message.id)) ?? null }));
        break;
    }
  }

  /** Changes the list between two slices, and has the page know. @param {() => unknown} work @param {() => Promise<void>} [tell] */
  later(work, tell = () => this.checkpoints.tell('disk', '')) {
    const { checkpoints } = this;
    checkpoints.jobs.push(async () => {
      try {
        await work();
      } catch (error) {
        checkpoints.host.post({ kind: 'list_failed', why: words(error) });
      }
      await tell();
    });
  }

  /** Looks which images are kept, and gives what lists all runs as they are when it is called: they may be saved meanwhile. @returns {Promise<() => import('../core/types.js').KeptRun[]>} */
  async read() {
    const { checkpoints } = this;
    const runs = () => checkpoints.archive?.list(checkpoints.slots) ?? [];
    /** @type {Map<string, boolean>} */
    const here = new Map();
    for (const { saved } of runs()) here.set(saved.data.fingerprint, await checkpoints.copies.has(saved));
    return () => runs().map((run) => ({ ...run, data: here.get(run.saved.data.fingerprint) ?? false }));
  }

  async tell() {
    const list = await this.read();
    this.checkpoints.host.post({ kind: 'runs', runs: list() });
  }
}
