// @ts-check
/**
 * What the list of runs says of the run on the page.
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
