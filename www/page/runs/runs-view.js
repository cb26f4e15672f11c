// @ts-check
/**
 * The list of runs that are kept, and the way back of one that was discarded just now.
 */
import { $, h, setText, show } from '../../ui/dom.js';
import { go } from '../header.js';
import { plural } from '../../ui/format.js';
import { say } from '../../core/reduce.js';
import { choose, isChosen } from './compare.js';
import { canOpen } from './resume.js';
import { allRuns, discardRun, keptRuns, openRun, removeRun, renameRun, restoreRun, takeRunHome, tooMany } from './runs.js';
import { countLine, discardedLine, factsLine, fullLine, iouOf, runName, settingsLine, until } from './runs-strings.js';
import { changed, onPaint, running, state } from '../../core/store.js';

/** @typedef {import('../../core/types.js').KeptRun} KeptRun */
/** @typedef {Record<'name' | 'iou' | 'facts' | 'settings', HTMLElement> & Record<'open' | 'compare' | 'file' | 'rename' | 'remove' | 'back' | 'forGood', HTMLButtonElement> & { item: HTMLElement, title: HTMLElement, run: KeptRun, done: ((keep: boolean) => void) | null }} Row `done` ends the renaming under way */

/** @type {Map<string, Row>} */
const rows = new Map();

export function initRunsView() {
  for (const id of ['runs-landing', 'runs-open', 'runs-which']) $(id).addEventListener('click', showRuns);
  $('runs-drop-oldest').addEventListener('click', () => {
    const oldest = tooMany();
    if (oldest) discardRun(oldest);
  });
  $('undo-restore').addEventListener('click', () => {
    const { undo } = state.checkpoint;
    if (!undo) return;
    state.checkpoint.undo = null;
    restoreRun(undo.id);
  });
  $('undo-close').addEventListener('click', () => {
    state.checkpoint.undo = null;
    changed();
  });
  $('runs-more').addEventListener('click', () => {
    all = true;
    changed();
    // The button goes: on with the first that it brought.
    requestAnimationFrame(() => /** @type {HTMLElement | undefined} */ ($('runs').children[FEW]?.querySelector('button'))?.focus({ preventScroll: true }));
  });
  onPaint(paint);
}

/** All runs are shown, not only the newest. */
let all = false;
/** So many are shown at first: below them are the settings where the window is narrow. */
const FEW = 3;

/** The question which one may go is shown. */
let asked = false;

/** Goes to the list. */
function showRuns() {
  all = true;
  changed();
  go('train');
  // The place is painted first, and its heading takes the focus.
  requestAnimationFrame(() => requestAnimationFrame(() => {
    // In a narrow window the run's panel stays over the upper part.
    $('runs-title').scrollIntoView({ block: matchMedia('(max-width: 980px)').matches ? 'center' : 'start' });
    $('runs-title').focus({ preventScroll: true });
  }));
}

function paint() {
  const runs = allRuns();
  const kept = keptRuns().length;
  show($('runs-card'), runs.length > 0);
  for (const id of ['runs-landing', 'runs-open']) show($(id), kept > 0);
  setText($('runs-landing'), plural(kept, 'saved run'));
  setText($('runs-open'), `Saved runs (${kept})`);
  paintUndo(runs);
  const oldest = tooMany();
  show($('runs-full'), oldest !== null);
  show($('runs-which-line'), oldest !== null);
  if (oldest && !asked) {
    say(`${kept} runs are kept now: more than ten.`);
    changed();
  }
  asked = oldest !== null;
  if (oldest) {
    const { line, button } = fullLine(kept, oldest);
    setText($('runs-full-line'), line);
    setText($('runs-drop-oldest'), button);
    setText($('runs-which-text'), `${kept} runs are kept now: more than ten.`);
  }
  if (state.place !== 'train') return;
  setText($('runs-count'), countLine(kept, runs.length - kept));
  const few = all || tooMany() || runs.length <= FEW + 1 ? runs : runs.slice(0, FEW);
  show($('runs-more'), few.length < runs.length);
  setText($('runs-more'), `Show all ${runs.length}`);
  paintRows(few);
}

/** @param {KeptRun[]} runs */
function paintUndo(runs) {
  const run = runs.find(({ id }) => id === state.checkpoint.undo?.id);
  const focused = $('undo').contains(document.activeElement);
  show($('undo'), run?.discarded_until != null);
  if (run?.discarded_until != null) {
    setText($('undo-sentence'), discardedLine(run, true));
    setText($('undo-next'), `It is kept until ${until(run.discarded_until)}.`);
  } else if (focused) $('main').focus({ preventScroll: true });
}

/** @param {KeptRun[]} runs */
function paintRows(runs) {
  const list = $('runs');
  for (const [id, row] of rows) {
    if (runs.some((run) => run.id === id)) continue;
    const focused = row.item.contains(document.activeElement);
    row.item.remove();
    rows.delete(id);
    if (focused) $('runs-title').focus({ preventScroll: true });
  }
  runs.forEach((run, at) => {
    const row = rows.get(run.id) ?? newRow(run);
    rows.set(run.id, row);
    // Moved only where it has to: who is in it keeps the focus.
    if (list.children[at] !== row.item) list.insertBefore(row.item, list.children[at] ?? null);
    fill(row, run);
  });
}

