// @ts-check
/**
 * The dropped files of a run, kept beside it, so that it can go on after a reload without another drop. Worker only.
 * A folder a data set; `index.json` is written last and says that the rest is whole.
 */
import { openSync } from './slots.js';

/** @typedef {import('../core/types.js').Entry} Entry */

/** More than this is not copied: it would fill disks behind people's backs. */
const MAX_BYTES = 1024 * 1024 * 1024;
const INDEX = 'index.json';
const PREFIX = 'data-';
const PIECE_BYTES = 4 * 1024 * 1024;

/**
 * @param {FileSystemDirectoryHandle} folder
 * @param {string} fingerprint
 * @returns {Promise<Entry[] | null>} files that are read only when somebody asks for them
 */
export async function storedData(folder, fingerprint) {
  try {
    const own = await folder.getDirectoryHandle(PREFIX + fingerprint);
    const index = JSON.parse(await (await (await own.getFileHandle(INDEX)).getFile()).text());
    /** @type {Entry[]} */
    const entries = [];
    for (const [number, { path, size, first }] of index.entries()) {
      const file = await (await own.getFileHandle(String(number))).getFile();
      if (file.size !== size) return null;
      entries.push({ path, file: new File([file], path.split('/').at(-1) ?? path), first });
    }
    return entries;
  } catch {
    return null; // Never stored, evicted, or half written: people are asked for the files.
  }
}

/**
 * Copies files into the storage.
 * @param {FileSystemDirectoryHandle} folder
 * @param {string} fingerprint
 * @param {Entry[]} entries
 * @param {() => boolean} cancelled
 * @returns {Promise<string | null>} why not, or null if all are there
 */
export async function storeData(folder, fingerprint, entries, cancelled) {
  if (await storedData(folder, fingerprint)) return null;
  const whole = entries.filter(({ fault }) => !fault);
  const bytes = whole.reduce((sum, { file }) => sum + file.size, 0);
  if (bytes > MAX_BYTES) return 'too_large';
  const { quota = 0, usage = 0 } = await navigator.storage.estimate();
  // The states need room too.
  if (bytes > (quota - usage) / 2) return 'quota';
  try {
    const own = await folder.getDirectoryHandle(PREFIX + fingerprint, { create: true });
    for (const [number, { file }] of whole.entries()) {
      if (cancelled()) throw new Error('cancelled');
      await copy(own, String(number), file);
    }
    const index = JSON.stringify(whole.map(({ path, file, first }) => ({ path, size: file.size, first })));
    await copy(own, INDEX, new Blob([index]));
    return null;
  } catch (error) {
    await folder.removeEntry(PREFIX + fingerprint, { recursive: true }).catch(() => {});
    return error instanceof Error ? error.message : String(error);
  }
}

/** @param {FileSystemDirectoryHandle} folder @param {string} name @param {Blob} blob */
async function copy(folder, name, blob) {
  const file = await openSync(await folder.getFileHandle(name, { create: true }));
  try {
    for (let at = 0; at < blob.size; at += PIECE_BYTES) {
      const bytes = new Uint8Array(await blob.slice(at, at + PIECE_BYTES).arrayBuffer());
      // A storage that is full says so by nothing but this number.
      if (file.write(bytes, { at }) !== bytes.length) throw new Error('quota');
    }
    file.truncate(blob.size);
    file.flush();
  } finally {
    file.close();
  }
}

/** Removes the files of all data sets but some. @param {FileSystemDirectoryHandle} folder @param {string[]} keep fingerprints */
export async function pruneData(folder, keep) {
  const names = keep.map((fingerprint) => PREFIX + fingerprint);
  for await (const name of /** @type {any} */ (folder).keys()) {
    if (name.startsWith(PREFIX) && !names.includes(name)) await folder.removeEntry(name, { recursive: true }).catch(() => {});
  }
}
