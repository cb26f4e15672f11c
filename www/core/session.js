// @ts-check
/**
 * The engine's life as the page sees it: its messages into the state, and a new worker when the old one is gone. What is said to
 * it goes through engine.js, what it is given through data-files.js.
 */
import { filesForNewEngine, hasGiven, readUpTo, reload } from './data-files.js';
import { connect, link, post, send } from './engine.js';
import { storedCalibration } from './stored-calibration.js';
import { PROTOCOL_VERSION } from './paths.js';
import { reduce, say } from './reduce.js';
import { holdStorage } from './storage-lock.js';
import { changed, changedFigures, running, state } from './store.js';
import { deathWords, endedSilently, fruitlessWords, labelTroubleWords, loadWords } from '../ui/strings.js';
import { noteEngineUp } from './watch.js';

/** @typedef {import('./types.js').FromWorker} FromWorker */

/** The last events without their pictures, for tests and for bug reports. @type {object[]} */
export const lastEvents = [];
const MAX_LAST = 400;

/** What to do once an engine is up (again). @type {(() => void)[]} */
const onReady = [];

/** @param {() => void} work */
export function whenReady(work) {
  onReady.push(work);
}

/**
 * An engine's end, and the run it took along (no `config`: there was none).
 * @typedef {object} Death
 * @property {'memory' | 'gpu' | 'ended' | 'panic'} cause
 * @property {string} detail
 * @property {import('./types.js').TrainConfig | null} config
 * @property {import('./types.js').MaskRule | null} rule
 * @property {import('./types.js').RangeChoice | null} range which numbers are black and white
 * @property {number[]} excluded pairs left out
 * @property {import('./types.js').OutlineShift[]} moved masks that were laid elsewhere
 * @property {import('./types.js').UnmappedPart[]} leftOut parts that are not labelled
 * @property {'webgpu' | 'cpu' | null} device what it ran on
 * @property {boolean} paused
 * @property {number} [batch] with which it is to go on, where that is not `config`'s
 */
/** @type {((death: Death) => void)[]} */
const onDeaths = [];
/** @type {((report: import('./types.js').CheckpointReport) => void)[]} */
const onReports = [];

/** @param {(death: Death) => void} work called when a new engine is being started in a lost one's place */
export function onDeath(work) {
  onDeaths.push(work);
}

/** @param {(report: import('./types.js').CheckpointReport) => void} work */
export function onKeepReport(work) {
  onReports.push(work);
}

/** @type {(() => void)[]} */
const onMessages = [];

/** @param {() => void} work called after every message of the engine, also in hidden tabs */
export function onMessage(work) {
  onMessages.push(work);
}

/** The storage is this tab's. */
let hasStorage = false;

/** Waits for the storage, once and for as long as the page lives. */
export function initStorage() {
  holdStorage((storage, detail) => {
    hasStorage = storage === 'disk';
    if (hasStorage) post({ kind: 'open_store' });
    else receive({ kind: 'kept', storage, detail, saved: null, id: null, data: false, runs: [] });
  });
}

/** The engine before stood still while it was loading. */
let hasStalled = false;

/** Starts (or replaces) the worker. Commands and files given before the wasm is there wait in the worker. */
export function startEngine() {
  state.engine = 'loading';
  state.loading = { loaded: 0, total: null };
  // Another worker tries anew.
  state.labelsUnkept = '';
  connect(receive, died, state.deviceChoice, hasStalled);
  filesForNewEngine();
  if (hasStorage) post({ kind: 'open_store' });
  send({ type: 'init', device: state.deviceChoice, calibration: storedCalibration() });
  for (const work of onReady) work();
  changed();
}

/** The banner's button: load the wasm again, or the data into a new engine. */
export function recover() {
  const action = state.error?.action;
  state.error = null;
  if (action === 'retry') {
    // A worker that never ran cannot load anything.
    if (link().started && link().alive) {
      state.engine = 'loading';
      post({ kind: 'retry' });
    } else restart(false);
  }
  if (action === 'reload_data') reload();
  changed();
}

/** Another worker in the place of one that does not come up. @param {boolean} onCpu */
export function restart(onCpu) {
  link().close();
  if (onCpu) state.deviceChoice = 'cpu';
  startEngine();
  // What was given to it went with it.
  Object.assign(state, { reading: null, sampling: false });
  reload();
}

