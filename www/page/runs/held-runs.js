// @ts-check
/**
 * What the list says of the run on the page, and runs of before that this page alone holds.
 */
import { differing } from '../train/settings.js';
import { kept, state, usablePairs } from '../../core/store.js';

/** @type {{ name: string, differs: [string, string][] | null }} */
let words = { name: '', differs: null };

/** What the list says of the run on the page. */
export const told = () => words;

/** Finds words for the run that has just begun. */
export function nameRun() {
  words = { name: dataName(), differs: state.run ? differing(state.run.config) : null };
}

/** What people would call the data: the folder they dropped, else the first pair. */
function dataName() {
  const { dataset } = state;
  if (dataset?.source === 'sample_scenes') return 'Sample scenes';
  const tops = new Set(kept.train.map(({ path }) => (path.includes('/') ? path.split('/')[0] : '')));
  const [top] = tops;
  return tops.size === 1 && top ? top : (usablePairs()[0]?.name ?? '');
}

/**
 * What this page alone holds of the run before stays with it, in the list.
 * @param {number | null} [discarded] until when, if people discarded it
 * @returns {{ id: string, name: string } | null} null: it holds nothing
 */
export function holdLast(discarded = null) {
  const { last, held, taken, runs } = state.keep;
  if (last?.where !== 'page' || !last.blob) return null;
  const { saved, blob } = last;
  const id = last.id ?? `page-${saved.saved_at_ms}`;
  // It may be on disk by now.
  if (runs.some((other) => other.id === id)) return null;
  const { name, differs } = words;
  state.keep.held = [{ id, name, differs, discarded_until: discarded, saved, blob, data: false, taken: taken === saved.number }, ...held.filter((other) => other.id !== id)];
  return { id, name };
}
