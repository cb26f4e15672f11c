// @ts-check
/**
 * What is shown of the service worker: another version, taken by one click while nothing runs, and that the page starts
 * without a network.
 */
import { $, setText, show } from '../ui/dom.js';
import { anyRun, holdRun, initOffline, offline, takeUpdate } from '../core/offline.js';
import { onMessage } from '../core/session.js';
import { changed, onPaint, running, state } from '../core/store.js';
import { keptWords, updateWords } from '../ui/offline-strings.js';

/** How often other tabs are looked at while their runs hold an update back, ms. */
const LOOK_MS = 3000;

/** A run goes on in another tab. */
let elsewhere = false;
/** The notice was closed: during a run until its end, then for as long as the page lives. @type {'run' | 'all' | null} */
let closed = null;

export function initOfflineView() {
  $('update-take').addEventListener('click', () => void take());
  $('update-close').addEventListener('click', () => {
    closed = running() || elsewhere ? 'run' : 'all';
    changed();
  });
  onMessage(() => {
    holdRun(running());
    if (state.device) void initOffline(state.binary);
  });
  setInterval(() => {
    if (offline.waiting || offline.replaced) void lookElsewhere();
  }, LOOK_MS);
  onPaint(paint);
}

async function lookElsewhere() {
  const before = elsewhere;
  elsewhere = !running() && (await anyRun());
  if (elsewhere !== before) changed();
}

async function take() {
  if (running()) return;
  if (!offline.replaced) {
    await lookElsewhere();
    if (elsewhere) return;
  }
  takeUpdate();
}

/** What would be gone: it is on the page alone. */
function lost() {
  const { checkpoint, dataset, inputs, results } = state;
  const things = [];
  if (checkpoint.last?.where === 'page' || checkpoint.held.length) things.push('the run that this page alone holds');
  if (dataset?.pairs.length || inputs.length) things.push('images');
  if (results.length) things.push('predicted masks');
  return things;
}

function paint() {
  const { waiting, replaced, kept } = offline;
  const busy = running() || elsewhere;
  if (!busy && closed === 'run') closed = null;
  const told = (waiting || replaced) && closed === null;
  show($('update'), told);
  if (told) {
    const words = updateWords({ replaced, running: running(), elsewhere: elsewhere && !replaced, lost: lost() });
    setText($('update-sentence'), words.sentence);
    setText($('update-next'), words.next);
    const button = /** @type {HTMLButtonElement} */ ($('update-take'));
    show(button, words.action !== null);
    setText(button, words.action ?? '');
    button.disabled = state.predicting !== null || state.reading !== null;
    setText($('update-close'), busy ? 'Close' : 'Not now');
  }
  setText($('sent-offline'), keptWords(kept));
}
