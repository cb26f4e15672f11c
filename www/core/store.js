// @ts-check
/**
 * The page's state: one object, changed by events and by people, painted at most once per animation frame.
 */
import { isOneOf } from './fingerprint.js';
import { EVEN_ODDS } from '../ui/format.js';

/**
 * @typedef {import('./types.js').Dataset} Dataset
 * @typedef {import('./types.js').Fault} Fault
 * @typedef {import('./types.js').PredictionResult} PredictionResult
 * @typedef {import('./types.js').ValidationReport} ValidationReport
 * @typedef {import('./types.js').StepReport} StepReport
 * @typedef {import('./types.js').RunEnd} RunEnd
 * @typedef {import('./types.js').Entry} Entry
 * @typedef {import('./types.js').Purpose} Purpose
 */

/** @typedef {'data' | 'train' | 'predict'} Place */

/**
 * A saved run that could go on. `data`: its files are kept too; `blob`: where it lies in this page or in a file; `id`: in the list of runs.
 * @typedef {{ saved: import('./types.js').SavedRun, where: 'disk' | 'page' | 'file', data: boolean, blob?: Blob, id?: string | null, name?: string }} Offer
 */

/**
 * A run of before that this page alone holds.
 * @typedef {import('./types.js').KeptRun & { blob: Blob, taken: boolean }} HeldRun
 */

/**
 * What is known of saving.
 * @typedef {object} CheckpointState
 * @property {'unknown' | 'disk' | 'none' | 'other_tab'} storage
 * @property {string} detail why there is no storage
 * @property {Offer | null} offer
 * @property {{ saved: import('./types.js').SavedRun, where: 'disk' | 'page', blob?: Blob, id?: string | null } | null} last the last save of this page's run
 * @property {string} why the last save did not go to disk; `foreign`: another run lies there, and nobody said that it may be replaced
 * @property {Offer | null} other a run on disk that is not the one of this page
 * @property {boolean} later the offer was put off
 * @property {import('./types.js').KeptRun[]} runs all runs kept in this browser, the newest first, with those that were discarded less than a day ago
 * @property {HeldRun[]} held
 * @property {string | null} own which of them is the run on the page
 * @property {{ id: string, name: string } | null} undo what was discarded just now
 * @property {number} taken count of the save that was taken home as a file
 * @property {string | null | undefined} dataKept why the files were not kept; null: they are; undefined: not known yet
 */

/**
 * One run, as far as it was reported.
 * @typedef {object} Run
 * @property {number} run_id
 * @property {import('./types.js').TrainConfig} config
 * @property {number} trainPairs
 * @property {number[]} validationPairs
 * @property {boolean} heldBackPart a part of the only image is held back, and that image is on both sides
 * @property {Dataset | null} dataset what it was trained on: what is loaded may change after its end
 * @property {import('./types.js').DeviceInfo | null} device where
 * @property {number} parameters
 * @property {readonly import('./types.js').ClassInfo[]} classes empty for foreground and background
 * @property {number} steps_total
 * @property {import('./types.js').Phase} phase
 * @property {boolean} continued it began with the weights of a model
 * @property {number} from step it was resumed at, else 0
 * @property {StepReport | null} last
 * @property {[number, number][]} losses step and mean loss since the report before
 * @property {ValidationReport[]} validations
 * @property {{ step: number, tries: number, seed: number }[]} mended fresh weights that replaced a dead output
 * @property {RunEnd | null} end
 * @property {'pause' | 'resume' | 'stop' | null} asked what was clicked and not yet answered
 */

