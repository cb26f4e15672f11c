// @ts-check
/**
 * The live engine: one worker at a time, and what is said to it.
 */
import { Link } from './worker-link.js';

/** @type {Link} */
let live;

/** Starts a worker, in the place of an earlier one. @param {ConstructorParameters<typeof Link>} heard */
export function connect(...heard) {
  live = new Link(...heard);
}

export const link = () => live;

/** Bytes of wasm memory, and the most messages that ever waited for the page. */
export const figures = () => live.figures;

/** @param {import('./types.js').ToWorker} message */
export function post(message) {
  live.post(message);
}

/** @param {import('./types.js').Command} command */
export function send(command) {
  post({ kind: 'command', command });
}
