// @ts-check
/** Hands checks to a worker, where the engine lives in the real page too. */

/** @type {any} */
const policy = /** @type {any} */ (globalThis).trustedTypes?.createPolicy('checks', {
  /** @param {string} url */
  createScriptURL: (url) => url,
});
const address = new URL('checks-worker.js', import.meta.url).href;

/**
 * @param {string} name
 * @param {string} device
 * @param {string} file which of the package's wasm files
 * @param {number} seed of random numbers
 * @returns {Promise<{ report?: string, error?: string }>}
 */
function check(name, device, file, seed) {
  const worker = new Worker(policy ? policy.createScriptURL(address) : address, { type: 'module' });
  return new Promise((resolve) => {
    worker.onmessage = ({ data }) => {
      // The panic hook of the engine posts { type: 'fatal' }.
      resolve(data.type === 'fatal' ? { error: `panic: ${data.message}` } : data);
      worker.terminate();
    };
    worker.onerror = (event) => resolve({ error: event.message || 'the worker did not start' });
    worker.postMessage({ name, device, file, seed });
  });
}

Object.assign(window, { check, ready: true });