/**
 * @typedef {object} State
 * @property {Place} place
 * @property {'loading' | 'ready' | 'failed' | 'dead'} engine
 * @property {boolean} fused the engine's file is the one with fused multiply-adds, whose last bits differ
 * @property {string} binary address of the engine's file; empty before it is there
 * @property {{ loaded: number, total: number | null }} loading
 * @property {{ sentence: string, next: string, action: 'retry' | 'reload_data' | null, calm?: boolean } | null} error
 * @property {import('./types.js').DeviceInfo | null} device
 * @property {import('./types.js').DeviceChoice} deviceChoice
 * @property {{ purpose: Purpose, done: number, total: number, path: string, cancelling: boolean } | null} reading
 * @property {Dataset | null} dataset
 * @property {import('./types.js').Input[]} inputs
 * @property {import('./types.js').MosaicInfo | null} mosaic the inputs as one map, where they lie beside each other on one grid
 * @property {import('./types.js').ConfigReport | null} config
 * @property {string[]} unknownKeys settings in the address that nothing knows
 * @property {boolean} sampling the sample scenes were asked for and are not here yet
 * @property {boolean} starting Start was clicked and not yet answered
 * @property {Run | null} run
 * @property {import('./types.js').PreviewItem[]} preview
 * @property {{ step: number, items: import('./types.js').PreviewItem[] }[]} history previews of this run, oldest first
 * @property {number} heldBack validation pairs of the last run that can still be predicted
 * @property {import('./types.js').ModelInfo | null} model
 * @property {{ most: number, shown: number[], common: number, names: string[] } | null} bands a choice of bands, where files have more than three
 * @property {{ done: number, total: number, elapsed_ms: number, tiles_done: number, tiles_total: number } | null} predicting
 * @property {PredictionResult[]} results
 * @property {number} predictedAt the threshold that the metrics of the results were measured at
 * @property {(Fault & { purpose: Purpose | null })[]} faults faults that belong to no data set
 * @property {CheckpointState} checkpoint
 * @property {string} labelsUnkept why labels painted from now on are not kept in this browser; empty: they are, where there is a storage
 * @property {number} bytesSent
 * @property {number} longestTaskMs longest page task since load (0: none over 50 ms)
 * @property {number} longestTaskTrainingMs the same while training
 * @property {{ overlay: boolean, threshold: number, chosen: boolean, opacity: number, logLoss: boolean, previewAt: number | null }} view `chosen`: the threshold was set by hand; `previewAt` is the step of a preview in `history`; null: the newest, or after the end that of the weights kept
 * @property {string} status the polite line for screen readers
 */

/** @returns {State} */
const initial = () => ({
  place: 'data',
  engine: 'loading',
  fused: false,
  binary: '',
  loading: { loaded: 0, total: null },
  error: null,
  device: null,
  deviceChoice: 'auto',
  reading: null,
  dataset: null,
  inputs: [],
  mosaic: null,
  config: null,
  unknownKeys: [],
  sampling: false,
  starting: false,
  run: null,
  preview: [],
  history: [],
  heldBack: 0,
  model: null,
  bands: null,
  predicting: null,
  results: [],
  predictedAt: EVEN_ODDS,
  faults: [],
  checkpoint: { storage: 'unknown', detail: '', offer: null, last: null, why: '', other: null, later: false, runs: [], held: [], own: null, undo: null, taken: -1, dataKept: undefined },
  labelsUnkept: '',
  bytesSent: 0,
  longestTaskMs: 0,
  longestTaskTrainingMs: 0,
  view: { overlay: true, threshold: EVEN_ODDS, chosen: false, opacity: 0.45, logLoss: false, previewAt: null },
  status: '',
});

export const state = initial();

/** Files read so far, kept so that a replaced worker can be given them again. @type {Record<Purpose, Entry[]>} */
export const kept = { train: [], predict: [] };

/** @type {(() => void)[]} */
const painters = [];
let queued = false;
/** @type {ReturnType<typeof setTimeout> | null} */
let later = null;
/** Figures of a run are painted so often at most: faster nobody reads, and each frame takes time from the run. */
const FIGURES_MS = 250;

/** Registers a painter: called in the next animation frame after any change. @param {() => void} paint */
export function onPaint(paint) {
  painters.push(paint);
}

/** Says that nothing but figures of a run changed: they can wait a moment for more of their kind. */
export function changedFigures() {
  if (queued) return;
  later ??= setTimeout(changed, FIGURES_MS);
}

