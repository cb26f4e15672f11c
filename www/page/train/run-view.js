// @ts-check
/**
 * The running line: figures, one bar, Pause and Stop, one sentence; the wake lock while it trains.
 */
import { $, h, inSlices, setText, show } from '../../ui/dom.js';
import { paintFaultList } from '../fault-list.js';
import { count, duration, metric, speed } from '../../ui/format.js';
import { go } from '../header.js';
import { onEvent } from '../../core/reduce.js';
import { judgedAt, labelsAtRisk, onPaint, running, state, stepOf, toldValidation, usablePairs } from '../../core/store.js';
import { holdsRuns, isDone } from '../runs/runs.js';
import { hold } from '../press-guard.js';
import { mendedLine, retryWords, runLine } from '../../ui/strings.js';
import { resume } from '../runs/resume.js';
import { pauseOrResume, stop } from './run-control.js';
import { startWith } from './settings.js';
import { classKey, paintLayers } from '../../ui/paint-classes.js';

export function initRun() {
  $('pause').addEventListener('click', pauseOrResume);
  $('stop').addEventListener('click', stop);
  $('run-resume').addEventListener('click', resume);
  $('retry').addEventListener('click', () => {
    const retry = state.run?.end?.retry;
    if (retry) startWith(retry.config, retriesModel(retry.config));
  });
  $('to-predict').addEventListener('click', () => go('predict'));
  document.addEventListener('visibilitychange', () => void wake());
  addEventListener('beforeunload', (event) => {
    const { last } = state.checkpoint;
    if (running() || holdsRuns() || labelsAtRisk() || (last?.where === 'page' && last.saved.number !== state.checkpoint.taken)) event.preventDefault();
  });
  onEvent((event) => {
    // Who pressed Start goes along with the run. It is a heading: a second press on a button in its place would do something.
    if (event.type === 'run_started') begun = document.activeElement === document.body || document.activeElement?.id === 'start';
  });
  onPaint(paint);
}
/** A run has begun, and the focus is to go to it. */
let begun = false;

/**
 * Whether a retry goes on with the weights of before: the run had begun with a model, whose sound weights are kept, and
 * the retry has the same network.
 * @param {import('../../core/types.js').TrainConfig} config
 */
function retriesModel(config) {
  const { run, model } = state;
  return Boolean(run?.continued) && model?.name === `run ${run?.run_id}` && model.architecture === config.architecture;
}

function paint() {
  const { run } = state;
  const active = running();
  show($('running'), run !== null);
  // Until the first figures there is nothing to draw: the pairs stay in view.
  show($('before-run'), run === null || (run.losses.length === 0 && state.preview.length === 0));
  setText($('before-title'), run ? 'First masks on their way' : 'Ready when you are');
  setText($('before-text'), run ? 'The first step prepares the device. Then predicted masks of a few pairs appear here and sharpen while it learns.' : 'Press “Start training”. Predicted masks of a few pairs appear here and sharpen while it learns; loss and validation IoU are drawn beside them.');
  paintStrip();
  paintFaultList('train-faults', (fault) => fault.stage === 'train' || fault.stage === 'device' || fault.stage === 'protocol' || (fault.stage === 'model' && Boolean(fault.file)));
  void wake();
  if (!run) return;
  const { last, end } = run;
  $('running').dataset.phase = end ? 'ended' : run.phase;
  setText($('fig-step'), count(stepOf(run)));
  setText($('fig-steps-total'), ` / ${count(run.steps_total)}`);
  const validation = run.validations.at(-1);
  const honest = run.validationPairs.length > 0;
  const mean = run.classes.length ? 'mean ' : '';
  const at = end ? (end.validation ?? end.training)?.threshold ?? null : judgedAt(validation);
  setText($('fig-iou-name'), `${honest ? 'Validation' : 'Training'} ${mean}IoU${at === null ? '' : ` at ${at.toFixed(2)}`}`);
  paintClassKey(run);
  setText($('fig-iou'), metric(end ? (honest ? end.validation?.iou : end.training?.iou) : honest ? validation?.validation?.iou : validation?.training.iou));
  setText($('fig-loss'), last ? last.loss.toFixed(last.loss < 0.1 ? 4 : 3) : '–');
  setText($('fig-speed'), speed(last?.images_per_s));
  setText($('fig-left-name'), end ? 'Time taken' : 'Time left');
  setText($('fig-left'), end ? duration(end.elapsed_ms) : duration(last?.left_ms));
  if (begun) {
    begun = false;
    $('running-title').focus({ preventScroll: true });
  }
  paintBar(run);
  setText($('run-line'), runLine(run, state.device?.software ?? false));
  const pause = $('pause');
  const focused = document.activeElement;
  show(pause, active);
  show($('stop'), active);
  const retry = active ? null : end?.retry;
  show($('retry'), Boolean(retry));
  if (retry) setText($('retry'), retryWords[retry.advice]);
  show($('to-predict'), !active && !retry && state.model !== null);
  const { offer, own } = state.checkpoint;
  // It goes on from where it was saved, and from its own panel.
  const resumable = !active && offer !== null && offer.where !== 'file' && offer.id === own && !isDone(offer.saved);
  show($('run-resume'), resumable);
  if (resumable) hold($('run-resume'), state.starting || state.predicting !== null || state.reading !== null);
  // Whose button vanished, by its press or at the end, stays with the run.
  if (focused instanceof HTMLElement && focused.hidden && $('running').contains(focused)) $('running-title').focus({ preventScroll: true });
  const mended = run.mended.at(-1);
  show($('run-mended'), mended !== undefined);
  if (mended) setText($('run-mended'), mendedLine(mended));
  setText(pause, run.phase === 'paused' ? 'Resume' : 'Pause');
  pause.classList.toggle('primary', run.phase === 'paused');
  // Not disabled until the answer is here: the focus would be lost.
  hold(pause, run.asked !== null);
  hold($('stop'), run.asked === 'stop');
}