/** @param {KeptRun} run @returns {Row} */
function newRow(run) {
  const button = (/** @type {string} */ words, /** @type {string} */ name, /** @type {() => void} */ press, /** @type {string} */ steady = '') => h('button', { type: 'button', class: name, 'data-steady': steady || undefined, onclick: press }, words);
  const name = h('h3', {});
  const iou = h('span', { class: 'tabular' });
  const facts = h('p', { class: 'small' });
  const settings = h('p', { class: 'small' });
  const open = button('Open', 'run-open', () => {
    if (open.ariaDisabled !== 'true') openRun(row.run);
  });
  const compare = button('Compare', 'quiet run-compare', () => choose(row.run, keptRuns()));
  const file = button('Save file', 'quiet run-file', () => takeRunHome(row.run));
  const rename = button('Rename', 'quiet run-rename', () => (row.done ? row.done(true) : edit(row)));
  // The field would lose the focus before the button hears of the press.
  rename.addEventListener('pointerdown', (event) => row.done && event.preventDefault());
  rename.addEventListener('mousedown', (event) => row.done && event.preventDefault());
  const remove = button('Delete', 'quiet run-delete', () => {
    discardRun(row.run);
    focusAfter(row);
  }, 'move');
  const back = button('Get it back', 'run-back', () => {
    restoreRun(row.run.id);
    focusAfter(row);
  }, 'move');
  const forGood = button('Delete for good', 'quiet run-remove', () => removeRun(row.run), 'move');
  const title = h('div', { class: 'between' }, name, iou);
  const item = h('li', { 'data-id': run.id }, title, facts, settings, h('div', { class: 'row wrap' }, open, compare, file, rename, remove, back, forGood));
  /** @type {Row} */
  const row = { item, title, name, iou, facts, settings, open, compare, file, rename, remove, back, forGood, run, done: null };
  return row;
}

/** The button that was pressed goes; the focus stays with the run. @param {Row} row */
function focusAfter({ item, back, open }) {
  if (!item.contains(document.activeElement)) return;
  requestAnimationFrame(() => requestAnimationFrame(() => [back, open].find((one) => !one.hidden)?.focus({ preventScroll: true })));
}

/** @param {Row} row @param {KeptRun} run */
function fill(row, run) {
  row.run = run;
  const gone = run.discarded_until !== null;
  const here = run.id === state.checkpoint.own && state.run !== null;
  const underWay = here && running();
  row.item.classList.toggle('discarded', gone);
  setText(row.name, runName(run));
  setText(row.iou, iouOf(run));
  setText(row.facts, factsLine(run, { underWay, held: state.checkpoint.held.some(({ id }) => id === run.id) }));
  setText(row.settings, settingsLine(run.differs, $(`preset-${run.saved.config.preset}`).nextElementSibling?.textContent ?? ''));
  for (const [button, words] of /** @type {const} */ ([[row.open, 'Open'], [row.compare, 'Compare'], [row.file, 'Save file'], [row.rename, row.done ? 'Save name' : 'Rename'], [row.remove, 'Delete'], [row.back, 'Get it back'], [row.forGood, 'Delete for good']])) button.setAttribute('aria-label', `${words}: ${runName(run)}`);
  show(row.open, !gone);
  row.open.ariaDisabled = String(!canOpen() || here);
  row.open.title = here ? 'It is on the page' : running() ? 'A run is under way: wait for its end, or stop it' : '';
  show(row.compare, !gone && keptRuns().length > 1);
  row.compare.setAttribute('aria-pressed', String(isChosen(run.id)));
  show(row.file, !gone);
  show(row.rename, !gone);
  setText(row.rename, row.done ? 'Save name' : 'Rename');
  show(row.remove, !gone && !underWay);
  show(row.back, gone);
  show(row.forGood, gone);
}

/** The name becomes a field until Enter, Escape or a press elsewhere. @param {Row} row */
function edit(row) {
  const input = h('input', { type: 'text', value: runName(row.run), maxLength: 120, autocomplete: 'off', 'aria-label': `New name of ${runName(row.run)}` });
  const end = (/** @type {boolean} */ keep) => {
    if (!row.done) return;
    row.done = null;
    const name = input.value.trim();
    const focused = document.activeElement === input;
    input.replaceWith(row.name);
    if (keep && name && name !== runName(row.run)) renameRun(row.run, name);
    setText(row.rename, 'Rename');
    if (focused) row.rename.focus({ preventScroll: true });
  };
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' || event.key === 'Escape') {
      event.preventDefault();
      end(event.key === 'Enter');
    }
  });
  input.addEventListener('blur', () => end(true));
  row.done = end;
  row.name.replaceWith(input);
  setText(row.rename, 'Save name');
  input.focus();
  input.select();
}
