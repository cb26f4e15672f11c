// @ts-check
/**
 * The header and what lies above the places: travel line, badges with their dialogs, banners, the page's title.
 */
import { $, h, setText, show, typing } from '../ui/dom.js';
import { bytes, count, metric, plural } from '../ui/format.js';
import { storedCalibration } from '../core/stored-calibration.js';
import { cancelFiles } from '../core/data-files.js';
import { BINARIES } from '../core/build.js';
import { send } from '../core/engine.js';
import { rootUrl, threadsWasmUrl } from '../core/paths.js';
import { recover, restart } from '../core/session.js';
import { changed, labelsAtRisk, onPaint, running, state, stepOf, unpaired, usablePairs } from '../core/store.js';
import { deviceReason } from '../ui/strings.js';

/** @typedef {import('../core/store.js').Place} Place */

const PLACES = /** @type {const} */ (['data', 'train', 'predict']);

/** @param {Place} place */
export function go(place) {
  if (state.place === place) return;
  state.place = place;
  scrollTo(0, 0);
  changed();
}

/** Moves the focus to the heading of the place in view: a screen reader says where it is, and Tab goes on from there. */
export function focusHeading() {
  /** @type {HTMLElement | null} */ ($(`place-${state.place}`).querySelector('h1:not([hidden] *)'))?.focus({ preventScroll: true });
}
/** The place painted last. */
let painted = state.place;

export function initHeader() {
  for (const place of PLACES) $(`go-${place}`).addEventListener('click', () => go(place));
  $('banner-action').addEventListener('click', recover);
  $('reading-cancel').addEventListener('click', cancelFiles);
  // What sticks below the banners has to know how much they take.
  new ResizeObserver(() => document.documentElement.style.setProperty('--banners', `${$('banners').offsetHeight}px`)).observe($('banners'));
  initTheme();
  initDialogs();
  onPaint(paint);
}

function initTheme() {
  const root = document.documentElement;
  const stored = remembered('groundmask-theme');
  if (stored === 'light' || stored === 'dark') root.dataset.theme = stored;
  $('theme').addEventListener('click', () => {
    const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
    root.dataset.theme = dark ? 'light' : 'dark';
    try {
      localStorage.setItem('groundmask-theme', root.dataset.theme);
    } catch { /* Storage is a comfort here. */ }
    dispatchEvent(new Event('themechange'));
    changed();
  });
  for (const query of ['(prefers-color-scheme: dark)', '(forced-colors: active)']) matchMedia(query).addEventListener('change', () => dispatchEvent(new Event('themechange')));
}

