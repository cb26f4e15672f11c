// @ts-check
/**
 * A value with bytes in it as one run of bytes and back: its length, JSON in which bytes are places, then the bytes.
 */

const WORD = 4;
const PLACE = '$bytes';

/** @param {unknown} value plain objects, arrays, numbers, words and `Uint8Array`s @returns {Uint8Array[]} parts in order */
export function pack(value) {
  /** @type {Uint8Array[]} */
  const parts = [];
  let at = 0;
  const json = JSON.stringify(value, (_, inner) => {
    if (!(inner instanceof Uint8Array)) return inner;
    parts.push(inner);
    at += inner.length;
    return { [PLACE]: [at - inner.length, inner.length] };
  });
  const header = new TextEncoder().encode(json);
  const length = new Uint8Array(WORD);
  new DataView(length.buffer).setUint32(0, header.length, true);
  return [length, header, ...parts];
}

/** @param {Uint8Array} bytes @returns {any} null if they are not what {@link pack} wrote */
export function unpack(bytes) {
  try {
    const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(0, true);
    const body = bytes.subarray(WORD + length);
    return JSON.parse(new TextDecoder().decode(bytes.subarray(WORD, WORD + length)), (_, inner) => {
      const place = inner?.[PLACE];
      if (!Array.isArray(place)) return inner;
      const [from, size] = place;
      if (!(from >= 0 && size >= 0 && from + size <= body.length)) throw new RangeError('beyond the end');
      return body.slice(from, from + size);
    });
  } catch {
    return null;
  }
}