/** The classes in their colours, each with its IoU so far. @param {import('../../core/store.js').Run} run */
function paintClassKey(run) {
  const report = toldValidation();
  const iou = (report?.validation ?? report?.training)?.class_iou ?? [];
  const line = $('run-classes');
  show(line, run.classes.length > 0);
  const key = `${run.run_id} ${iou.join()}`;
  if (line.dataset.key === key) return;
  line.dataset.key = key;
  line.replaceChildren(...classKey(run.classes, (index) => (report ? ` ${metric(iou[index])}` : '')));
}

/** @param {import('../../core/store.js').Run} run */
function paintBar(run) {
  const bar = /** @type {HTMLProgressElement} */ ($('run-bar'));
  // No share is known while shaders compile: the bar says so by having no value.
  if (!run.end && run.phase === 'compiling') bar.removeAttribute('value');
  else bar.value = stepOf(run) / Math.max(1, run.steps_total);
}

/** A strip of the pairs that would be trained on, so that the place is not empty before the run. */
function paintStrip() {
  if ($('before-run').hidden || state.place !== 'train') return;
  const strip = $('before-strip');
  const pairs = usablePairs().slice(0, 16);
  const key = pairs.map((pair) => pair.image_path).join('|') + state.view.overlay + state.dataset?.foreground_share + state.view.opacity + JSON.stringify(state.dataset?.classes);
  if (strip.dataset.key === key) return;
  strip.dataset.key = key;
  const canvases = pairs.map(() => h('canvas', {}));
  strip.replaceChildren(...canvases.map((canvas) => h('li', {}, canvas)));
  inSlices('strip', pairs.entries(), ([i, pair]) => {
    const layers = { width: pair.thumb_width, height: pair.thumb_height, rgba: pair.thumb_rgba, mask: pair.thumb_mask };
    paintLayers(canvases[i], layers, { classes: state.dataset?.classes ?? [], at: 128, opacity: state.view.opacity, layer: state.view.overlay ? 'overlay' : 'image' });
  });
}

/** @type {WakeLockSentinel | null} */
let sentinel = null;
let asking = false;

/** Keeps the screen awake while training; the browser drops the lock in hidden tabs, so it is asked for again. */
async function wake() {
  const wanted = running() && state.run?.phase !== 'paused' && document.visibilityState === 'visible';
  if (!wanted) {
    const old = sentinel;
    sentinel = null;
    await old?.release().catch(() => {});
    return;
  }
  if (asking || (sentinel && !sentinel.released) || !('wakeLock' in navigator)) return;
  asking = true;
  try {
    sentinel = await navigator.wakeLock.request('screen');
  } catch { /* Low battery, or not allowed: training goes on all the same. */ }
  asking = false;
}