/** @param {string} key */
function remembered(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function initDialogs() {
  const device = /** @type {HTMLDialogElement} */ ($('device-dialog'));
  const sent = /** @type {HTMLDialogElement} */ ($('sent-dialog'));
  for (const [dialog, opener, closer] of /** @type {const} */ ([[device, 'badge-device', 'device-close'], [sent, 'badge-sent', 'sent-close']])) {
    $(opener).addEventListener('click', () => dialog.showModal());
    $(closer).addEventListener('click', () => dialog.close());
    dialog.addEventListener('click', (event) => {
      if (event.target === dialog) dialog.close();
    });
  }
  for (const choice of /** @type {const} */ (['auto', 'webgpu', 'cpu'])) {
    $(`device-${choice}`).addEventListener('change', () => {
      const isOther = wantsOtherModule(choice);
      state.deviceChoice = choice;
      state.device = null;
      state.faults = state.faults.filter((fault) => fault.stage !== 'device');
      if (isOther) restart(false);
      else send({ type: 'init', device: choice, calibration: storedCalibration() });
      changed();
    });
  }
  const policy = document.querySelector('meta[http-equiv="Content-Security-Policy"]')?.getAttribute('content') ?? '';
  $('policy').replaceChildren(...policy.split(';').map((part) => h('code', {}, part.trim())));
}

/**
 * The module with threads has no GPU, the other one thread. The choice takes the module along while no run, model, result or
 * label would be lost by that. @param {import('../core/types.js').DeviceChoice} choice
 */
function wantsOtherModule(choice) {
  const isThreaded = state.binary === threadsWasmUrl;
  const isThere = crossOriginIsolated && threadsWasmUrl.slice(rootUrl.length) in BINARIES;
  if (state.engine !== 'ready' || state.run || state.model || state.results.length || labelsAtRisk()) return false;
  return isThreaded ? choice === 'webgpu' : choice === 'cpu' && isThere && state.device?.kind === 'webgpu';
}

function paint() {
  for (const place of PLACES) {
    show($(`place-${place}`), state.place === place);
    const button = $(`go-${place}`);
    if (state.place === place) button.setAttribute('aria-current', 'page');
    else button.removeAttribute('aria-current');
  }
  if (state.place !== painted) {
    painted = state.place;
    // Who is in a dialog, or types, is left there.
    if (!document.querySelector('dialog[open]') && !typing(document.activeElement)) focusHeading();
  }
  paintNotes();
  paintDevice();
  paintBanners();
  setText($('sent-text'), bytes(state.bytesSent));
  setText($('sent-title'), `${bytes(state.bytesSent)} sent`);
  $('badge-sent').classList.toggle('warn', state.bytesSent > 0);
  setText($('status'), state.status);
}

function paintNotes() {
  const pairs = usablePairs().length;
  const pictures = pairs ? 0 : unpaired().images.length;
  setText($('note-data'), pictures ? plural(pictures, 'picture') : state.dataset ? plural(pairs, 'pair') : '');
  const { run } = state;
  const step = run ? stepOf(run) : 0;
  const iou = run?.end?.validation?.iou;
  setText($('note-train'), !run ? '' : run.end ? (iou != null ? `IoU ${metric(iou)}` : run.end.reason === 'device_failed' ? 'failed' : 'done') : run.phase === 'paused' ? 'paused' : run.phase === 'compiling' ? 'compiling' : `${Math.floor((100 * step) / run.steps_total)} %`);
  setText($('note-predict'), state.results.length ? plural(state.results.length, 'mask') : state.model ? 'model ready' : '');
  $('go-data').classList.toggle('done', pairs > 0);
  $('go-train').classList.toggle('done', state.model !== null);
  $('go-predict').classList.toggle('done', state.results.length > 0);
}

/** The title shows the run, also in a hidden tab where no frame is painted. */
export function paintTitle() {
  const { run } = state;
  const step = run ? stepOf(run) : 0;
  const words = running() && run ? `${Math.floor((100 * step) / Math.max(1, run.steps_total))} % ${run.phase === 'paused' ? 'paused' : 'training'} · ` : run?.end && ['finished', 'early_stopped'].includes(run.end.reason) ? 'Trained · ' : '';
  const title = `${words}Groundmask`;
  if (document.title !== title) document.title = title;
}

function paintDevice() {
  const { device } = state;
  const dot = $('device-dot');
  const deviceFault = state.faults.findLast((fault) => fault.stage === 'device');
  const name = device?.kind === 'webgpu' ? 'WebGPU' : 'CPU';
  const text = device ? `${name}, ${device.adapter}` : state.engine === 'failed' ? 'No engine' : deviceFault ? 'No device' : 'Starting';
  setText($('device-kind'), device ? name : text);
  setText($('device-adapter'), device ? ` · ${device.adapter}` : '');
  $('badge-device').title = text;
  $('badge-device').setAttribute('aria-label', `Device: ${text}`);
  dot.dataset.state = !device ? (state.engine === 'failed' || deviceFault ? 'bad' : 'wait') : device.kind === 'webgpu' && !device.software ? 'good' : 'fair';
  const reason = device?.reason ? deviceReason[device.reason] : null;
  setText($('device-why'), device ? (reason ? `${reason.sentence} ${reason.next}` : device.software ? 'A software WebGPU adapter: it works, but it is slow. The CPU is faster here.' : 'The first choice answered and passed its self-test.') : 'The device is being brought up.');
  for (const choice of ['auto', 'webgpu', 'cpu']) {
    const radio = /** @type {HTMLInputElement} */ ($(`device-${choice}`));
    radio.checked = state.deviceChoice === choice;
    radio.disabled = running() || state.predicting !== null || state.engine !== 'ready';
  }
  setText($('device-note'), running() ? 'The device can be changed when the run has ended.' : 'Data and model move along.');
  const facts = $('device-facts');
  const key = device ? JSON.stringify([device.adapter, device.self_test_ms, device.kind]) : '';
  if (facts.dataset.key === key) return;
  facts.dataset.key = key;
  facts.replaceChildren();
  if (!device) return;
  /** @param {string} term @param {string} value */
  const add = (term, value) => facts.append(h('div', {}, h('dt', {}, term), h('dd', {}, value)));
  add('Kind', name);
  add('Adapter', device.adapter);
  if (device.kernels) {
    const measured = Object.entries(device.calibration_ms).map(([name, ms]) => `${name} ${ms.toFixed(1)} ms`);
    add('Kernels', measured.length ? `${device.kernels}, the fastest of: ${measured.join(', ')}` : `${device.kernels}, as measured on an earlier visit`);
  }
  add('Self-test', `passed in ${device.self_test_ms.toFixed(0)} ms, largest error ${device.self_test_error.toExponential(1)}`);
  const limits = /** @type {any} */ (device.limits);
  for (const [limit, value] of limits instanceof Map ? limits : Object.entries(limits ?? {})) {
    const words = limit.replaceAll('_', ' ');
    add(words[0].toUpperCase() + words.slice(1), /size|bytes|storage|memory|binding/i.test(limit) && value >= 65536 ? bytes(value) : count(value));
  }
  add('Version', device.version);
}

function paintBanners() {
  const { error, reading } = state;
  show($('banner'), error !== null);
  $('banner').classList.toggle('calm', error?.calm ?? false);
  if (error) {
    setText($('banner-sentence'), error.sentence);
    setText($('banner-next'), error.next);
    const button = /** @type {HTMLButtonElement} */ ($('banner-action'));
    setText(button, error.action === 'retry' ? 'Retry' : error.action === 'reload_data' ? 'Load the data again' : 'Close');
    button.disabled = error.action === 'reload_data' && state.engine !== 'ready';
  }
  show($('reading'), reading !== null);
  if (reading) {
    setText($('reading-text'), reading.total ? `Reading ${count(Math.min(reading.done + 1, reading.total))} of ${plural(reading.total, 'file')}` : 'Looking through the folders');
    setText($('reading-path'), state.engine === 'ready' ? reading.path : 'starts as soon as the engine is here');
    /** @type {HTMLProgressElement} */ ($('reading-bar')).value = reading.total ? reading.done / reading.total : 0;
    const cancel = /** @type {HTMLButtonElement} */ ($('reading-cancel'));
    cancel.disabled = reading.cancelling;
  }
}
