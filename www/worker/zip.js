// @ts-check
/**
 * Reads a zip by its central directory (APPNOTE 4.3.12), entry by entry, never the whole archive:
 * sizes, encryption and entry count are known before anything is inflated. Inflating is the browser's.
 */
import { MAX_FILE_BYTES, MAX_ZIP_BYTES, MAX_ZIP_ENTRIES } from '../core/paths.js';

const END = 0x06054b50;
const END64 = 0x06064b50;
const END64_LOCATOR = 0x07064b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const ENCRYPTED = 1;
const UTF8 = 1 << 11;
/** The best that Deflate can do: 258 bytes from two bits (zlib's "Technical Details"). */
const MOST_RATIO = 1032;
/** Largest central directory read, bytes: 20,000 entries with long names fit many times over. */
const MAX_DIRECTORY_BYTES = 64 * 1024 * 1024;
/**
 * So many packed bytes are given to the browser at once: it queues whatever one piece inflates to before anybody can count
 * it, which is 16 MiB at most this way.
 */
const PIECE_BYTES = 16 * 1024;

/** @typedef {{ path: string, bytes: Uint8Array } | { path: string, fault: string }} Unzipped */
/** @typedef {{ path: string, flags: number, method: number, packed: number, size: number, offset: number }} ZipEntry */

/** True for the first bytes of a zip. @param {Uint8Array} head */
export const isZip = (head) => head[0] === 0x50 && head[1] === 0x4b && (head[2] === 3 || head[2] === 5);

/** Only the last parts of a path count: no drive, no leading `/`, no `.` or `..`. @param {string} name */
export function safePath(name) {
  return name.replaceAll('\\', '/').split('/').filter((part) => part && part !== '.' && part !== '..' && !/^[a-z]:$/i.test(part)).join('/');
}

/**
 * The entries to read, faults included as `{ path, fault }`.
 * @param {File} file
 * @returns {Promise<{ entries: ZipEntry[], faults: { path: string, fault: string }[] }>}
 */
export async function listZip(file) {
  /** @type {ZipEntry[]} */
  const entries = [];
  /** @type {{ path: string, fault: string }[]} */
  const faults = [];
  const place = await findDirectory(file);
  if (!place) return { entries, faults: [{ path: '', fault: 'zip_damaged' }] };
  const bytes = await slice(file, place.offset, place.size);
  const view = new DataView(bytes.buffer);
  let total = 0;
  let at = 0;
  for (let seen = 0; at + 46 <= bytes.length && view.getUint32(at, true) === CENTRAL; seen += 1) {
    if (seen >= MAX_ZIP_ENTRIES) {
      faults.push({ path: '', fault: `zip_entries ${place.count}, limit ${MAX_ZIP_ENTRIES}` });
      break;
    }
    const { entry, next, directory } = readCentral(bytes, view, at);
    at = next;
    if (directory || !entry.path) continue;
    const fault = refusal(entry);
    if (fault) {
      faults.push({ path: entry.path, fault });
      continue;
    }
    total += entry.size;
    if (total > MAX_ZIP_BYTES) {
      faults.push({ path: '', fault: `zip_total more than ${mib(MAX_ZIP_BYTES)}` });
      break;
    }
    entries.push(entry);
  }
  return { entries, faults };
}

/** @param {ZipEntry} entry */
function refusal(entry) {
  if (entry.flags & ENCRYPTED) return 'encrypted';
  if (/\.zip$/i.test(entry.path)) return 'nested_zip';
  if (entry.method !== 0 && entry.method !== 8) return `zip_method ${entry.method}`;
  if (entry.size > MAX_FILE_BYTES) return `${mib(entry.size)}, limit ${mib(MAX_FILE_BYTES)}`;
  // More than its bytes can inflate to: said, not so, and not worth the memory.
  if (entry.size > entry.packed * (entry.method === 8 ? MOST_RATIO : 1)) return 'zip_damaged';
  return null;
}

/**
 * One entry's bytes. The size the directory promises is never exceeded: an entry that inflates to more is damaged.
 * @param {File} file
 * @param {ZipEntry} entry
 * @returns {Promise<Unzipped>}
 */