/** @param {FromWorker} message */
function receive(message) {
  if (message.kind === undefined) {
    if (message.type === 'fatal') link().die(message.message, message.memory);
    return;
  }
  switch (message.kind) {
    case 'loading':
      state.loading = { loaded: message.loaded, total: message.total };
      break;
    case 'ready':
      hasStalled = false;
      state.engine = 'ready';
      state.fused = message.fused;
      state.binary = message.binary;
      noteEngineUp();
      break;
    case 'load_failed':
      state.engine = 'failed';
      state.error = { ...loadWords(message.reason, message.detail), action: 'retry' };
      break;
    case 'reading':
      state.reading = { ...message, cancelling: state.reading?.cancelling ?? false };
      // The engine draws all files of polygons again with every drop, and says anew what it finds.
      if (message.purpose === 'train') state.faults = state.faults.filter(({ code }) => code !== 'vector_mask' && code !== 'vector_part');
      break;
    case 'read':
      readUpTo(message);
      state.reading = null;
      if (message.cancelled) say('Reading cancelled; what was read stays.');
      break;
    case 'sent':
      state.bytesSent += message.bytes;
      break;
    case 'events':
      for (const event of message.events) {
        remember(event);
        if (event.type === 'device' && event.protocol !== PROTOCOL_VERSION) {
          state.error = { ...loadWords('script', ''), action: null };
        }
        reduce(event);
      }
      break;
    case 'labels_unkept':
      state.labelsUnkept = message.why;
      // What can be done about something else stays in view; the editor says it too.
      state.error ??= { ...labelTroubleWords(message.why), action: null };
      say(labelTroubleWords(message.why).sentence);
      break;
    case 'kept':
    case 'saved':
    case 'save_failed':
    case 'data_kept':
    case 'data_given':
    case 'looked':
    case 'resume_failed':
    case 'run_file':
    case 'runs':
    case 'list_failed':
    case 'shown':
      for (const work of onReports) work(message);
      break;
    default:
      break;
  }
  for (const work of onMessages) work();
  // Events say themselves whether they can wait.
  if (message.kind === 'events') changedFigures();
  else changed();
}

/** What the browser or the engine says where memory is at its end. */
const MEMORY = /out ?of ?memory|memory allocation|not enough memory|capacity overflow|Array buffer allocation failed/i;
/** The same where the GPU is gone. */
const GPU = /device[^.]{0,40}lost|lost[^.]{0,20}device|BufferAsyncError|mapAsync|map[^.]{0,20}buffer/i;

/** Engines that ended before their device was up, one after the other. */
let fruitless = 0;
const MAX_FRUITLESS = 3;

/** @param {string} detail @param {boolean} [memory] */
function died(detail, memory = false) {
  link().close();
  // Nothing is lost with it, so that there is nothing to say the first time.
  const isQuiet = detail === 'stalled' && !hasStalled && !hasGiven();
  hasStalled = detail === 'stalled';
  if (isQuiet) {
    startEngine();
    return;
  }
  fruitless = state.device ? 0 : fruitless + 1;
  const run = running() ? state.run : null;
  /** @type {Death} */
  const death = {
    cause: memory || MEMORY.test(detail) ? 'memory' : GPU.test(detail) ? 'gpu' : endedSilently(detail) ? 'ended' : 'panic',
    detail,
    config: run?.config ?? null,
    rule: state.dataset?.rule ?? null,
    range: state.dataset?.ranges?.choice ?? null,
    excluded: state.dataset?.pairs.filter(({ excluded }) => excluded).map(({ index }) => index) ?? [],
    moved: state.dataset?.pairs.filter(({ moved_px: [dx, dy] }) => dx || dy).map(({ index, moved_px: [dx_px, dy_px] }) => ({ pair: index, dx_px, dy_px })) ?? [],
    leftOut: state.dataset?.pairs.flatMap(({ left_out }) => left_out) ?? [],
    device: state.device?.kind ?? null,
    paused: run !== null && (run.phase === 'paused' || run.asked === 'pause'),
  };
  const hadData = hasGiven();
  const words = deathWords(detail);
  Object.assign(state, {
    device: null, reading: null, dataset: null, inputs: [], mosaic: null, sampling: false, starting: false, run: null, preview: [], history: [], heldBack: 0, model: null, predicting: null, results: [], faults: [],
  });
  if (fruitless >= MAX_FRUITLESS) {
    // One that dies each time its GPU comes up would do so for ever; one that never ran has not come to the GPU.
    const onCpu = state.deviceChoice === 'cpu' || detail === 'unstarted';
    fruitless = 0;
    if (onCpu) {
      state.engine = 'failed';
      state.error = { ...fruitlessWords(detail, true), action: 'retry' };
      changed();
      return;
    }
    state.deviceChoice = 'cpu';
    startEngine();
    state.error = { ...fruitlessWords(detail, false), action: hadData ? 'reload_data' : null };
    say(state.error.sentence);
    for (const work of onDeaths) work(death);
    changed();
    return;
  }
  startEngine();
  state.error = { sentence: words.sentence, next: hadData ? words.next : 'A new one is being started.', action: hadData ? 'reload_data' : null };
  say(words.sentence);
  for (const work of onDeaths) work(death);
  changed();
}

/** Keeps an event without its byte fields; of the parts of files there may be hundreds. @param {import('./types.js').EngineEvent} event */
function remember(event) {
  if (event.type === 'file_part') return;
  lastEvents.push(light(event));
  if (lastEvents.length > MAX_LAST) lastEvents.splice(0, lastEvents.length - MAX_LAST);
}

/** @param {any} value @returns {any} */
export function light(value) {
  if (value instanceof Uint8Array) return { bytes: value.length };
  if (value instanceof Map) return Object.fromEntries(value);
  if (Array.isArray(value)) return value.map(light);
  if (value && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, light(inner)]));
  return value;
}
