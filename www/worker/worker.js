// @ts-check
/// <reference lib="webworker" />
/**
 * The module worker around the engine. One loop owns every engine call, so calls never overlap:
 * commands first, then one file, then one slice of whatever is under way; between two rounds the
 * event loop gets a turn, so that Pause and Stop take effect with the next slice.
 */
import { Intake } from './intake.js';
import { Checkpoints } from './checkpoint.js';
import { hastenReads } from './hasten-reads.js';
import { LabelJournal } from './label-journal.js';
import { BUILD } from '../core/build.js';
import { PROTOCOL_VERSION } from '../core/paths.js';
import { readerOfBlob } from './slots.js';
import { LoadError, binaryUrl, hasFusedSimd, loadEngine, memoryBytes } from './wasm-load.js';

/**
 * @typedef {import('../core/types.js').ToWorker} ToWorker
 * @typedef {import('../core/types.js').FromWorker} FromWorker
 * @typedef {import('../core/types.js').Command} Command
 * @typedef {import('../core/types.js').EngineEvent} EngineEvent
 */

/** How long one slice may take, ms: short enough for Pause to feel immediate, long enough to keep a GPU fed. */
const SLICE_MS = 120;
/** Time between two looks where there is nothing to do yet, ms. */
const WAIT_MS = 25;

const scope = /** @type {DedicatedWorkerGlobalScope} */ (/** @type {unknown} */ (self));

/** @type {import('./wasm-load.js').EngineModule | null} */
let module = null;
/** @type {import('../../pkg/groundmask.js').Engine | null} */
let engine = null;
let looping = false;
/** @type {Command[]} */
const commands = [];
const intake = new Intake(call, post, () => module, {
  async open(path, file, purpose) {
    const events = await guarded(async () => engine?.open_file(path.normalize('NFC'), file.size, named(path, readerOfBlob(file)), purpose), true);
    if (events) send(events);
    return Boolean(events);
  },
  planParts: async () => (await guarded(async () => engine?.plan_parts() ?? 0, true)) ?? 0,
  addPart: async () => (await guarded(async () => engine?.add_part() ?? false, true)) ?? false,
});
const journal = new LabelJournal({
  paint: async (command) => (await guarded(() => /** @type {any} */ (engine).command(command), true)) ?? [],
  restore: async (path, bytes) => (await guarded(async () => /** @type {any} */ (engine).restore_label_layer(path, bytes), true)) ?? [],
  layer: (path) => engine?.label_layer(path),
  send: (events) => send(events),
  unkept: (why) => post({ kind: 'labels_unkept', why }),
});
const checkpoints = new Checkpoints({ post, send, engine: () => engine, module: () => module, guarded: (work) => guarded(async () => work(), true), wake: run, opened: (folder) => journal.open(folder) });
let keeping = false;
/** @type {import('./pool.js').Wish} */
let wish = { plain: false, threads: null, device: 'auto', lock: '' };
/** Messages with events so far, and how many of them the page has handled. */
let posted = 0;
let handled = 0;
/**
 * So many may wait for the page: a dialog of the browser ("Leave site?") stops it for as long as nobody answers, and
 * pictures in messages are memory.
 */
const MAX_WAITING = 64;

/** @param {FromWorker} message @param {Transferable[]} [transfer] */
function post(message, transfer = []) {
  scope.postMessage(message, transfer);
}

scope.onmessage = ({ data }) => {
  const message = /** @type {ToWorker} */ (data);
  switch (message.kind) {
    case 'start':
      hold(message.lock);
      wish = { plain: message.plain ?? false, threads: message.threads ?? null, device: message.device ?? 'auto', lock: message.lock };
      void load();
      return;
    case 'retry':
      void load();
      return;
    case 'ping':
      handled = message.handled;
      post({ kind: 'pong', id: message.id, queue: posted - handled, wasmBytes: memoryBytes() });
      return;
    case 'handled':
      handled = message.handled;
      return;
    case 'open_store':
      keeping = true;
      if (engine) void checkpoints.open();
      return;
    case 'command':
      commands.push(message.command);
      break;
    case 'files':
      intake.add(message);
      break;
    case 'cancel_files':
      intake.cancel();
      break;
    case 'keep_every':
    case 'keep_now':
    case 'keep_data':
    case 'give_data':
    case 'resume':
    case 'inspect_run':
    case 'take_run':
    case 'claim':
    case 'hold_data':
    case 'forget_run':
    case 'restore_run':
    case 'remove_run':
    case 'name_run':
    case 'keep_shown':
    case 'give_shown':
      checkpoints.receive(message);
      break;
  }
  run();
};

