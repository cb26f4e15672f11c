// @ts-check
/**
 * The service worker: after one visit the page starts without a network, and isolated from other origins even where its host
 * sends no headers. A build is kept whole or not at all: what is kept has the hash of the list below, and another build has
 * a cache of its own. Filled in by `cargo xtask serve` and `site` (xtask/src/offline.rs); without a list nobody registers it.
 */
(() => {
  /** The same as in `core/build.js`. */
  const BUILD = '';
  /** Path below the page -> SHA-256 in base64, length in bytes. @type {Readonly<Record<string, [hash: string, bytes: number]>>} */
  const FILES = {};
  /** What every answer carries. @type {Readonly<Record<string, string>>} */
  const HEADERS = {};

  /** Hosts are not to be trusted with them: what Python's server sends for modules depends on the machine. @type {Readonly<Record<string, string>>} */
  const TYPES = {
    html: 'text/html; charset=utf-8',
    js: 'text/javascript; charset=utf-8',
    css: 'text/css; charset=utf-8',
    wasm: 'application/wasm',
    svg: 'image/svg+xml',
    png: 'image/png',
    webmanifest: 'application/manifest+json',
  };
  /** Downloads at a time. */
  const LANES = 6;

  const scope = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
  const root = scope.registration.scope;
  /** Other copies of the page may lie in other folders of the same host. */
  const prefix = `groundmask ${root} `;
  const name = prefix + BUILD;
  const INDEX = 'index.html';

  /** The browser has thrown the cache away: the network has the page, perhaps in another build. */
  let isVoid = false;

  /** The engine's binaries: a browser needs one of them, and says which. @param {string} file */
  const isOptional = (file) => file.endsWith('.wasm');

  /** @param {string} file */
  const addressOf = (file) => root + file;

  /** The file a request is for; null: none of the page's. @param {Request} request */
  function fileOf(request) {
    const { origin, pathname } = new URL(request.url);
    const address = origin + pathname;
    if (request.method !== 'GET' || request.headers.has('Range') || !address.startsWith(root)) return null;
    const file = address.slice(root.length) || INDEX;
    return Object.hasOwn(FILES, file) ? file : null;
  }

  /** @param {string} file */
  function headersOf(file) {
    const [hash, bytes] = FILES[file];
    const type = TYPES[file.slice(file.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
    return { ...HEADERS, 'Content-Type': type, 'Content-Length': String(bytes), ETag: `"${hash}"` };
  }

  /** A file of this build from the network: from the browser's cache, unless that has another. @param {string} file */
  async function download(file) {
    // Hosts send people on from the file's name to the folder's.
    const address = file === INDEX ? root : addressOf(file);
    const integrity = `sha256-${FILES[file][0]}`;
    const answer = await fetch(address, { integrity }).catch(() => fetch(address, { integrity, cache: 'reload' }));
    if (!answer.ok) throw new TypeError(`${file}: status ${answer.status}`);
    return new Response(answer.body, { headers: headersOf(file) });
  }

  /** @param {Cache} cache @param {string} file @param {readonly Cache[]} older whose files need no download where they are the same */
  async function keep(cache, file, older) {
    const address = addressOf(file);
    if (await cache.match(address)) return;
    for (const other of older) {
      const there = await other.match(address);
      if (there?.headers.get('ETag') === headersOf(file).ETag) {
        await cache.put(address, new Response(there.body, { headers: headersOf(file) }));
        return;
      }
    }
    await cache.put(address, await download(file));
  }

  async function olderCaches() {
    const names = (await caches.keys()).filter((other) => other.startsWith(prefix) && other !== name);
    return Promise.all(names.map((other) => caches.open(other)));
  }

  /** Everything but the binaries; of those, what the build before had in use. Fails as a whole. */
  async function fill() {
    const [cache, older] = [await caches.open(name), await olderCaches()];
    /** @type {string[]} */
    const files = [];
    for (const file of Object.keys(FILES)) {
      const inUse = isOptional(file) && (await Promise.all(older.map((other) => other.match(addressOf(file))))).some(Boolean);
      if (inUse || !isOptional(file)) files.push(file);
    }
    const lanes = Array.from({ length: LANES }, async () => {
      for (let file = files.pop(); file !== undefined; file = files.pop()) await keep(cache, file, older);
    });
    await Promise.all(lanes);
  }

  async function removeOld() {
    for (const other of await caches.keys()) if (other.startsWith(prefix) && other !== name) await caches.delete(other);
  }

  /** @param {FetchEvent} event @param {string} file */
  async function serve(event, file) {
    const cache = await caches.open(name);
    const there = await cache.match(addressOf(file));
    if (there) return there;
    if (isVoid || !(await cache.match(addressOf(INDEX)))) {
      isVoid = true;
      await scope.registration.unregister();
      return fetch(event.request);
    }
    const answer = await download(file);
    // A full storage costs the start without a network, nothing else.
    event.waitUntil(cache.put(addressOf(file), answer.clone()).catch(() => {}));
    return answer;
  }

  /** What pages ask. @param {any} message @returns {Promise<unknown>} */
  async function answerTo(message) {
    switch (message?.kind) {
      case 'who': return { build: BUILD };
      // A page that came by the network while there was no service worker: the same build is the same from here.
      case 'join':
        if (message.build === BUILD) await scope.clients.claim();
        return { build: BUILD };
      case 'keep': {
        const cache = await caches.open(name);
        const files = /** @type {string[]} */ (message.files).filter((file) => Object.hasOwn(FILES, file));
        for (const file of files) await keep(cache, file, []);
        return { build: BUILD, kept: (await cache.match(addressOf(INDEX))) !== undefined };
      }
      case 'take':
        await scope.skipWaiting();
        return { build: BUILD };
      default: return null;
    }
  }

  scope.addEventListener('install', (event) => event.waitUntil(fill()));
  scope.addEventListener('activate', (event) => event.waitUntil(removeOld()));
  scope.addEventListener('message', (event) => {
    const [port] = event.ports;
    event.waitUntil(answerTo(event.data).then((said) => port?.postMessage(said), () => port?.postMessage(null)));
  });
  scope.addEventListener('fetch', (event) => {
    const file = fileOf(event.request);
    if (file !== null) event.respondWith(serve(event, file));
  });
})();