export async function readEntry(file, entry) {
  const { path, size } = entry;
  const head = await slice(file, entry.offset, 30);
  const view = new DataView(head.buffer);
  if (head.length < 30 || view.getUint32(0, true) !== LOCAL) return { path, fault: 'zip_damaged' };
  const start = entry.offset + 30 + view.getUint16(26, true) + view.getUint16(28, true);
  const packed = file.slice(start, start + entry.packed);
  if (packed.size !== entry.packed) return { path, fault: 'zip_damaged' };
  const bytes = new Uint8Array(size);
  let filled = 0;
  try {
    const reader = (entry.method === 8 && packed.size > 0 ? inflated(packed) : packed.stream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (filled + value.length > size) {
        await reader.cancel();
        return { path, fault: 'zip_damaged' };
      }
      bytes.set(value, filled);
      filled += value.length;
    }
  } catch (error) {
    // What the file system says is passed on; the rest is said of the packed bytes.
    if (error instanceof DOMException) throw error;
    return { path, fault: 'zip_damaged' };
  }
  if (filled !== size) return { path, fault: 'zip_damaged' };
  if (isZip(bytes)) return { path, fault: 'nested_zip' };
  return { path, bytes };
}

/** What a blob of raw deflate holds. @param {Blob} packed @returns {ReadableStream<Uint8Array>} */
function inflated(packed) {
  const reader = packed.stream().getReader();
  const pieces = new ReadableStream({
    /** @param {ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>} controller */
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) controller.close();
      else for (let at = 0; at < value.length; at += PIECE_BYTES) controller.enqueue(value.subarray(at, at + PIECE_BYTES));
    },
    cancel: (reason) => reader.cancel(reason),
  });
  return pieces.pipeThrough(new DecompressionStream('deflate-raw'));
}

/**
 * @param {Uint8Array} bytes
 * @param {DataView} view
 * @param {number} at
 */
function readCentral(bytes, view, at) {
  const flags = view.getUint16(at + 8, true);
  const nameLength = view.getUint16(at + 28, true);
  const extraLength = view.getUint16(at + 30, true);
  const commentLength = view.getUint16(at + 32, true);
  const nameBytes = bytes.subarray(at + 46, at + 46 + nameLength);
  // Without the flag the name is CP437 by the book and UTF-8 in practice; latin1 never fails.
  const utf8 = (flags & UTF8) !== 0 || isUtf8(nameBytes);
  const raw = new TextDecoder(utf8 ? 'utf-8' : 'latin1').decode(nameBytes);
  const wide = readZip64(view, at + 46 + nameLength, extraLength, [
    view.getUint32(at + 24, true), view.getUint32(at + 20, true), view.getUint32(at + 42, true),
  ]);
  /** @type {ZipEntry} */
  const entry = { path: safePath(raw), flags, method: view.getUint16(at + 10, true), size: wide[0], packed: wide[1], offset: wide[2] };
  return { entry, next: at + 46 + nameLength + extraLength + commentLength, directory: raw.endsWith('/') };
}

/**
 * Replaces fields that hold 0xffffffff by their 64-bit values of the zip64 extra field, in order.
 * @param {DataView} view
 * @param {number} at
 * @param {number} length
 * @param {number[]} fields
 */
function readZip64(view, at, length, fields) {
  const end = Math.min(at + length, view.byteLength);
  for (let p = at; p + 4 <= end; p += 4 + view.getUint16(p + 2, true)) {
    if (view.getUint16(p, true) !== 1) continue;
    let q = p + 4;
    return fields.map((value) => {
      if (value !== 0xffffffff || q + 8 > end) return value;
      q += 8;
      return Number(view.getBigUint64(q - 8, true));
    });
  }
  return fields;
}

/** @param {Uint8Array} bytes */
function isUtf8(bytes) {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/**
 * Where the central directory lies.
 * @param {File} file
 */
async function findDirectory(file) {
  const tailSize = Math.min(file.size, 65_557);
  const tail = await slice(file, file.size - tailSize, tailSize);
  const view = new DataView(tail.buffer);
  for (let at = tail.length - 22; at >= 0; at -= 1) {
    if (view.getUint32(at, true) !== END) continue;
    let place = { count: view.getUint16(at + 10, true), size: view.getUint32(at + 12, true), offset: view.getUint32(at + 16, true) };
    if (at >= 20 && view.getUint32(at - 20, true) === END64_LOCATOR) {
      const wide = await slice(file, Number(view.getBigUint64(at - 12, true)), 56);
      const wideView = new DataView(wide.buffer);
      if (wide.length === 56 && wideView.getUint32(0, true) === END64) {
        place = { count: Number(wideView.getBigUint64(32, true)), size: Number(wideView.getBigUint64(40, true)), offset: Number(wideView.getBigUint64(48, true)) };
      }
    }
    return place.offset + place.size <= file.size && place.size <= MAX_DIRECTORY_BYTES ? place : null;
  }
  return null;
}

/**
 * @param {File} file
 * @param {number} offset
 * @param {number} size
 */
const slice = async (file, offset, size) => new Uint8Array(await file.slice(offset, offset + size).arrayBuffer());

/** @param {number} bytes */
export const mib = (bytes) => `${Math.ceil(bytes / 1024 / 1024)} MiB`;
