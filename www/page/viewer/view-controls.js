// @ts-check
/**
 * Overlay, threshold and opacity: one value each, several controls, and the keys for them.
 */
import { $, h, setText, show, typing } from '../../ui/dom.js';
import { EVEN_ODDS } from '../../ui/format.js';
import { go } from '../header.js';
import { openHelp } from '../../ui/help.js';
import { pauseOrResume } from '../train/run-control.js';
import { bestThreshold, changed, chooseThreshold, onPaint, running, state } from '../../core/store.js';
import { toggleOverlay, viewerKey, viewerOpen } from './viewer.js';

const OVERLAYS = ['overlay-data', 'overlay-train', 'overlay-predict', 'viewer-overlay'];
const THRESHOLDS = ['threshold', 'viewer-threshold', 'pr-threshold'];
/** Buttons from the best threshold to even odds and back. */
const OTHERS = ['threshold-other', 'viewer-threshold-other'];
const OPACITIES = ['opacity', 'viewer-opacity'];

/** @param {string} id */
const input = (id) => /** @type {HTMLInputElement} */ ($(id));

export function initViewControls() {
  for (const id of OVERLAYS) $(id).addEventListener('change', toggleOverlay);
  for (const id of THRESHOLDS) {
    $(id).addEventListener('input', () => {
      chooseThreshold(Number(input(id).value));
    });
  }
  for (const id of OPACITIES) {
    $(id).addEventListener('input', () => {
      state.view.opacity = Number(input(id).value);
      changed();
    });
  }
  for (const id of OTHERS) $(id).addEventListener('click', () => chooseThreshold(otherThreshold() ?? EVEN_ODDS));
  addEventListener('keydown', key);
  onPaint(paint);
}

function paint() {
  const { overlay, threshold, opacity } = state.view;
  for (const id of OVERLAYS) input(id).checked = overlay;
  for (const id of THRESHOLDS) {
    input(id).value = String(threshold);
    setText($(`${id}-value`), threshold.toFixed(2));
  }
  paintBest();
  for (const id of OPACITIES) {
    input(id).value = String(opacity);
    input(id).setAttribute('aria-valuetext', `${Math.round(opacity * 100)} %`);
  }
}

/** @param {number} a @param {number} b */
const same = (a, b) => Math.abs(a - b) < 0.005;

/** Where one click leads: to the best threshold, or from it to even odds; null where there is none but these. */
function otherThreshold() {
  const best = bestThreshold();
  if (best === null) return null;
  if (!same(state.view.threshold, best)) return best;
  return same(best, EVEN_ODDS) ? null : EVEN_ODDS;
}

/** Says which threshold is the best one, marks it on the sliders, and offers the way there or back. */
function paintBest() {
  const best = bestThreshold();
  const other = otherThreshold();
  const marks = $('threshold-marks');
  const mark = best === null ? '' : best.toFixed(2);
  if (marks.dataset.mark !== mark) {
    marks.dataset.mark = mark;
    marks.replaceChildren(...(mark ? [h('option', { value: mark })] : []));
  }
  for (const id of OTHERS) {
    show($(id), other !== null);
    if (other !== null) setText($(id), other === best ? `Back to ${mark}, best on your data` : `Use ${other.toFixed(2)}`);
  }
  show($('threshold-best'), best !== null && same(state.view.threshold, best));
}

/** @param {KeyboardEvent} event */
function key(event) {
  // AltGr, with which many keyboards type [ and ], reads as Ctrl + Alt.
  const shortcut = (event.ctrlKey || event.metaKey || event.altKey) && !event.getModifierState('AltGraph');
  if (shortcut || typing(event.target)) return;
  if (viewerOpen() && viewerKey(event)) {
    event.preventDefault();
    return;
  }
  switch (event.key) {
    case 'o': case 'O': toggleOverlay(); break;
    case '[': nudge(-0.05); break;
    case ']': nudge(0.05); break;
    case ' ':
      // Space on a control presses that control, and in a list it scrolls. It is ours where nothing has the focus, or a
      // heading that was gone to, or Start, which does nothing during a run.
      if (viewerOpen() || !running() || !(event.target instanceof Element && event.target.matches('html, body, main, h1, h2, #start'))) return;
      pauseOrResume();
      break;
    case '?':
      if (document.querySelector('dialog[open]')) return;
      openHelp();
      break;
    case '1': go('data'); break;
    case '2': go('train'); break;
    case '3': go('predict'); break;
    default: return;
  }
  event.preventDefault();
}

/** @param {number} by */
function nudge(by) {
  chooseThreshold(state.view.threshold + by);
}
