// @ts-check
/**
 * Files that the computer opens with the installed page (`file_handlers` in the manifest), in browsers that have it.
 */
import { addFiles, purposeHere } from './files.js';

/** @typedef {{ files?: readonly FileSystemFileHandle[] }} Launch */

export function initLaunch() {
  /** @type {{ setConsumer: (take: (launch: Launch) => void) => void } | undefined} */
  const queue = /** @type {any} */ (globalThis).launchQueue;
  queue?.setConsumer(({ files = [] }) => void take(files));
}

/** @param {readonly FileSystemFileHandle[]} handles */
async function take(handles) {
  // One that is gone already is no reason to leave the others out.
  const files = await Promise.all(handles.map((handle) => handle.getFile().catch(() => null)));
  const there = files.filter((file) => file !== null);
  if (there.length) addFiles(there, purposeHere());
}