/**
 * Holds a Web Lock for life: the browser frees it when this worker dies, even inside a slice, and the page hears of it.
 * @param {string} name
 */
function hold(name) {
  if (!('locks' in navigator)) return;
  void navigator.locks.request(name, () => {
    post({ kind: 'locked' });
    return new Promise(() => {});
  });
}

async function load() {
  if (engine) return;
  post({ kind: 'hello', protocol: PROTOCOL_VERSION, build: BUILD });
  try {
    let told = 0;
    module = await loadEngine(wish, (loaded, total) => {
      const now = performance.now();
      if (now - told < 50 && loaded !== total) return;
      told = now;
      post({ kind: 'loading', loaded, total });
    });
    engine = new module.Engine(postEarly);
  } catch (error) {
    const reason = error instanceof LoadError ? error.reason : 'damaged';
    post({ kind: 'load_failed', reason, detail: error instanceof Error ? error.message : String(error) });
    return;
  }
  post({ kind: 'ready', fused: !wish.plain && hasFusedSimd(), binary: binaryUrl() });
  watchRequests();
  if (keeping) void checkpoints.open();
  run();
}

/** Every request after this point counts; none is expected. */
function watchRequests() {
  new PerformanceObserver((list) => {
    let bytes = 0;
    for (const entry of /** @type {PerformanceResourceTiming[]} */ (list.getEntries())) {
      if (/^(https?|wss?):/.test(entry.name)) bytes += entry.name.length + Math.max(1, entry.transferSize);
    }
    if (bytes) post({ kind: 'sent', bytes });
  }).observe({ type: 'resource' });
}

/** Keeps the loop going; should it ever throw, the page is told instead of waiting for ever. */
function run() {
  loop().catch((error) => post({ type: 'fatal', message: String(error?.message ?? error) }));
}

async function loop() {
  if (looping || !engine) return;
  looping = true;
  try {
    while (engine) {
      const command = commands.shift();
      if (command) {
        await call(command);
        continue;
      }
      // Before a saved run goes on: what was painted since is newer.
      if (journal.due()) {
        await journal.step();
        continue;
      }
      if (checkpoints.due()) {
        await checkpoints.step();
        continue;
      }
      const reading = intake.hasWork();
      if (reading) await intake.step();
      const busy = engine?.is_busy() ?? false;
      if (busy && posted - handled >= MAX_WAITING) await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
      else if (busy) await advance();
      // Looking at the data set can wait for everything else.
      const looking = !reading && !busy && (engine?.is_examining() ?? false);
      if (looking) await advance();
      if (!reading && !busy && !looking) break;
      await macrotask();
    }
  } finally {
    looping = false;
  }
}

async function advance() {
  if (!engine) return;
  const began = performance.now();
  /** @type {EngineEvent[]} */
  const events = (await guarded(() => /** @type {any} */ (engine).advance(SLICE_MS), true)) ?? [];
  if (events.some((event) => event.type === 'run_ended' && event.reason === 'device_failed')) {
    // A device that failed stays failed in this engine; the page starts another, which goes on from the last save.
    const fault = events.find((event) => event.type === 'fault');
    post({ type: 'fatal', message: `device lost: ${fault?.type === 'fault' ? (fault.detail ?? '') : ''}` });
    engine = null;
    return;
  }
  // Busy but with nothing to do yet (a paused run): do not spin.
  if (!events.length && performance.now() - began < 1) await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
  send(events);
}

/**
 * Names in composed form (NFC), wherever they stand in a command: macOS hands out decomposed ones, and the engine compares
 * them as they come. Bytes stay the same object.
 * @template T @param {T} value @returns {T}
 */
