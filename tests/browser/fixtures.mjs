// @ts-check
/** Images that the tests make themselves: scenes with masks, and files with one thing wrong each. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { deflateSync } from 'node:zlib';

import { PNG } from 'pngjs';

import { OUT } from './harness.mjs';
import { crc32 } from './zip.mjs';

/** An empty folder below tests/out. @param {string} name */
export function freshFolder(name) {
  const folder = path.join(OUT, 'fixtures', name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

/**
 * A small generator with a seed, so that a failing test fails again.
 * @param {number} seed
 */
function random(seed) {
  let state = seed >>> 0 || 1;
  return () => {
    // xorshift32 (Marsaglia 2003).
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
}

/**
 * A field with bright roofs, and the roofs as mask: easy enough that a few steps lower the loss.
 * @param {number} seed
 * @param {{ width: number, height: number }} size
 * @returns {{ image: Buffer, mask: Buffer }}
 */
export function scene(seed, { width, height }) {
  const next = random(seed);
  const image = new PNG({ width, height });
  const mask = new PNG({ width, height });
  for (let at = 0; at < width * height; at += 1) {
    const grain = 24 * next();
    image.data.set([60 + grain, 92 + grain, 52 + grain, 255], at * 4);
    mask.data.set([0, 0, 0, 255], at * 4);
  }
  for (let roof = 0; roof < 4; roof += 1) {
    const left = Math.floor(next() * width * 0.7);
    const top = Math.floor(next() * height * 0.7);
    for (let y = top; y < Math.min(height, top + height * 0.3); y += 1) {
      for (let x = left; x < Math.min(width, left + width * 0.25); x += 1) {
        const at = (y * width + x) * 4;
        const grain = 20 * next();
        image.data.set([205 + grain, 165 + grain, 140 + grain, 255], at);
        mask.data.set([255, 255, 255, 255], at);
      }
    }
  }
  return { image: PNG.sync.write(image), mask: PNG.sync.write(mask, { colorType: 0 }) };
}

/**
 * A folder `images/` and `masks/` with pairs of the same names.
 * @param {string} name
 * @param {number} count
 * @param {{ width: number, height: number }} size
 */
export function pairFolder(name, count, size) {
  const folder = freshFolder(name);
  mkdirSync(path.join(folder, 'images'));
  mkdirSync(path.join(folder, 'masks'));
  for (let index = 0; index < count; index += 1) {
    const { image, mask } = scene(index + 1, size);
    writeFileSync(path.join(folder, 'images', `plot${index + 1}.png`), image);
    writeFileSync(path.join(folder, 'masks', `plot${index + 1}.png`), mask);
  }
  return folder;
}

/**
 * A PNG that claims a size and holds one row: what a decompression bomb's header looks like.
 * @param {number} width
 * @param {number} height
 */
export function pngBomb(width, height) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', deflateSync(Buffer.alloc(64))), chunk('IEND', Buffer.alloc(0))]);
}

/**
 * A picture of any size that takes little time to write: ground whose light and colour change from place to place.
 * @param {number} width
 * @param {number} height
 */
export function groundPng(width, height) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const raw = Buffer.alloc((width * 3 + 1) * height);
  const next = random(17);
  const grain = Uint8Array.from({ length: 4096 }, () => Math.floor(next() * 40));
  for (let y = 0, at = 0; y < height; y += 1) {
    at += 1;
    for (let x = 0; x < width; x += 1, at += 3) {
      const light = grain[(x * 7 + y * 131) & 4095];
      raw[at] = 60 + light + ((x >> 6) & 31);
      raw[at + 1] = 90 + light + ((y >> 6) & 31);
      raw[at + 2] = 50 + light;
    }
  }
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', deflateSync(raw, { level: 1 })), chunk('IEND', Buffer.alloc(0))]);
}

/** @param {string} type @param {Buffer} data */
function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

/**
 * A baseline JPEG, 16x16 and grey: every block has DC difference 0 and nothing else (ITU T.81), so it is
 * written by hand and needs no encoder.
 */
export function greyJpeg() {
  /** @param {number} marker @param {number[]} body */
  const segment = (marker, body) => [0xff, marker, (body.length + 2) >> 8, (body.length + 2) & 255, ...body];
  const quantisation = segment(0xdb, [0, ...Array(64).fill(1)]);
  const frame = segment(0xc0, [8, 0, 16, 0, 16, 1, 1, 0x11, 0]);
  // One code of one bit each: DC category 0, AC end of block.
  const oneCode = [1, ...Array(15).fill(0), 0];
  const tables = [...segment(0xc4, [0x00, ...oneCode]), ...segment(0xc4, [0x10, ...oneCode])];
  const scan = segment(0xda, [1, 1, 0x00, 0, 63, 0]);
  // Four blocks of two zero bits fill one byte.
  return Buffer.from([0xff, 0xd8, ...quantisation, ...frame, ...tables, ...scan, 0x00, 0xff, 0xd9]);
}
