// @ts-check
/**
 * `window.groundmask`: what the browser tests, `cargo xtask demo` and the console see of the page. Described in README.md.
 */
import { addFiles } from './files.js';
import { cancelFiles } from '../core/data-files.js';
import { figures, send } from '../core/engine.js';
import { offline } from '../core/offline.js';
import { lastEvents, light } from '../core/session.js';
import { state, stepOf } from '../core/store.js';
import { forgetDelays, labelAt, labelFigures } from './label/editor.js';
import { saveEvery } from './runs/export-run.js';

export function initTestApi() {
  Object.defineProperty(window, 'groundmask', {
    value: Object.freeze({ state: snapshot, glance, send, addFiles, cancelFiles, lastEvents, keepEvery: saveEvery, labelling: labelFigures, labelAt, forgetDelays }),
  });
}

/** The few figures that change by the second: cheap, however long the run. */
function glance() {
  const { run, error, longestTaskMs, longestTaskTrainingMs } = state;
  return { phase: phase(), run: run && { step: stepOf(run), validations: run.validations.length, losses: run.losses.length, end: run.end ? light(run.end) : null }, ...figures(), longestTaskMs, longestTaskTrainingMs, error: error ? { ...error } : null };
}

/** A snapshot that JSON can carry: pictures are left out, figures kept. */
function snapshot() {
  const { run, dataset, device } = state;
  return {
    phase: phase(),
    place: state.place,
    engine: state.engine,
    fused: state.fused,
    device: device ? light(device) : null,
    reading: state.reading ? { ...state.reading } : null,
    dataset: dataset && {
      source: dataset.source, pairs: dataset.pairs.map(({ thumb_rgba, thumb_mask, ...pair }) => light(pair)), rule: light(dataset.rule), suggested_rule: light(dataset.suggested_rule),
      colours: light(dataset.colours), detected: light(dataset.detected), strays: light(dataset.strays), classes: light(dataset.classes), findings: light(dataset.findings), ranges: dataset.ranges ? light(dataset.ranges) : null, objects: dataset.objects ?? null, question: dataset.question ? light(dataset.question) : null, suggested_class: dataset.suggested_class ?? '', foreground_share: dataset.foreground_share, memory_bytes: dataset.memory_bytes, fingerprint: dataset.fingerprint, faults: light(dataset.faults),
      unpaired: dataset.unpaired.map(({ thumb_rgba, ...file }) => light(file)), by_hand: light(dataset.by_hand), vectors: light(dataset.vectors), passed_over: light(dataset.passed_over),
    },
    bands: state.bands ? light(state.bands) : null,
    inputs: state.inputs.map(({ thumb_rgba, ...input }) => light(input)),
    config: state.config ? light(state.config) : null,
    run: run && {
      run_id: run.run_id, step: stepOf(run), from: run.from, steps_total: run.steps_total, phase: run.phase, parameters: run.parameters, config: light(run.config), train_pairs: run.trainPairs,
      validation_pairs: [...run.validationPairs], last: run.last ? light(run.last) : null, losses: run.losses.map(([step, loss]) => [step, loss]), validations: light(run.validations), mended: light(run.mended), end: run.end ? light(run.end) : null,
    },
    preview: state.preview.map((item) => light(item)),
    model: state.model ? light(state.model) : null,
    predicting: state.predicting ? { done: state.predicting.done, total: state.predicting.total, tiles_done: state.predicting.tiles_done, tiles_total: state.predicting.tiles_total } : null,
    results: state.results.map((result) => light(result)),
    faults: state.faults.map((fault) => light(fault)),
    checkpoint: { ...state.checkpoint, offer: brief(state.checkpoint.offer), last: brief(state.checkpoint.last), other: brief(state.checkpoint.other), runs: light(state.checkpoint.runs), held: state.checkpoint.held.map(({ blob, ...run }) => light(run)) },
    bytesSent: state.bytesSent,
    ...figures(),
    longestTaskMs: state.longestTaskMs,
    longestTaskTrainingMs: state.longestTaskTrainingMs,
    offline: { ...offline },
    error: state.error ? { ...state.error } : null,
  };
}

/** A saved run without its bytes. @param {{ saved: import('../core/types.js').SavedRun, where: string, blob?: Blob } | null} kept */
const brief = (kept) => kept && { ...kept, saved: light(kept.saved), blob: kept.blob ? { bytes: kept.blob.size } : null };

/** One word for where the page is. */
function phase() {
  const { run } = state;
  if (state.engine === 'failed') return 'failed';
  if (state.engine === 'loading') return 'loading';
  if (state.reading) return 'reading';
  if (state.starting) return 'starting';
  if (run && !run.end) return run.phase;
  if (state.predicting) return 'predicting';
  if (!state.device) return state.faults.some((fault) => fault.stage === 'device') ? 'no_device' : 'device';
  if (state.results.length) return 'predicted';
  if (run?.end) return 'ended';
  return state.dataset?.pairs.length ? 'data' : 'empty';
}
