// @ts-check
/**
 * Overlay, threshold and opacity: one value each, several controls, and the keys for them.
 */
import { $, setText, typing } from './dom.js';
import { go } from './header.js';
import { openHelp } from './help.js';
import { pauseOrResume } from './run-view.js';
import { changed, onPaint, running, state } from './store.js';
import { toggleOverlay, viewerKey, viewerOpen } from './viewer.js';

const OVERLAYS = ['overlay-data', 'overlay-train', 'overlay-predict', 'viewer-overlay'];
const THRESHOLDS = ['threshold', 'viewer-threshold', 'pr-threshold'];
const OPACITIES = ['opacity', 'viewer-opacity'];

/** @param {string} id */
const input = (id) => /** @type {HTMLInputElement} */ ($(id));

export function initViewControls() {
  for (const id of OVERLAYS) $(id).addEventListener('change', toggleOverlay);
  for (const id of THRESHOLDS) {
    $(id).addEventListener('input', () => {
      state.view.threshold = Number(input(id).value);
      changed();
    });
  }
  for (const id of OPACITIES) {
    $(id).addEventListener('input', () => {
      state.view.opacity = Number(input(id).value);
      changed();
    });
  }
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
  for (const id of OPACITIES) {
    input(id).value = String(opacity);
    input(id).setAttribute('aria-valuetext', `${Math.round(opacity * 100)} %`);
  }
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
  state.view.threshold = Math.min(0.99, Math.max(0.01, Math.round((state.view.threshold + by) * 100) / 100));
  changed();
}
