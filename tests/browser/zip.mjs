// @ts-check
/** Zip archives: reads what the page writes, strictly and by the central directory; writes what the page is to read, stored and deflated in turn. */
import * as zlib from 'node:zlib';

const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;

/**
 * @param {Buffer} archive
 * @returns {Map<string, Buffer>} file name -> bytes
 */
export function unzip(archive) {
  let end = archive.length - 22;
  while (end >= 0 && archive.readUInt32LE(end) !== END) end -= 1;
  if (end < 0) throw new Error('not a zip: no end record');
  const count = archive.readUInt16LE(end + 10);
  let at = archive.readUInt32LE(end + 16);
  /** @type {Map<string, Buffer>} */
  const files = new Map();
  for (let entry = 0; entry < count; entry += 1) {
    if (archive.readUInt32LE(at) !== CENTRAL) throw new Error('zip: bad central directory');
    const method = archive.readUInt16LE(at + 10);
    const crc = archive.readUInt32LE(at + 16);
    const packed = archive.readUInt32LE(at + 20);
    const size = archive.readUInt32LE(at + 24);
    const nameLength = archive.readUInt16LE(at + 28);
    const name = archive.toString('utf8', at + 46, at + 46 + nameLength);
    const local = archive.readUInt32LE(at + 42);
    at += 46 + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
    if (archive.readUInt32LE(local) !== LOCAL) throw new Error(`zip: no entry where ${name} should be`);
    const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    const data = archive.subarray(start, start + packed);
    const bytes = method === 8 ? zlib.inflateRawSync(data) : data;
    if (bytes.length !== size || crc32(bytes) !== crc) throw new Error(`zip: ${name} is damaged`);
    if (files.has(name)) throw new Error(`zip: ${name} twice`);
    files.set(name, bytes);
  }
  return files;
}

/** CRC-32 of zip and PNG. @param {Buffer | Uint8Array} bytes */
export function crc32(bytes) {
  // Node before 20.15 has none.
  if ('crc32' in zlib) return zlib.crc32(bytes) >>> 0;
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/**
 * @param {Record<string, Buffer | string>} files bytes by name
 * @returns {Buffer}
 */
export function zip(files) {
  /** @type {Buffer[]} */
  const parts = [];
  /** @type {Buffer[]} */
  const directory = [];
  let at = 0;
  for (const [name, content] of Object.entries(files)) {
    const data = Buffer.from(content);
    const method = parts.length % 8 ? 0 : 8;
    const packed = method === 8 ? zlib.deflateRawSync(data) : data;
    const bytes = Buffer.from(name);
    // What the two headers share: version 2.0, no flags, the method, no date, checksum and lengths.
    const shared = Buffer.alloc(26);
    shared.writeUInt16LE(20, 0);
    shared.writeUInt16LE(method, 4);
    shared.writeUInt32LE(crc32(data), 10);
    shared.writeUInt32LE(packed.length, 14);
    shared.writeUInt32LE(data.length, 18);
    shared.writeUInt16LE(bytes.length, 22);
    parts.push(long(LOCAL), shared, bytes, packed);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(at, 10);
    directory.push(long(CENTRAL), Buffer.from([20, 0]), shared, rest, bytes);
    at += 30 + bytes.length + packed.length;
  }
  const end = Buffer.alloc(18);
  const count = Object.keys(files).length;
  end.writeUInt16LE(count, 4);
  end.writeUInt16LE(count, 6);
  end.writeUInt32LE(Buffer.concat(directory).length, 8);
  end.writeUInt32LE(at, 12);
  return Buffer.concat([...parts, ...directory, long(END), end]);
}

/** @param {number} value */
function long(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value, 0);
  return bytes;
}