/** Says that the state changed. Painters run once in the next frame, however often this is called. */
export function changed() {
  if (later !== null) clearTimeout(later);
  later = null;
  if (queued) return;
  queued = true;
  requestAnimationFrame(() => {
    queued = false;
    for (const paint of painters) {
      // One broken view must not stop the others; the error is still reported.
      try {
        paint();
      } catch (error) {
        reportError(error);
      }
    }
  });
}

/** True while a run exists that has not ended. */
export const running = () => state.run !== null && state.run.end === null;

/** The validation whose weights are kept so far; after the end of the run, that of the model, if it was validated. @param {Run} run */
export const bestOf = (run) => run.validations.findLast(({ step, best }) => (run.end ? step === run.end.best_step : best));

/**
 * The threshold a validation's figures were taken at, which is the one that suited its weights best.
 * @param {import('./types.js').ValidationReport | undefined} report
 */
export const judgedAt = (report) => (report ? (report.validation ?? report.training).threshold ?? null : null);

/** The best threshold that is known: of the run under way, else of the model. */
export function bestThreshold() {
  const { run, model } = state;
  return run && !run.end ? judgedAt(run.validations.at(-1)) : model?.operating_point?.threshold ?? null;
}

/** Sets the threshold by hand. @param {number} value */
export function chooseThreshold(value) {
  state.view.threshold = Math.min(0.99, Math.max(0.01, Math.round(value * 100) / 100));
  state.view.chosen = true;
  changed();
}

/** Sets the threshold to what the run or the model says, if it says anything. @param {number | null | undefined} value */
export function followThreshold(value) {
  state.view.threshold = value ?? EVEN_ODDS;
}

/** The validation to tell of: the newest, and after the end that of the model, where its details are known. */
export function toldValidation() {
  const { run } = state;
  const best = run?.end && bestOf(run);
  return best && best.images.length + best.curve.length ? best : run?.validations.at(-1);
}

/** Place in `history` of the preview in view. */
export function shownAt() {
  const { history, run, view } = state;
  const newest = history.length - 1;
  const best = run?.end ? bestOf(run)?.step : undefined;
  // Thinned out meanwhile, its neighbour stands for the one chosen; before a resumption there were none at all.
  const at = history.findIndex(({ step }) => (view.previewAt === null ? step === best : step >= view.previewAt));
  return at < 0 ? newest : at;
}

/** The previews in view. */
export const shownPreviews = () => state.history[shownAt()]?.items ?? state.preview;

/** Whether the data a run was trained on are still (or again) those that are here. @param {Run} run */
export const dataOf = (run) => run.dataset !== null && run.dataset.fingerprint === state.dataset?.fingerprint;

/** Whether a fingerprint is that of the data here, as this version or an older one makes it. @param {string | null | undefined} fingerprint */
export const isDataHere = (fingerprint) => isOneOf(fingerprint, [state.dataset?.fingerprint, state.dataset?.fingerprint_before]);

/** The bands that a model sees, by number; none: the usual ones. @param {import('./types.js').ModelInfo} model */
export const bandsOf = ({ bands }) => bands.map(({ number }) => number);

/** Pairs that take part. */
export const usablePairs = () => state.dataset?.pairs.filter((pair) => !pair.excluded && !pair.blocked) ?? [];

/** Labels were painted that end with this page: nothing else holds them. */
export const labelsAtRisk = () => (state.checkpoint.storage !== 'disk' || state.labelsUnkept !== '') && (state.dataset?.pairs.some(({ painted }) => painted) ?? false);

/** Images without a mask and masks without an image; those whose partner was refused are told with it. */
export function unpaired() {
  const refused = new Set(state.dataset?.faults.flatMap(({ code, file }) => (code === 'partner_refused' ? [file] : [])));
  const all = (state.dataset?.unpaired ?? []).filter(({ path }) => !refused.has(path));
  return { images: all.filter((file) => !file.is_mask), masks: all.filter((file) => file.is_mask) };
}

/** True when there is a data set to show, even one of faults only. */
export const hasData = () => (state.dataset?.pairs.length ?? 0) + (state.dataset?.faults.length ?? 0) > 0;

/** Steps done. @param {Run} run */
export const stepOf = (run) => run.end?.steps ?? run.last?.step ?? run.from;
