// @ts-check
/** A folder of the private storage in memory, as far as it is used, with a limit to what it holds. */

/** @param {{ limit?: number }} [options] bytes of all files together */
export function fakeFolder({ limit = Infinity } = {}) {
  /** @type {Map<string, Buffer>} */
  const files = new Map();
  /** @type {Map<string, any>} */
  const folders = new Map();
  const state = { limit };
  const used = () => [...files.values()].reduce((sum, { length }) => sum + length, 0);
  const missing = (/** @type {string} */ name) => new DOMException(`no ${name}`, 'NotFoundError');
  const folder = {
    files,
    state,
    async *keys() {
      yield* [...files.keys(), ...folders.keys()];
    },
    async getDirectoryHandle(/** @type {string} */ name, /** @type {{ create?: boolean }} */ { create } = {}) {
      if (!folders.has(name) && !create) throw missing(name);
      if (!folders.has(name)) folders.set(name, fakeFolder());
      return folders.get(name);
    },
    async removeEntry(/** @type {string} */ name) {
      if (!files.delete(name) && !folders.delete(name)) throw missing(name);
    },
    async getFileHandle(/** @type {string} */ name, /** @type {{ create?: boolean }} */ { create } = {}) {
      if (!files.has(name) && !create) throw missing(name);
      if (!files.has(name)) files.set(name, Buffer.alloc(0));
      const bytes = () => files.get(name) ?? Buffer.alloc(0);
      return {
        getFile: async () => new File([new Uint8Array(bytes())], name),
        createSyncAccessHandle: async () => ({
          read: (/** @type {Uint8Array} */ into, /** @type {{ at: number }} */ { at }) => bytes().copy(into, 0, at),
          write: (/** @type {Uint8Array} */ from, /** @type {{ at: number }} */ { at }) => {
            const before = bytes();
            const grown = Math.max(0, at + from.length - before.length);
            // A storage that is full takes a part, and says so by its number only.
            const taken = Math.max(0, Math.min(from.length, from.length - (used() + grown - state.limit)));
            files.set(name, Buffer.concat([before.subarray(0, at), Buffer.from(from).subarray(0, taken), before.subarray(at + taken)]));
            return taken;
          },
          truncate: (/** @type {number} */ size) => files.set(name, bytes().subarray(0, size)),
          flush() {},
          getSize: () => bytes().length,
          close() {},
          text: () => bytes().toString(),
        }),
      };
    },
  };
  return folder;
}
