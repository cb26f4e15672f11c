// @ts-check
/**
 * The runs that are kept, as the page sees them: open, rename, delete and have back, take home as a file.
 */
import { go } from '../header.js';
import { onEvent, say } from '../../core/reduce.js';
import { keptCurves } from './compare-data.js';
import { begin, canOpen } from './resume.js';
import { post } from '../../core/engine.js';
import { onKeepReport } from '../../core/session.js';
import { bestOf, changed, running, state } from '../../core/store.js';
import { saveRun } from './export-run.js';
import { DAY_MS, MOST_RUNS, runName } from './runs-strings.js';

/** @typedef {import('../../core/types.js').KeptRun} KeptRun */

export function initRuns() {
  onEvent((event) => {
    const { run } = state;
    if (event.type === 'run_ended' || (event.type === 'phase' && event.phase === 'paused' && !run?.end)) keepShown();
    // What it showed comes back with it.
    if (event.type === 'run_resumed' && state.checkpoint.own) post({ kind: 'give_shown', id: state.checkpoint.own });
  });
  onKeepReport((report) => {
    if (report.kind === 'shown' && report.id === state.checkpoint.own) takeShown(report.shown);
  });
}

/** All runs, those that this page alone holds among them; the newest first. @returns {KeptRun[]} */
export const allRuns = () => (state.checkpoint.held.length ? [...state.checkpoint.held, ...state.checkpoint.runs].sort((a, b) => b.saved.saved_at_ms - a.saved.saved_at_ms) : state.checkpoint.runs);

/** Those nobody has discarded. */
export const keptRuns = () => allRuns().filter(({ discarded_until }) => discarded_until === null);

/** The run that would go first, where there are more than are kept without a question; never the one on the page. */
export function tooMany() {
  const runs = keptRuns();
  return runs.length > MOST_RUNS ? (runs.findLast(({ id }) => id !== state.checkpoint.own) ?? null) : null;
}

/** @param {string} id */
const heldRun = (id) => state.checkpoint.held.find((run) => run.id === id);

/** Whether nothing of it is left to train: all steps are done, or it had ended for a reason that would end it again. @param {import('../../core/types.js').SavedRun} saved */
export const isDone = (saved) => saved.step >= saved.steps_total || (saved.ended != null && saved.ended !== 'stopped');

/** Shows a run with its settings, curves and model; it does not go on. @param {KeptRun} run */
export function openRun(run) {
  if (!canOpen()) return;
  const blob = heldRun(run.id)?.blob;
  begin({ saved: run.saved, where: blob ? 'page' : 'disk', blob, id: run.id, data: run.data }, isDone(run.saved) ? 'end' : 'stop');
  say(`Opening ${runName(run)}.`);
  go('train');
}

/** Until when a run can be had back; the worker's answer takes a moment. @param {string} id @param {number | null} until */
function mark(id, until) {
  const { checkpoint } = state;
  for (const run of [...checkpoint.held, ...checkpoint.runs]) if (run.id === id) run.discarded_until = until;
}

/** @param {KeptRun} run */
export function discardRun(run) {
  const { checkpoint } = state;
  const held = heldRun(run.id);
  if (!held) post({ kind: 'forget_run', id: run.id });
  mark(run.id, Date.now() + DAY_MS);
  if (checkpoint.offer?.id === run.id) checkpoint.offer = null;
  if (checkpoint.other?.id === run.id) checkpoint.other = null;
  say(`${runName(run)} discarded. It can be had back for a day.`);
  changed();
}

/** @param {string} id */
export function restoreRun(id) {
  const held = heldRun(id) !== undefined;
  if (!held) post({ kind: 'restore_run', id });
  mark(id, null);
  say('The run is back.');
  changed();
}

/** @param {KeptRun} run */
export function removeRun(run) {
  const { checkpoint } = state;
  if (heldRun(run.id)) checkpoint.held = checkpoint.held.filter(({ id }) => id !== run.id);
  else post({ kind: 'remove_run', id: run.id });
  if (checkpoint.undo?.id === run.id) checkpoint.undo = null;
  say(`${runName(run)} deleted.`);
  changed();
}

/** @param {KeptRun} run @param {string} name */
export function renameRun(run, name) {
  const held = heldRun(run.id);
  if (held) held.name = name;
  else post({ kind: 'name_run', id: run.id, name });
  // The answer takes a moment.
  state.checkpoint.runs = state.checkpoint.runs.map((other) => (other.id === run.id ? { ...other, name } : other));
  changed();
}

/** @param {KeptRun} run */
export function takeRunHome(run) {
  const held = heldRun(run.id);
  if (!held) {
    post({ kind: 'take_run', id: run.id });
    return;
  }
  held.taken = true;
  saveRun(held.blob, held.saved, runName(held));
}

/** Whether this page alone holds a run that nobody has taken home. */
export const holdsRuns = () => state.checkpoint.held.some(({ taken, discarded_until }) => !taken && discarded_until === null);

/** Masks and scores in view are kept with the run: those of the weights kept, and the newest. */
function keepShown() {
  const { run, history } = state;
  if (!run) return;
  const best = bestOf(run);
  const shown = history.filter(({ step }, i) => i === history.length - 1 || step === best?.step);
  const reports = run.validations.filter(({ images }) => images.length > 0);
  if (shown.length || reports.length) post({ kind: 'keep_shown', shown: { history: shown, reports, ...keptCurves(run) } });
}

/** @param {{ history: import('../../core/store.js').State['history'], reports: import('../../core/types.js').ValidationReport[] } | null} shown */
function takeShown(shown) {
  const { run } = state;
  if (!run || !Array.isArray(shown?.history) || !Array.isArray(shown.reports)) return;
  // Beyond the step it was resumed at they are of a course it did not take.
  const past = (/** @type {number} */ step) => step <= Math.max(run.from, run.end?.steps ?? 0);
  if (!state.history.length) {
    state.history = shown.history.filter(({ step }) => past(step));
    state.preview = state.history.at(-1)?.items ?? [];
  }
  for (const report of shown.reports) {
    const at = run.validations.findIndex(({ step }) => step === report.step);
    // What the state itself says of it counts more.
    if (at >= 0 && !run.validations[at].images.length) run.validations[at] = { ...report, ...run.validations[at], images: report.images, curve: run.validations[at].curve.length ? run.validations[at].curve : report.curve };
  }
  if (running()) say('Its masks and scores are back.');
  changed();
}
