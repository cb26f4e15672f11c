// @ts-check
/**
 * Which saved run is on offer, and what has to be as it was for it to go on: pure.
 */

/**
 * @typedef {import('../../core/store.js').Offer} Offer
 * @typedef {import('../../core/store.js').CheckpointState} CheckpointState
 * @typedef {import('../../core/store.js').HeldRun} HeldRun
 * @typedef {import('../../core/session.js').Death} Death
 */

/** Whether a run is kept here and was not discarded. @param {CheckpointState} checkpoint @param {string | null | undefined} id */
export const isListed = (checkpoint, id) => checkpoint.runs.some((run) => run.id === id && run.discarded_until === null);

/**
 * A file that was just dropped, or this page's own run, before another one on disk; of two states of one run the later.
 * @param {CheckpointState} checkpoint
 * @param {Offer} found
 * @param {{ owned: boolean, going: boolean }} how `owned`: what is on disk is this page's run; `going`: what is on offer is about to go on
 */
export function newer({ offer: held, own }, found, { owned, going }) {
  if (!held || held.where === 'file') return held ?? found;
  // One of the list, and not the one in the slots.
  if (held.where === 'disk') return held.id !== found.id && (going || held.id === own) ? held : found;
  return !owned || held.saved.number > found.saved.number ? held : found;
}

/** What was saved last, as an offer. @param {CheckpointState} checkpoint @returns {Offer | null} */
export function lastAsOffer({ last, dataKept, runs }) {
  return last && { saved: last.saved, where: last.where, blob: last.blob, id: last.id, data: dataKept === null || runs.some((run) => run.id === last.id && run.data) };
}

/** Whether a run of the GPU would have to go on with the CPU. @param {Death} death @param {'webgpu' | 'cpu' | null} device that is up */
export const movedToCpu = (death, device) => death.device === 'webgpu' && device === 'cpu';

/** The bands that the images have to be read with, where they were read with others than the run's. @param {Offer} offer @param {readonly number[] | null} shown @returns {number[] | null} */
export function otherBands({ saved }, shown) {
  const wanted = saved.data.bands ?? [];
  return !shown || !wanted.length || wanted.join() === shown.join() ? null : wanted;
}

/**
 * What this page alone holds of the run before stays with it, in the list.
 * @param {CheckpointState} checkpoint
 * @param {{ name: string, differs: [string, string][] | null }} told what the list says of it
 * @param {number | null} [discarded] until when, if people discarded it
 * @returns {{ held: HeldRun[], undo: { id: string, name: string } } | null} null: it holds nothing
 */
export function holdLast({ last, held, taken, runs }, { name, differs }, discarded = null) {
  if (last?.where !== 'page' || !last.blob) return null;
  const { saved, blob } = last;
  const id = last.id ?? `page-${saved.saved_at_ms}`;
  // It may be on disk by now.
  if (runs.some((other) => other.id === id)) return null;
  return {
    held: [{ id, name, differs, discarded_until: discarded, saved, blob, data: false, taken: taken === saved.number }, ...held.filter((other) => other.id !== id)],
    undo: { id, name },
  };
}
