// @ts-check
/**
 * Broken zips for the page's reader: `node fuzz/zip.mjs [--seconds N] [--seed S] [--out FOLDER]`, as `cargo xtask fuzz zip` calls it.
 * A zip is read or its entries are faults; nothing is thrown, no path leads out of the archive, and no entry takes more memory
 * than its packed bytes can inflate to. What breaks that is written to FOLDER.
 */
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import { isZip, listZip, readEntry } from '../www/worker/zip.js';

/** Deflate's best: 258 bytes from two bits (zlib's technical details). */
const MOST_RATIO = 1032;
const WORDS = ['PK\x01\x02', 'PK\x03\x04', 'PK\x05\x06', 'PK\x06\x06', 'PK\x06\x07', '../', '/', '\\', '\xff\xff\xff\xff', '\x01\0\x1c\0', '\x08\0', '.zip', '\0'];

/** @param {string} name @param {string} otherwise */
function option(name, otherwise) {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : process.argv[at + 1];
}
const seconds = Number(option('seconds', '10'));
const out = option('out', 'target/fuzz');
let state = BigInt(option('seed', '20261130'));

/** SplitMix64, as `checks::random`. @param {number} limit */
function below(limit) {
  const mask = (1n << 64n) - 1n;
  state = (state + 0x9e3779b97f4a7c15n) & mask;
  let z = state;
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & mask;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & mask;
  return Number((z ^ (z >> 31n)) % BigInt(Math.max(1, limit)));
}

/**
 * @param {{ name: string, bytes: Buffer, method?: number, wide?: boolean }[]} files
 * @returns {Buffer}
 */
function zip(files) {
  /** @type {Buffer[]} */
  const parts = [];
  /** @type {Buffer[]} */
  const directory = [];
  let at = 0;
  for (const { name, bytes, method = 8, wide = false } of files) {
    const packed = method === 8 ? zlib.deflateRawSync(bytes) : bytes;
    const head = Buffer.alloc(26);
    head.writeUInt16LE(20, 0);
    head.writeUInt16LE(method, 4);
    head.writeUInt32LE(zlib.crc32 ? zlib.crc32(bytes) : 0, 10);
    head.writeUInt32LE(wide ? 0xffffffff : packed.length, 14);
    head.writeUInt32LE(wide ? 0xffffffff : bytes.length, 18);
    head.writeUInt16LE(Buffer.byteLength(name), 22);
    const extra = Buffer.alloc(wide ? 28 : 0);
    if (wide) {
      extra.writeUInt16LE(1, 0);
      extra.writeUInt16LE(24, 2);
      [bytes.length, packed.length, at].forEach((value, n) => extra.writeBigUInt64LE(BigInt(value), 4 + 8 * n));
    }
    const tail = Buffer.alloc(16);
    tail.writeUInt16LE(extra.length, 0);
    tail.writeUInt32LE(wide ? 0xffffffff : at, 12);
    head.writeUInt16LE(0, 24);
    // In the directory the extra field's length stands where the local header has it.
    const central = Buffer.concat([Buffer.from('PK\x01\x02\x14\0', 'latin1'), head, tail.subarray(2), Buffer.from(name), extra]);
    central.writeUInt16LE(extra.length, 30);
    directory.push(central);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), head, Buffer.from(name), packed]);
    parts.push(local);
    at += local.length;
  }
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(directory.reduce((sum, part) => sum + part.length, 0), 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, ...directory, end]);
}

function seeds() {
  const text = Buffer.from('a mask of roofs, '.repeat(200));
  const made = [
    zip([{ name: 'image/1.png', bytes: text }, { name: 'label/1.png', bytes: text, method: 0 }]),
    zip([{ name: 'a\\b.tif', bytes: Buffer.alloc(5000), wide: true }]),
    zip([{ name: '../../etc/a.png', bytes: Buffer.from('x') }, { name: 'folder/', bytes: Buffer.alloc(0), method: 0 }]),
    zip([]),
  ];
  const found = path.resolve(import.meta.dirname, 'found');
  for (const fault of fs.existsSync(found) ? fs.readdirSync(found) : []) {
    for (const name of fs.readdirSync(path.join(found, fault))) {
      if (name.startsWith('zip')) made.unshift(fs.readFileSync(path.join(found, fault, name)));
    }
  }
  return made;
}

/** @param {Buffer} from @param {Buffer} other */
function mutate(from, other) {
  let bytes = Buffer.from(from);
  for (let n = 1 << below(5); n > 0; n -= 1) {
    const at = below(bytes.length);
    const word = Buffer.from(WORDS[below(WORDS.length)], 'latin1');
    switch (below(7)) {
      case 0: bytes[at] ^= 1 << below(8); break;
      case 1: bytes[at] = [0, 1, 0x7f, 0x80, 0xff][below(5)]; break;
      case 2: bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + below(40))]); break;
      case 3: bytes = Buffer.concat([bytes.subarray(0, at), word, bytes.subarray(at)]); break;
      case 4: word.copy(bytes, at); break;
      case 5: bytes = Buffer.concat([bytes.subarray(0, at), other.subarray(below(other.length))]); break;
      default: if (at + 4 <= bytes.length) bytes.writeUInt32LE([0, 1, 0xffff, 0x7fffffff, 0xffffffff, 0x20000000, bytes.length][below(7)], at);
    }
  }
  return bytes;
}

/** What is wrong with the reader, or nothing. @param {Buffer} bytes */
async function broken(bytes) {
  const file = new File([new Uint8Array(bytes)], 'a.zip');
  isZip(bytes.subarray(0, 4));
  const { entries } = await listZip(file);
  for (const entry of entries.slice(0, 20)) {
    if (entry.path.split('/').includes('..') || entry.path.startsWith('/')) return `the path ${entry.path}`;
    const before = process.memoryUsage().arrayBuffers;
    const result = await readEntry(file, entry);
    const taken = process.memoryUsage().arrayBuffers - before;
    if (taken > 64 * MOST_RATIO + MOST_RATIO * bytes.length + (8 << 20)) return `${taken >> 20} MiB for ${bytes.length} bytes`;
    if ('bytes' in result && result.bytes.length !== entry.size) return 'another length';
  }
  return '';
}

const corpus = seeds();
const start = performance.now();
/** @type {Map<string, number>} */
const faults = new Map();
let inputs = 0;
let slowest = 0;
while (inputs < corpus.length || performance.now() - start < seconds * 1000) {
  const bytes = inputs < corpus.length ? corpus[inputs] : mutate(corpus[below(corpus.length)], corpus[below(corpus.length)]);
  inputs += 1;
  const began = performance.now();
  let fault;
  try {
    fault = await broken(bytes);
  } catch (error) {
    fault = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
  const took = performance.now() - began;
  slowest = Math.max(slowest, took);
  if (took > 5000) fault ||= 'more than 5 s';
  if (!fault) continue;
  const kind = fault.replace(/\d+/g, 'N');
  faults.set(kind, (faults.get(kind) ?? 0) + 1);
  if (faults.get(kind) === 1) {
    const folder = path.join(out, 'zip');
    fs.mkdirSync(folder, { recursive: true });
    const to = path.join(folder, `fault-${faults.size}`);
    fs.writeFileSync(to, bytes);
    console.log(`FAULT: ${fault}\n  ${bytes.length} bytes: ${to}`);
  }
}
const took = ((performance.now() - start) / 1000).toFixed(0);
console.log(`zip: ${inputs} inputs in ${took} s, ${corpus.length} seeds, slowest ${slowest.toFixed(0)} ms, ${faults.size} faults`);
process.exitCode = faults.size ? 1 : 0;
