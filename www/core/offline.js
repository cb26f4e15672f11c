// @ts-check
/**
 * The page's end of its service worker (`sw.js`): registers it once an engine is up, so that it takes nothing from the first
 * start, tells it which binary is in use, and notices other builds. Says what is; `page/offline-view.js` shows it.
 */
import { BUILD } from './build.js';
import { serviceWorkerUrl, rootUrl } from './paths.js';
import { changed } from './store.js';

/**
 * @typedef {object} Offline
 * @property {boolean} kept the whole page is kept in this browser, and starts without a network
 * @property {boolean} isolated threads may share memory here
 * @property {boolean} waiting another build is kept too, and waits to be taken
 * @property {boolean} replaced another build was taken, and this page is of the one before
 */

/** @type {Offline} */
export const offline = { kept: false, isolated: globalThis.crossOriginIsolated ?? false, waiting: false, replaced: false };

/** A service worker that has not answered by then is one that cannot, ms. */
const ANSWER_MS = 60_000;
/** A page that stays open looks for another build so often, ms. */
const LOOK_EVERY_MS = 3_600_000;

/** @type {ServiceWorkerRegistration | null} */
let registration = null;
/** This page has asked for the other build. */
let taking = false;
let looked = 0;
/** Asked for once: where it is refused it stays refused. */
let begun = false;

const container = () => /** @type {ServiceWorkerContainer | undefined} */ (navigator.serviceWorker);

/**
 * @param {string} wasm address of the binary in use
 */
export async function initOffline(wasm) {
  const workers = container();
  // A page as it lies in the checkout has no list of files.
  if (!workers || !BUILD || begun) return;
  begun = true;
  workers.addEventListener('controllerchange', () => {
    if (taking) location.reload();
    else void compare(workers.controller);
  });
  try {
    registration = (await workers.register(trustedUrl(), { updateViaCache: 'none' })) ?? null;
    if (!registration) return;
    watch(registration);
    await isThere(registration);
    // An earlier visit may have left its engine's binary, but not this one's.
    const answer = await ask(registration.active, { kind: 'keep', files: [wasm.slice(rootUrl.length)] });
    offline.kept = answer?.kept === true && answer.build === BUILD;
    if (!workers.controller) void ask(registration.active, { kind: 'join', build: BUILD });
    changed();
  } catch {
    // Private windows and full storages have none; the page goes on as it would without.
  }
}

/** @returns {string} what `register` takes */
function trustedUrl() {
  /** @type {any} */
  const policy = /** @type {any} */ (globalThis).trustedTypes?.createPolicy('groundmask-offline', {
    /** @param {string} url */
    createScriptURL(url) {
      if (url === serviceWorkerUrl) return url;
      throw new TypeError('not the service worker');
    },
  });
  return policy ? policy.createScriptURL(serviceWorkerUrl) : serviceWorkerUrl;
}

/** Waits until the first build is kept. @param {ServiceWorkerRegistration} of */
async function isThere({ active, installing, waiting }) {
  const first = active ?? installing ?? waiting;
  if (!first || first.state === 'activated') return;
  await new Promise((resolve, reject) => {
    first.addEventListener('statechange', () => {
      if (first.state === 'activated') resolve(undefined);
      if (first.state === 'redundant') reject(new Error('not installed'));
    });
  });
}

/** @param {ServiceWorkerRegistration} of */
function watch(of) {
  looked = Date.now();
  void findUpdate();
  // The browser looks by itself with every visit, and may have begun before this page asked.
  const follow = () => of.installing?.addEventListener('statechange', () => void findUpdate());
  follow();
  of.addEventListener('updatefound', follow);
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState !== 'visible' || Date.now() - looked < LOOK_EVERY_MS) return;
    looked = Date.now();
    // Without a network there is nothing to find.
    of.update().catch(() => {});
  });
  // What comes back from the browser's memory may have slept through it.
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) void compare(container()?.controller ?? null);
  });
}

/** Whether another build waits: one that this page came from already, by the network, does not. */
async function findUpdate() {
  const answer = await ask(registration?.active && registration.waiting, { kind: 'who' });
  offline.waiting = answer !== null && answer.build !== BUILD;
  changed();
}

/** @param {ServiceWorker | null} controller */
async function compare(controller) {
  const answer = await ask(controller, { kind: 'who' });
  if (!answer) return;
  offline.replaced = answer.build !== BUILD;
  if (offline.replaced) offline.waiting = false;
  changed();
}

/** Takes the build that waits: the page is loaded anew with it. */
export function takeUpdate() {
  taking = true;
  const next = registration?.waiting;
  // Taken meanwhile, by another tab.
  if (!next) {
    location.reload();
    return;
  }
  // A page that was loaded past the service worker (Shift + reload) hears of no change of it.
  next.addEventListener('statechange', () => {
    if (next.state === 'activated') location.reload();
  });
  void ask(next, { kind: 'take' });
}

/**
 * @param {ServiceWorker | null | undefined} worker
 * @param {object} message
 * @returns {Promise<any>} null: nobody answered
 */
function ask(worker, message) {
  if (!worker) return Promise.resolve(null);
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    const late = setTimeout(() => resolve(null), ANSWER_MS);
    port1.onmessage = ({ data }) => {
      clearTimeout(late);
      port1.close();
      resolve(data);
    };
    worker.postMessage(message, [port2]);
  });
}

/** Held by every tab with a run: none is loaded anew under it. */
const RUN_LOCK = `groundmask-run ${rootUrl}`;
/** @type {(() => void) | null} */
let letGo = null;

/** @param {boolean} runs a run is going in this tab */
export function holdRun(runs) {
  if (!navigator.locks || runs === (letGo !== null)) return;
  if (!runs) {
    letGo?.();
    letGo = null;
    return;
  }
  const ended = new Promise((resolve) => { letGo = () => resolve(undefined); });
  void navigator.locks.request(RUN_LOCK, { mode: 'shared' }, () => ended).catch(() => {});
}

/** Whether a run is going in any tab of this page. */
export async function anyRun() {
  const { held = [] } = (await navigator.locks?.query()) ?? {};
  return held.some((lock) => lock.name === RUN_LOCK);
}
