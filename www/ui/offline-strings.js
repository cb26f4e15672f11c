// @ts-check
/**
 * What is said of other builds and of starting without a network.
 */
import { allOf } from './format.js';

/** @typedef {import('./strings.js').Words} Words */

/**
 * @param {{ replaced: boolean, running: boolean, elsewhere: boolean, lost: readonly string[] }} now `elsewhere`: a run goes on in another tab;
 *   `lost`: what is on the page alone
 * @returns {Words & { action: string | null }} no action: it has to wait
 */
export function updateWords({ replaced, running, elsewhere, lost }) {
  if (replaced) {
    return running
      ? { sentence: 'Groundmask was updated in another tab.', next: 'This run goes on as it is; reload the page when it has ended.', action: null }
      : { sentence: 'Groundmask was updated in another tab.', next: anew(lost), action: 'Reload' };
  }
  const sentence = 'A new version of Groundmask is here.';
  if (running) return { sentence, next: 'It waits until this run has ended.', action: null };
  if (elsewhere) return { sentence, next: 'It waits until the run in another tab has ended.', action: null };
  return { sentence, next: anew(lost), action: 'Update now' };
}

/** @param {readonly string[]} lost */
const anew = (lost) => (lost.length ? `Runs and settings stay. Not kept: ${allOf(lost)}.` : 'Runs and settings stay.');

/** Whether the page starts without a network. @param {boolean} kept */
export const keptWords = (kept) => (kept ? 'even the page itself starts again without it' : 'only a reload needs it again, unless the browser still has the page in its cache; a saved run waits for that');
