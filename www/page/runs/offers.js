// @ts-check
/**
 * Which saved run is on offer, and what has to be as it was for it to go on.
 */
import { setBands } from '../../core/session.js';
import { changed, state } from '../../core/store.js';

/**
 * @typedef {import('../../core/store.js').Offer} Offer
 * @typedef {import('../../core/session.js').Death} Death
 */

/** Whether a run is kept here and was not discarded. @param {string | null | undefined} id */
export const isListed = (id) => state.keep.runs.some((run) => run.id === id && run.discarded_until === null);

/**
 * A file that was just dropped, or this page's own run, before another one on disk; of two states of one run the later.
 * @param {Offer | null} held
 * @param {Offer} found
 * @param {{ owned: boolean, going: boolean }} how `owned`: what is on disk is this page's run; `going`: what is on offer is about to go on
 */
export function newer(held, found, { owned, going }) {
  if (!held || held.where === 'file') return held ?? found;
  // One of the list, and not the one in the slots.
  if (held.where === 'disk') return held.id !== found.id && (going || held.id === state.keep.own) ? held : found;
  return !owned || held.saved.number > found.saved.number ? held : found;
}

/** What was saved last is on offer once no run is under way. */
export function offerLast() {
  const { keep } = state;
  const { last } = keep;
  keep.later = false;
  if (last) keep.offer = { saved: last.saved, where: last.where, blob: last.blob, id: last.id, data: keep.dataKept === null || keep.runs.some((run) => run.id === last.id && run.data) };
}

/** Shows what was put off. */
export function offerAgain() {
  state.keep.later = false;
  changed();
}

/** Whether a run of the GPU would have to go on with the CPU. @param {Death} death */
export const movedToCpu = (death) => death.device === 'webgpu' && state.device?.kind === 'cpu';

/** The same where the choice is the page's: the GPU may be back in a moment. @param {Death} death */
export const gpuIsAway = (death) => state.deviceChoice === 'auto' && movedToCpu(death);

/** Reads the images again where they were read with other bands than the run's. @param {Offer} offer @returns {boolean} whether they are being read */
export function otherBands({ saved }) {
  const wanted = saved.data.bands ?? [];
  if (!state.bands || !wanted.length || wanted.join() === state.bands.shown.join()) return false;
  setBands(wanted);
  return true;
}
