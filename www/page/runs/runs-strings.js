// @ts-check
/**
 * What is said of the runs that are kept.
 */
import { allFields } from '../../ui/fields.js';
import { bytes, count, metric, plural } from '../../ui/format.js';
import { progressWords } from '../../ui/strings.js';

/** @typedef {import('../../core/types.js').KeptRun} KeptRun */

/** What is discarded can be had back for so long, ms. */
export const DAY_MS = 24 * 60 * 60 * 1000;
/** So many are kept without a question. */
export const MOST_RUNS = 10;

/** Today's times are enough; older ones need their day. @param {number} unixMs */
export function when(unixMs) {
  const at = new Date(unixMs);
  const day = at.toDateString() === new Date().toDateString() ? '' : `${at.toLocaleDateString([], { day: 'numeric', month: 'short', year: at.getFullYear() === new Date().getFullYear() ? undefined : 'numeric' })}, `;
  return `${day}${at.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })}`;
}

/** A moment within the next day. @param {number} unixMs */
export const until = (unixMs) => `${new Date(unixMs).toDateString() === new Date().toDateString() ? 'today' : 'tomorrow'}, ${new Date(unixMs).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })}`;

/** @param {Pick<KeptRun, 'name' | 'saved'>} run */
export const runName = ({ name, saved }) => name || saved.data.names[0] || 'Run';

/** @param {KeptRun} run */
export function iouOf({ saved }) {
  if (saved.best_iou == null) return '';
  // Runs of before the threshold was chosen do not say it.
  const at = /** @type {{ best_threshold?: number }} */ (saved).best_threshold;
  return `IoU ${metric(saved.best_iou)}${at == null ? '' : ` at ${at.toFixed(2)}`}`;
}

/** Data, time and size of a run. @param {KeptRun} run @param {{ underWay: boolean, held: boolean }} where */
export function factsLine({ saved, data, discarded_until }, { underWay, held }) {
  const { names, pairs, source } = saved.data;
  const which = source === 'sample_scenes' ? 'sample scenes' : `${plural(pairs, 'pair')} (${names.slice(0, 2).join(', ')}${pairs > Math.min(2, names.length) ? ', …' : ''})`;
  const facts = [which, underWay ? 'under way' : progressWords(saved) === 'finished' ? `${plural(saved.steps_total, 'step')}` : progressWords(saved), when(saved.saved_at_ms), `${bytes(saved.bytes)}${data ? ', images kept' : ''}`];
  if (held) facts.push('held by this page alone');
  if (discarded_until !== null) facts.unshift(`Discarded, kept until ${until(discarded_until)}`);
  return facts.join(' · ');
}

/** Lists of names may be long. @param {string} value */
const shortened = (value) => (value.length > 40 ? `${value.slice(0, 39)}…` : value || 'none');

/** Preset and the settings that differ from it. @param {[string, string][] | null} differs @param {string} preset as it is called on the page */
export function settingsLine(differs, preset) {
  const changes = (differs ?? []).map(([name, value]) => {
    const field = allFields.find((other) => other.name === name);
    return `${field?.label ?? name} ${field?.options?.find(([option]) => option === value)?.[1] ?? shortened(value)}`;
  });
  return `${preset}${changes.length ? `: ${changes.join(', ')}` : differs ? ', as it comes' : ''}`;
}

/** @param {number} runs @param {number} discarded */
export const countLine = (runs, discarded) => `${plural(runs, 'run')} kept in this browser${discarded ? `, ${count(discarded)} discarded` : ''}`;

/** More runs than are kept without a question. @param {number} runs @param {KeptRun} oldest */
export const fullLine = (runs, oldest) => ({
  line: `${count(runs)} runs are kept, and the list is meant for ${MOST_RUNS}. Which one may go? The oldest is “${runName(oldest)}” of ${when(oldest.saved.saved_at_ms)}. Nothing goes by itself.`,
  button: 'Delete the oldest',
});

/** @param {KeptRun} run @param {boolean} last which is the last thing done */
export const discardedLine = (run, last) => `“${runName(run)}” ${last ? 'is' : 'was'} discarded.`;

/** The list could not be changed. @param {string} why */
export const listTroubleWords = (why) => (why === 'gone' ? { sentence: 'That run is no longer in this browser’s storage.', next: 'The browser may have cleared it away. If it was saved as a file, drop that one.' } : {
  sentence: /no space|quota/i.test(why) ? 'The browser’s storage is full: the list of runs could not be changed.' : `The list of runs could not be changed (${why.slice(0, 160)}).`,
  next: 'The runs are as they were. Delete some for good, or save them as files.',
});
