// @ts-check
/** A wasm file with less memory than it was built with: running out of it is then real and needs no gigabytes. */

const MEMORY_SECTION = 5;
export const PAGE_BYTES = 65536;

/** @param {Buffer} bytes @param {number} at @returns {[number, number]} value and the offset after it */
function readLeb(bytes, at) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at];
    at += 1;
    value += (byte & 127) * 2 ** shift;
    if (byte < 128) return [value, at];
  }
}

/** @param {number} value */
function leb(value) {
  const bytes = [];
  do {
    bytes.push((value % 128) | (value >= 128 ? 128 : 0));
    value = Math.floor(value / 128);
  } while (value > 0);
  return Buffer.from(bytes);
}

/**
 * @param {Buffer} wasm
 * @param {number} limitBytes most memory it may have
 */
export function limitMemory(wasm, limitBytes) {
  let at = 8;
  while (at < wasm.length) {
    const id = wasm[at];
    const [length, start] = readLeb(wasm, at + 1);
    if (id === MEMORY_SECTION) {
      const [count, flagsAt] = readLeb(wasm, start);
      const [flags, minAt] = readLeb(wasm, flagsAt);
      if (count !== 1 || flags > 1) throw new Error(`${count} memories with flags ${flags}`);
      const [least] = readLeb(wasm, minAt);
      const most = Math.floor(limitBytes / PAGE_BYTES);
      if (most < least) throw new Error(`it starts with ${least * PAGE_BYTES} bytes`);
      const body = Buffer.concat([Buffer.from([1, 1]), leb(least), leb(most)]);
      return Buffer.concat([wasm.subarray(0, at), Buffer.from([MEMORY_SECTION]), leb(body.length), body, wasm.subarray(start + length)]);
    }
    at = start + length;
  }
  throw new Error('no memory section');
}
