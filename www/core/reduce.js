// @ts-check
/**
 * Events of the engine -> state. No DOM here: what is said and shown follows from the state.
 */
import { MAX_VALIDATIONS } from '../generated/constants.js';
import { storeCalibration } from './stored-calibration.js';
import { bestOf, bestThreshold, changed, changedFigures, followThreshold, running, state } from './store.js';
import { endLine, faultLine, mendedLine } from '../ui/strings.js';
import { metric, plural } from '../ui/format.js';
import { addPoint, addDownsampled } from './downsample.js';

/**
 * @typedef {import('./types.js').EngineEvent} EngineEvent
 * @typedef {import('./types.js').Fault} Fault
 */

/** Most points of a run's loss: the chart has no more pixels. */
const MAX_POINTS = 4000;
/** Most faults kept for a list; thousands of broken files are one problem, not thousands. */
const MAX_FAULTS = 2000;

/** Listeners for single events (exports, pictures). @type {((event: EngineEvent) => void)[]} */
const listeners = [];

/** @param {(event: EngineEvent) => void} listener */
export function onEvent(listener) {
  listeners.push(listener);
}

/** Announces a line politely. @param {string} line */
export function say(line) {
  state.status = line;
}

/** @param {EngineEvent} event */
export function reduce(event) {
  // Events of a stopped run arrive late at most once; they belong to nothing on the page.
  if ('run_id' in event && event.type !== 'run_started' && event.run_id !== state.run?.run_id) return;
  apply(event);
  for (const listener of listeners) listener(event);
  if (event.type === 'step' && (state.run?.losses.length ?? 0) > 1) changedFigures();
  else changed();
}

/** @param {EngineEvent} event */
function apply(event) {
  switch (event.type) {
    case 'device':
      state.device = event;
      storeCalibration(event.calibration);
      break;
    case 'dataset':
      state.dataset = event;
      state.sampling = false;
      // The engine splits anew with every change of the data: the last run's pairs can no longer be asked for.
      state.heldBack = 0;
      break;
    case 'labels': {
      // In place: a data set of its own a stroke would have everything that shows it built anew beside the brush. It is told
      // whole when the editor is closed.
      const pair = state.dataset?.pairs.find(({ image_path }) => image_path === event.image);
      if (pair) Object.assign(pair, { labelled_share: event.labelled_share, foreground_share: event.foreground_share, painted: true });
      break;
    }
    case 'findings':
      // A set of its own for those who paint by what has changed.
      if (state.dataset) state.dataset = { ...state.dataset, findings: event.findings };
      break;
    case 'inputs':
      state.inputs = event.inputs;
      state.mosaic = event.mosaic ?? null;
      break;
    case 'config':
      state.config = event;
      state.starting = false;
      break;
    case 'run_started':
      state.starting = false;
      state.faults = state.faults.filter((fault) => fault.stage !== 'train' && fault.stage !== 'device');
      state.preview = [];
      state.history = [];
      state.view.previewAt = null;
      state.view.chosen = false;
      state.run = {
        run_id: event.run_id, config: event.config, trainPairs: event.train.length, validationPairs: [...event.validation], heldBackPart: event.train.some((pair) => event.validation.includes(pair)), parameters: event.parameters, classes: event.classes,
        dataset: state.dataset, device: state.device, steps_total: event.steps_total, phase: 'compiling', continued: event.continued, from: 0, last: null, losses: [], validations: [], mended: [], end: null, asked: null,
      };
      say('Training started.');
      break;
    case 'run_resumed':
      if (!state.run) break;
      Object.assign(state.run, { from: event.step, losses: event.losses.map(([step, loss]) => [step, loss]), validations: [...event.validations] });
      followThreshold(bestThreshold());
      say(`The run goes on from step ${event.step}.`);
      break;
    case 'run_classes':
      if (state.run) state.run.classes = event.classes;
      break;
    case 'phase':
      if (!state.run) break;
      if (event.phase === 'paused' && state.run.phase !== 'paused') say('Paused.');
      if (state.run.phase === 'paused' && event.phase !== 'paused') say('Training goes on.');
      state.run.phase = event.phase;
      if ((event.phase === 'paused') === (state.run.asked === 'pause') && state.run.asked !== 'stop') state.run.asked = null;
      break;
    case 'step':
      addStep(event);
      break;
    case 'validation':
      if (!state.run) break;
      addValidation(state.run, event);
      if (!state.view.chosen) followThreshold(bestThreshold());
      say(`Step ${event.step}: validation IoU ${metric(event.validation?.iou ?? event.training.iou)}.`);
      break;
    case 'preview':
      state.preview = event.items;
      remember(event);
      break;
    case 'mended':
      if (!state.run) break;
      state.run.mended.push(event);
      say(mendedLine(event));
      break;
    case 'run_ended':
      if (!state.run) break;
      state.run.end = event;
      state.heldBack = state.run.validationPairs.length;
      state.run.asked = null;
      say(endLine(event, state.run.continued));
      break;
    case 'model':
      // That of a run comes with its end, which says more.
      if (event.model && !running() && event.model.name !== state.model?.name && event.model.name !== `run ${state.run?.run_id}`) say(`Model ${event.model.name} is ready.`);
      takeModel(event.model ?? null);
      break;
    case 'bands':
      state.bands = { most: event.most, shown: event.shown, common: event.common ?? 0, names: event.names ?? [] };
      break;
    case 'predict_progress':
      state.predicting = event;
      break;
    case 'result':
      state.results.push(event);
      break;
    case 'predict_done':
      state.predicting = null;
      say(event.cancelled ? 'Prediction cancelled.' : `${plural(event.total, 'mask')} predicted.`);
      break;
    case 'fault':
      addFault(event);
      break;
    default:
      break;
  }
}

