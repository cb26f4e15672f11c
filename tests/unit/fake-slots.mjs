// @ts-check
/** Slots whose files lie in memory. */
import { Slots } from '../../www/worker/slots.js';

/** A file in memory whose bytes are a state as JSON. @param {object} [state] */
function fakeFile(state) {
  let bytes = state ? Buffer.from(JSON.stringify(state)) : Buffer.alloc(0);
  return {
    read: (/** @type {Uint8Array} */ into, /** @type {{ at: number }} */ { at }) => bytes.copy(into, 0, at),
    write: (/** @type {Uint8Array} */ from, /** @type {{ at: number }} */ { at }) => {
      bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(from), bytes.subarray(at + from.length)]);
      return from.length;
    },
    truncate: (/** @type {number} */ size) => { bytes = bytes.subarray(0, size); },
    flush() {},
    getSize: () => bytes.length,
    close() {},
    text: () => bytes.toString(),
  };
}

/** @param {any} file */
export const describe = (file) => {
  try {
    const { fault, ...saved } = JSON.parse(file.text());
    return fault ? { saved: null, fault } : { saved, fault: null };
  } catch {
    return { saved: null, fault: /** @type {any} */ ({ code: 'run_corrupt' }) };
  }
};

/** @param {(object | undefined)[]} states */
export const fakeSlots = (...states) => new Slots(states.map((state) => {
  const file = fakeFile(state);
  return { file, ...(state ? describe(file) : { saved: null, fault: null }) };
}), describe);
