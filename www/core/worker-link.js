// @ts-check
/**
 * The page's end of the worker: starts it, notices its death, replaces it.
 */
import { BUILD } from './build.js';
import { PROTOCOL_VERSION, workerUrl } from './paths.js';

/**
 * @typedef {import('./types.js').ToWorker} ToWorker
 * @typedef {import('./types.js').FromWorker} FromWorker
 */

/** A worker that is between slices and silent for this long is asked after, ms. */
const SILENT_MS = 5000;
/** Still holding its lock, it is alive but starved or stuck; silent for this long it is given up, started or not, ms. */
const STUCK_MS = 60_000;
/**
 * As long where it has begun to load the engine and holds nothing yet, the first time, ms. Firefox (153) on a busy computer now and
 * then never runs its worker again from there on, and the next one well (seen: 4 of 180 starts beside builds and busy loops).
 */
const STALLED_MS = 15_000;
const PING_EVERY_MS = 1000;
/** So many messages with events are handled before the worker is told: it waits for a page that falls behind. */
const TELL_EVERY = 16;

/** @type {any} */
const trusted = /** @type {any} */ (globalThis).trustedTypes?.createPolicy('groundmask', {
  /** Only the worker's own blob may become a script address. @param {string} url */
  createScriptURL(url) {
    if (url.startsWith('blob:')) return url;
    throw new TypeError('not a worker address');
  },
});

/**
 * Starts the engine worker through a blob module, because a worker loaded by its URL is not bound by
 * the page's CSP meta element, and one loaded from a blob inherits it. It says `awake` once it can be spoken to, or that
 * its scripts failed: Firefox (153) has no error event for most graphs of modules in which a file is missing.
 * @returns {Worker}
 */
export function spawnWorker() {
  const source = `import(${JSON.stringify(workerUrl)}).catch((error) => postMessage({ kind: 'load_failed', reason: 'worker', detail: String(error) }));`;
  const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  const worker = new Worker(trusted ? trusted.createScriptURL(url) : url, { type: 'module', name: 'groundmask-engine' });
  // The worker's first message proves that the blob was fetched.
  worker.addEventListener('message', () => URL.revokeObjectURL(url), { once: true });
  return worker;
}

/** A name nobody else has. A page that is not served by https or from this computer has no `randomUUID`. */
const unique = () => crypto.randomUUID?.() ?? Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(16)).join('-');

/**
 * One worker's life. `onMessage` gets its messages, `onDeath` is called once when it is gone.
 */
export class Link {
  /**
   * @param {(message: FromWorker) => void} onMessage
   * @param {(detail: string, memory?: boolean) => void} onDeath `memory`: it ran out of it
   * @param {import('./types.js').DeviceChoice} device what the engine will be asked to bring up
   * @param {boolean} isPatient the one before stalled while it was loading: this one is given a minute
   */
  constructor(onMessage, onDeath, device, isPatient) {
    this.onMessage = onMessage;
    this.onDeath = onDeath;
    this.alive = true;
    this.isPatient = isPatient;
    /** The engine is there. */
    this.loaded = false;
    /** True while the engine is inside a call, which may take seconds on a slow device. */
    this.calling = false;
    this.heard = performance.now();
    this.pings = 0;
    /** Messages with events handled so far. */
    this.handled = 0;
    /** Most of them that ever waited for the page, and the engine's memory at last. */
    this.figures = { queueMax: 0, wasmBytes: 0 };
    this.abort = new AbortController();
    this.lock = `groundmask-engine-${unique()}`;
    /** What is said to it before it listens. @type {ToWorker[] | null} */
    this.early = [];
    this.worker = this.spawn();
    /** Its scripts are there and run. */
    this.started = false;
    // `?simd=plain` is for comparing and for tests: the file that browsers without relaxed SIMD get.
    // `?threads=N` sets the threads of the CPU; 1 is the module that every browser takes.
    const words = new URLSearchParams(location.search);
    const threads = Number.parseInt(words.get('threads') ?? '', 10);
    this.post({ kind: 'start', lock: this.lock, plain: words.get('simd') === 'plain', threads: threads > 0 ? threads : null, device });
    // A thread of the engine's pool that ends: the engine waits for it for ever, and cannot say so.
    this.pool = 'BroadcastChannel' in globalThis ? new BroadcastChannel(this.lock) : null;
    this.pool?.addEventListener('message', (event) => this.receive({ type: 'fatal', message: String(event.data) }));
    /** @type {any} */ (this.pool)?.unref?.();
    this.timer = this.worker ? setInterval(() => this.beat(), PING_EVERY_MS) : undefined;
  }

