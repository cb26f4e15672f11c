// @ts-check
/**
 * While the first engine is on its way: says what is waited for once it stands still, and offers to begin anew. Nothing is
 * called a failure here, for a slow line and a busy computer look the same from inside; real failures have their own words.
 */
import { $, setText, show } from '../ui/dom.js';
import { restart } from '../core/session.js';
import { onPaint, state } from '../core/store.js';
import { patienceWords } from '../ui/strings.js';

/** A download that gives nothing for this long is spoken of, ms. */
const STILL_MS = 20_000;
/** Compiling, and testing a device, have nothing to show for themselves; on a busy computer they take long, ms. */
const WORK_MS = 60_000;
const CHECK_MS = 1000;

/** @typedef {'download' | 'compile' | 'device'} Stage */

let key = '';
let since = performance.now();
/** @type {ReturnType<typeof setInterval> | null} */
let timer = null;

export function initPatience() {
  timer = setInterval(check, CHECK_MS);
  $('patience-action').addEventListener('click', () => {
    restart(stage() === 'device');
    check();
  });
  // Whatever moves ends the waiting at once.
  onPaint(check);
}

/** What the page waits for; null: for nothing, or the banner has said why it does not come. @returns {Stage | null} */
function stage() {
  const { engine, loading, device } = state;
  if (engine === 'loading') return loading.total !== null && loading.loaded >= loading.total ? 'compile' : 'download';
  if (engine !== 'ready' || device || state.faults.some((fault) => fault.stage === 'device')) return null;
  return 'device';
}

function check() {
  if (timer === null) return;
  const now = stage();
  const next = `${now} ${state.loading.loaded} ${state.deviceChoice}`;
  // A hidden tab is held back by the browser.
  if (next !== key || document.hidden) since = performance.now();
  key = next;
  const still = performance.now() - since;
  const told = now !== null && still >= (now === 'download' ? STILL_MS : WORK_MS);
  show($('patience'), told);
  if (told) {
    const words = patienceWords(now, state.loading, state.deviceChoice === 'cpu');
    setText($('patience-sentence'), words.sentence);
    setText($('patience-next'), words.next);
    setText($('patience-action'), now === 'device' && state.deviceChoice !== 'cpu' ? 'Use the CPU' : 'Start anew');
  }
  // Later engines are started by what took the one before.
  if (state.device) {
    clearInterval(timer);
    timer = null;
  }
}
