// @ts-check
/**
 * A host of the page that a test can change: with or without the headers, with another version put in its place, or half of
 * one, or gone.
 */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';

/** What the page's own server sends and many hosts do not. */
const HEADERS = ['content-security-policy', 'cross-origin-opener-policy', 'cross-origin-embedder-policy', 'cross-origin-resource-policy'];

/** @typedef {(bytes: Buffer) => Buffer} Change */
/** @typedef {{ url: string, asked: string[], deploy: (changes: Record<string, Change>, options?: { half?: boolean }) => Promise<void>, close: () => Promise<void> }} Host */

/** @param {Buffer} bytes */
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('base64');

/**
 * @param {string} upstream where the whole page is
 * @param {{ headers: boolean }} options
 * @returns {Promise<Host>}
 */
export async function startHost(upstream, { headers }) {
  /** @type {string[]} */
  const asked = [];
  /** What is another file here than upstream. @type {Map<string, Buffer>} */
  let changed = new Map();
  const server = createServer(async (request, response) => {
    const name = new URL(String(request.url), 'http://localhost').pathname.slice(1) || 'index.html';
    asked.push(name);
    const whole = await fetch(new URL(name, upstream));
    const sent = Object.fromEntries([...whole.headers].filter(([header]) => header === 'content-type' || (headers && HEADERS.includes(header))));
    response.writeHead(whole.status, { ...sent, 'Cache-Control': 'max-age=600' }).end(changed.get(name) ?? Buffer.from(await whole.arrayBuffer()));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `http://localhost:${port}/`,
    asked,
    // As `cargo xtask site` makes it: the list with the new hashes, and another name of the build in both of its files.
    async deploy(changes, { half = false } = {}) {
      /** @param {string} name */
      const get = async (name) => Buffer.from(await (await fetch(new URL(name, upstream))).arrayBuffer());
      const script = (await get('sw.js')).toString();
      const list = /const FILES = (\{.*\});/.exec(script)?.[1];
      const build = /const BUILD = '(\w+)'/.exec(script)?.[1];
      if (!list || !build) throw new Error('the service worker has no list');
      const files = JSON.parse(list);
      const next = new Map();
      for (const [name, change] of Object.entries(changes)) next.set(name, change(await get(name)));
      const name = createHash('sha256').update(JSON.stringify([...next].map(([file, bytes]) => [file, sha256(bytes)]))).digest('hex').slice(0, build.length);
      let text = (await get('core/build.js')).toString().replace(build, name);
      for (const [file, bytes] of next) text = text.replace(files[file][0], sha256(bytes));
      next.set('core/build.js', Buffer.from(text));
      for (const [file, bytes] of next) files[file] = [sha256(bytes), bytes.length];
      next.set('sw.js', Buffer.from(script.replace(build, name).replace(list, JSON.stringify(files))));
      // The list is here already, what it lists is not.
      changed = half ? new Map([['sw.js', /** @type {Buffer} */ (next.get('sw.js'))]]) : next;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
