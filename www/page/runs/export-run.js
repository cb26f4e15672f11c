// @ts-check
/**
 * A run's state as a file to take home, and how often it is saved.
 */
import { saveBlob } from '../predict/downloads.js';
import { safeName } from '../../ui/format.js';
import { post } from '../../core/engine.js';
import { whenReady } from '../../core/session.js';
import { running, state } from '../../core/store.js';

/** Takes the run home as a file. */
export function takeRun() {
  const { last } = state.checkpoint;
  // The engine lets go of a run that has ended; without storage its last state is here.
  if (last?.blob && !running()) saveRun(last.blob, last.saved);
  else post({ kind: 'take_run' });
}

/** @param {Blob} blob @param {import('../../core/types.js').SavedRun} saved @param {string} [name] */
export function saveRun(blob, saved, name) {
  saveBlob(blob, safeName(`groundmask-${name ? `${name.replaceAll(/[\s./]+/g, '-')}-` : ''}step-${saved.step}.gmrun`));
  state.checkpoint.taken = saved.number;
}

/** Time between two saves, ms; null: the worker's own. @type {number | null} */
let everyMs = null;

/** @param {number} ms */
export function saveEvery(ms) {
  everyMs = ms;
  post({ kind: 'keep_every', ms });
}

whenReady(() => {
  if (everyMs !== null) post({ kind: 'keep_every', ms: everyMs });
});
