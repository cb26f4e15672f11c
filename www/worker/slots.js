// @ts-check
/**
 * Two files in the browser's private storage that hold a run's state in turn: the newer one is never touched, so
 * that whatever happens while the other is written, a whole state is left. Worker only: pages have no synchronous files.
 */

/** @typedef {import('../core/types.js').SavedRun} SavedRun */
/** @typedef {import('../core/types.js').Fault} Fault */
/**
 * What of `FileSystemSyncAccessHandle` is used here.
 * @typedef {object} SyncFile
 * @property {(into: Uint8Array, options: { at: number }) => number} read
 * @property {(from: Uint8Array, options: { at: number }) => number} write
 * @property {(bytes: number) => void} truncate
 * @property {() => void} flush
 * @property {() => number} getSize
 * @property {() => void} close
 */
/** @typedef {{ file: SyncFile, saved: SavedRun | null, fault: Fault | null }} Slot */
/** @typedef {(offset: number, length: number) => Uint8Array} Read */

const FOLDER = 'groundmask';
const NAMES = ['run-a', 'run-b'];
/** A worker that has just died may hold its files for a moment. */
const OPEN_TRIES = 100;
const OPEN_EVERY_MS = 100;

/** What a file that another worker still holds is refused with; WebKit has a name of its own for it. */
const HELD = ['NoModificationAllowedError', 'InvalidStateError'];

/** What is written over without asking: it is no whole state and never will be one. */
const DAMAGED = ['run_truncated', 'run_corrupt', 'run_foreign'];

/** The folder of everything kept here. @returns {Promise<FileSystemDirectoryHandle>} */
export async function openFolder() {
  const root = await navigator.storage.getDirectory();
  return root.getDirectoryHandle(FOLDER, { create: true });
}

/** @param {FileSystemFileHandle} handle @returns {Promise<SyncFile>} */
export async function openSync(handle) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await /** @type {any} */ (handle).createSyncAccessHandle();
    } catch (error) {
      if (tries >= OPEN_TRIES || !(error instanceof DOMException) || !HELD.includes(error.name)) throw error;
      await new Promise((resolve) => setTimeout(resolve, OPEN_EVERY_MS));
    }
  }
}

/** Reads a slot piece by piece. @param {SyncFile} file @returns {Read} */
export const readerOf = (file) => (offset, length) => {
  const bytes = new Uint8Array(length);
  const read = file.read(bytes, { at: offset });
  return read === length ? bytes : bytes.subarray(0, read);
};

/** Reads a file or blob piece by piece, at once, which workers may. @param {Blob} blob @returns {Read} */
export function readerOfBlob(blob) {
  const reader = new /** @type {any} */ (globalThis).FileReaderSync();
  return (offset, length) => new Uint8Array(reader.readAsArrayBuffer(blob.slice(offset, offset + length)));
}

/** What an error says, with its kind. @param {unknown} error */
export const words = (error) => (error instanceof Error || error instanceof DOMException ? `${error.name}: ${error.message}` : String(error));

export class Slots {
  /**
   * @param {Slot[]} slots
   * @param {(file: SyncFile) => { saved: SavedRun | null, fault: Fault | null }} describe
   */
  constructor(slots, describe) {
    this.slots = slots;
    this.describe = describe;
  }

  /**
   * @param {FileSystemDirectoryHandle} folder
   * @param {Slots['describe']} describe checks a file's content
   */
  static async open(folder, describe) {
    /** @type {Slot[]} */
    const slots = [];
    try {
      for (const name of NAMES) {
        const file = await openSync(await folder.getFileHandle(name, { create: true }));
        slots.push({ file, saved: null, fault: null });
        // An empty file is a slot that was never used.
        if (file.getSize() > 0) Object.assign(slots[slots.length - 1], describe(file));
      }
    } catch (error) {
      for (const { file } of slots) file.close();
      throw error;
    }
    return new Slots(slots, describe);
  }

  /** The slot of the newest whole state. @returns {Slot | null} */
  newest() {
    const whole = this.slots.filter((slot) => slot.saved);
    return whole.sort((a, b) => (b.saved?.number ?? 0) - (a.saved?.number ?? 0))[0] ?? null;
  }

  /** Why what lies in a slot cannot be read though it may be whole, as of a newer version of the page: it is not to be written over. @returns {Fault | null} */
  unread() {
    return this.slots.find(({ fault }) => fault && !DAMAGED.includes(fault.code))?.fault ?? null;
  }

  /** Gives the files back. */
  close() {
    for (const { file } of this.slots) file.close();
  }

  /** The slot to write next: never the newest. */
  next() {
    const newest = this.newest();
    return this.slots.find((slot) => slot !== newest) ?? this.slots[0];
  }

  /**
   * Writes a state into the next slot and reads it back.
   * @param {(write: (bytes: Uint8Array) => number) => Promise<boolean>} produce hands all bytes to `write`; false if it could not
   * @returns {Promise<SavedRun | null>}
   */
  async save(produce) {
    const slot = this.next();
    slot.saved = null;
    let at = 0;
    // Over what is there: a smaller file needs no more room, and a cut-off one fails its checksum.
    const done = await produce((bytes) => {
      const taken = slot.file.write(bytes, { at });
      at += taken;
      return taken;
    });
    if (!done) {
      // What is half written only takes room from the next try.
      slot.file.truncate(0);
      slot.file.flush();
      return null;
    }
    slot.file.truncate(at);
    slot.file.flush();
    Object.assign(slot, this.describe(slot.file));
    return slot.saved;
  }

  /** Makes a state that was just saved the newest, though another run counted as far or further. @param {SavedRun} saved */
  dropNewer(saved) {
    for (const slot of this.slots) if (slot.saved && slot.saved !== saved && slot.saved.number >= saved.number) this.empty(slot);
  }

  /** Empties both. */
  clear() {
    for (const slot of this.slots) this.empty(slot);
  }

  /** @param {Slot} slot */
  empty(slot) {
    slot.file.truncate(0);
    slot.file.flush();
    slot.saved = null;
    slot.fault = null;
  }
}