/**
 * A model brings its threshold along. The same one again, as after the loss of an engine, leaves what was chosen since.
 * @param {import('./types.js').ModelInfo | null} model
 */
function takeModel(model) {
  const key = (/** @type {import('./types.js').ModelInfo | null} */ one) => (one ? `${one.name} ${one.steps} ${one.operating_point?.threshold}` : '');
  if (model && key(model) !== key(state.model)) {
    state.view.chosen = false;
    followThreshold(model.operating_point?.threshold);
  }
  state.model = model;
}

/** Most previews kept of a run. */
const MAX_HISTORY = 60;

/** Keeps a preview for the slider through time; image and truth of a place are held once. @param {{ step: number, items: import('./types.js').PreviewItem[] }} preview */
function remember({ step, items }) {
  const before = [state.history[0], state.history.at(-1)].flatMap((one) => one?.items ?? []);
  const shared = items.map((item) => {
    const old = before.find((one) => isSamePlace(one, item));
    return old ? { ...item, rgba: old.rgba, truth: old.truth } : item;
  });
  const best = state.run && bestOf(state.run)?.step;
  addDownsampled(state.history, { step, items: shared }, MAX_HISTORY, (one) => one.step === best);
}

/** @param {import('./types.js').PreviewItem} a @param {import('./types.js').PreviewItem} b */
const isSamePlace = (a, b) => a.pair === b.pair && a.rgba.length === b.rgba.length && a.width === b.width && a.corner?.[0] === b.corner?.[0] && a.corner?.[1] === b.corner?.[1];

/** @param {import('./types.js').StepReport} report */
function addStep(report) {
  const { run } = state;
  if (!run) return;
  run.last = report;
  run.steps_total = report.steps_total;
  if (Number.isFinite(report.loss)) addPoint(run.losses, report.step, report.loss, MAX_POINTS);
}

/**
 * Adds a report. What it says of single images and thresholds is kept of the newest, and of the one whose weights are.
 * @param {import('./store.js').Run} run
 * @param {import('./types.js').ValidationReport} report
 */
function addValidation(run, report) {
  const { validations } = run;
  const best = report.best ? report : bestOf(run);
  for (const i of new Set([validations.length - 1, validations.findLastIndex((one) => one.best)])) {
    if (i >= 0 && validations[i] !== best) validations[i] = { ...validations[i], images: [], curve: [] };
  }
  addDownsampled(validations, report, MAX_VALIDATIONS, (one) => one === best);
}

/** @param {Fault} fault */
export function addFault(fault) {
  const file = fault.stage === 'read' || fault.stage === 'decode' || fault.stage === 'pair';
  const purpose = file ? state.reading?.purpose ?? 'train' : null;
  if (fault.stage === 'train' || fault.code === 'nothing_to_train') state.starting = false;
  if (fault.stage === 'predict' && (fault.code === 'no_model' || fault.code === 'no_inputs')) state.predicting = null;
  if (fault.code === 'busy') state.sampling = false;
  if (!running() && fault.code === 'busy') state.starting = false;
  const same = state.faults.some((old) => old.code === fault.code && old.file === fault.file && old.detail === fault.detail);
  if (!same && state.faults.length < MAX_FAULTS) state.faults.push({ ...fault, purpose });
  if (!file) say(faultLine(fault));
}