  /** @returns {Worker | null} null: said why */
  spawn() {
    let worker;
    try {
      worker = spawnWorker();
    } catch (error) {
      // The maker of this link does not have it yet.
      queueMicrotask(() => this.onMessage({ kind: 'load_failed', reason: 'no_worker', detail: String(error) }));
      return null;
    }
    worker.onmessage = (event) => this.receive(event.data);
    worker.onerror = (event) => {
      // A worker that may not be started at all ends here.
      event.preventDefault();
      if (!this.started) this.receive({ kind: 'load_failed', reason: 'worker', detail: event.message ?? '' });
    };
    return worker;
  }

  /** @param {ToWorker} message */
  post(message) {
    if (this.early) this.early.push(message);
    else if (this.alive) this.worker?.postMessage(message);
  }

  /** @param {FromWorker} message */
  receive(message) {
    if (!this.alive) return;
    this.heard = performance.now();
    this.pings = 0;
    if (message.kind === 'awake') {
      const early = this.early ?? [];
      this.early = null;
      for (const held of early) this.post(held);
      return;
    }
    // What will never run need not be waited for.
    if (message.kind === 'load_failed' && !this.started) clearInterval(this.timer);
    if (message.kind === 'hello') {
      this.started = true;
      if (message.protocol !== PROTOCOL_VERSION) {
        this.onMessage({ kind: 'load_failed', reason: 'script', detail: `protocol ${message.protocol} and ${PROTOCOL_VERSION}` });
        return;
      }
      // The host, or the service worker, has another version meanwhile: what would come up is half of either.
      if (message.build !== BUILD) {
        this.close();
        this.onMessage({ kind: 'load_failed', reason: 'updated', detail: `build ${message.build} and ${BUILD}` });
        return;
      }
    }
    if (message.kind === 'early') {
      this.onMessage({ kind: 'events', events: [message.event] });
      return;
    }
    if (message.kind === 'pong') this.figures = { queueMax: Math.max(this.figures.queueMax, message.queue), wasmBytes: message.wasmBytes };
    if (message.kind === 'ready') this.loaded = true;
    if (message.kind === 'calling') this.calling = message.on;
    if (message.kind === 'locked') this.watchLock();
    if (message.kind !== 'pong' && message.kind !== 'calling' && message.kind !== 'locked') this.onMessage(message);
    if (message.kind !== 'events') return;
    this.handled += 1;
    if (this.handled % TELL_EVERY === 0) this.post({ kind: 'handled', handled: this.handled });
  }

  /** The worker holds the lock for life: getting it means that the worker is gone. */
  watchLock() {
    navigator.locks.request(this.lock, { signal: this.abort.signal }, () => this.die('gone')).catch(() => {});
  }

  beat() {
    const now = performance.now();
    // Three unanswered beats as well as the time: a page that slept has a late clock, not a dead worker.
    if (!this.calling && this.pings >= 3 && now - this.heard > SILENT_MS) void this.askAfter(now - this.heard);
    this.pings += 1;
    if (this.started) this.post({ kind: 'ping', id: this.pings, handled: this.handled });
  }

  /**
   * A silent worker is dead if nobody holds or waits for its lock. On a starved machine a live one can be silent for long
   * (measured: load 30 on 2 cores), so silence alone kills nothing within a minute. One that has not started has asked for no
   * lock yet, and its scripts may be on a slow line: only time tells that it ended before it could say anything.
   * @param {number} silentMs
   */
  async askAfter(silentMs) {
    const gone = this.started && (await this.isLockFree());
    const isStalled = this.started && !this.loaded && !this.isPatient && silentMs > STALLED_MS;
    if (gone || isStalled || silentMs > STUCK_MS) this.die(!this.started ? 'unstarted' : this.loaded ? 'silent' : 'stalled');
  }

  async isLockFree() {
    if (!navigator.locks) return false;
    const { held = [], pending = [] } = await navigator.locks.query();
    return ![...held, ...pending].some(({ name }) => name === this.lock);
  }

  /** @param {string} detail @param {boolean} [memory] */
  die(detail, memory) {
    if (!this.alive) return;
    this.close();
    this.onDeath(detail, memory);
  }

  close() {
    this.alive = false;
    clearInterval(this.timer);
    this.abort.abort();
    this.worker?.terminate();
    this.pool?.close();
  }
}