function composed(value) {
  if (typeof value === 'string') return /** @type {any} */ (value.normalize('NFC'));
  if (Array.isArray(value)) return /** @type {any} */ (value.map(composed));
  if (!value || typeof value !== 'object' || ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return value;
  return /** @type {any} */ (Object.fromEntries(Object.entries(value).map(([key, part]) => [key, composed(part)])));
}

/** @param {Command} command */
async function call(command) {
  const own = composed(command);
  /** @type {EngineEvent[] | null} */
  const events = await guarded(() => /** @type {any} */ (engine).command(own), false);
  // It was the engine's end, or could not be read: a stroke of that kind, kept, would end every engine to come.
  if (!events) return;
  // Before it is told: who sees a stroke may close the page.
  journal.keep(own, events);
  send(events);
}

/**
 * A file may change, or its disk may go, long after it was dropped: the page is told so, by its name, the first time.
 * @param {string} path @param {import('./slots.js').Read} read @returns {import('./slots.js').Read}
 */
function named(path, read) {
  let isTold = false;
  return (offset, length) => {
    try {
      return read(offset, length);
    } catch (error) {
      if (!isTold) send([/** @type {EngineEvent} */ ({ type: 'fault', code: 'unreadable', stage: 'read', file: path, detail: error instanceof Error || error instanceof DOMException ? error.name : String(error) })]);
      isTold = true;
      throw error;
    }
  };
}

/**
 * One engine call. A trap is the engine's end, because its memory is in an unknown state; so is a slice that
 * throws, which would throw again. A command that could not even be read is only a fault. Null: it was the end.
 * @template T
 * @param {() => Promise<T>} work
 * @param {boolean} slice
 * @returns {Promise<T | null>}
 */
async function guarded(work, slice) {
  post({ kind: 'calling', on: true });
  try {
    return await work();
  } catch (error) {
    const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    if (!slice && !(error instanceof WebAssembly.RuntimeError) && !(error instanceof RangeError)) {
      send([/** @type {EngineEvent} */ ({ type: 'fault', code: 'bad_command', stage: 'protocol', file: undefined, detail: message })]);
      return null;
    }
    post({ type: 'fatal', message, memory: outOfMemory() });
    engine = null;
    return null;
  } finally {
    post({ kind: 'calling', on: false });
  }
}

/**
 * A trap inside a future: it is polled in a task of its own, so the trap ends there and the call that waits never
 * settles. A panic has told the page already; memory that ran out has not.
 * @param {ErrorEvent | PromiseRejectionEvent} event
 */
function trapped(event) {
  const error = event instanceof ErrorEvent ? event.error : event.reason;
  if (!engine || !(error instanceof WebAssembly.RuntimeError || error instanceof RangeError)) return;
  event.preventDefault();
  engine = null;
  post({ type: 'fatal', message: `${error.name}: ${error.message}`, memory: outOfMemory() });
}
scope.addEventListener('error', trapped);
scope.addEventListener('unhandledrejection', trapped);

/**
 * A GPU that is lost tells it at once; the engine would notice with its next read, or never. Each device is watched
 * from its birth, wherever in the engine that is.
 */
function watchDevices() {
  const adapter = /** @type {any} */ (globalThis).GPUAdapter?.prototype;
  if (!adapter) return;
  const { requestDevice } = adapter;
  /** @param {any[]} args */
  adapter.requestDevice = async function watched(...args) {
    const device = await requestDevice.apply(this, args);
    hastenReads(device);
    void device.lost.then((/** @type {{ reason: string, message: string }} */ { reason, message }) => {
      if (reason === 'destroyed' || !engine) return;
      engine = null;
      post({ type: 'fatal', message: `device lost: ${message}` });
    });
    return device;
  };
}
watchDevices();

/** Whether an allocation failed: memory that ran out ends in a trap like any other. */
function outOfMemory() {
  try {
    return (module?.failed_allocation_bytes() ?? 0) > 0;
  } catch {
    return false;
  }
}

/**
 * A part of a file, from the middle of a call: it counts for no queue, because no ping can be answered before the call's end.
 * @param {EngineEvent} event
 */
function postEarly(event) {
  post({ kind: 'early', event }, buffersIn(event));
}

/** Posts events with their byte fields transferred, not copied. @param {EngineEvent[]} events */
function send(events) {
  if (!events.length) return;
  checkpoints.watch(events);
  journal.watch(events);
  posted += 1;
  post({ kind: 'events', events }, buffersIn(events));
}

/** What can be transferred of a message. @param {unknown} message */
function buffersIn(message) {
  /** @type {Set<ArrayBuffer>} */
  const buffers = new Set();
  collectBuffers(message, buffers);
  return [...buffers];
}

/**
 * @param {any} value
 * @param {Set<ArrayBuffer>} buffers
 */
function collectBuffers(value, buffers) {
  if (value === null || typeof value !== 'object') return;
  for (const [key, inner] of Object.entries(value)) {
    if (inner instanceof Uint8Array) {
      // A view into a larger buffer (wasm memory) must not take that buffer along.
      const own = inner.byteLength === inner.buffer.byteLength ? inner : inner.slice();
      if (own !== inner) value[key] = own;
      if (own.buffer instanceof ArrayBuffer) buffers.add(own.buffer);
    } else collectBuffers(inner, buffers);
  }
}

const channel = new MessageChannel();
/** @type {(() => void) | null} */
let wake = null;
channel.port1.onmessage = () => {
  const resume = wake;
  wake = null;
  resume?.();
};

/** One turn of the event loop, without the clamping of timers. @returns {Promise<void>} */
function macrotask() {
  return new Promise((resolve) => {
    wake = resolve;
    channel.port2.postMessage(null);
  });
}

// What was posted before this module ran found nobody.
post({ kind: 'awake' });
