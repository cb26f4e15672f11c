// @ts-check
/**
 * An ONNX file in onnxruntime-web, in Chromium: `node ort_web.mjs wasm|webgpu MODEL INPUT N,C,H,W OUTPUT`, float32 in and out.
 * Its npm package lies beside this file (`npm ci` here); Playwright's is that of the browser tests.
 */
import { createReadStream, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { launchBrowser } from '../browser/harness.mjs';

const [provider, model, input, shape, output] = process.argv.slice(2);
const HERE = path.dirname(fileURLToPath(import.meta.url));
const DIST = path.join(HERE, 'node_modules/onnxruntime-web/dist');
const TYPES = /** @type {Record<string, string>} */ ({ '.mjs': 'text/javascript', '.wasm': 'application/wasm' });

const server = createServer((request, response) => {
  const name = path.basename(new URL(String(request.url), 'http://localhost').pathname);
  const file = { 'm.onnx': model, 'x.bin': input }[name] ?? path.join(DIST, name);
  if (!name) response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html><title>onnxruntime-web</title>');
  else if (!existsSync(file)) response.writeHead(404).end();
  else {
    response.writeHead(200, { 'Content-Type': TYPES[path.extname(name)] ?? 'application/octet-stream' });
    createReadStream(file).pipe(response);
  }
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
const browser = await launchBrowser({ device: provider === 'webgpu' ? 'webgpu' : 'cpu' });
try {
  const page = await browser.newPage();
  page.on('console', (message) => console.error(message.text()));
  await page.goto(`http://localhost:${port}/`);
  const found = await page.evaluate(
    async ({ provider, shape }) => {
      const ort = await import(/** @type {any} */ (provider === 'webgpu' ? '/ort.webgpu.min.mjs' : '/ort.wasm.min.mjs'));
      ort.env.wasm.wasmPaths = '/';
      ort.env.wasm.numThreads = 1;
      /** @param {string} name */
      const bytes = async (name) => (await fetch(name)).arrayBuffer();
      const session = await ort.InferenceSession.create(await bytes('/m.onnx'), { executionProviders: [provider] });
      const x = new ort.Tensor('float32', new Float32Array(await bytes('/x.bin')), shape);
      const result = (await session.run({ image: x })).probability;
      const values = new Uint8Array((await result.getData()).slice().buffer);
      let text = '';
      for (let at = 0; at < values.length; at += 0x8000) text += String.fromCharCode(...values.subarray(at, at + 0x8000));
      return { shape: [...result.dims], base64: btoa(text) };
    },
    { provider, shape: shape.split(',').map(Number) },
  );
  writeFileSync(output, Buffer.from(found.base64, 'base64'));
  console.log(JSON.stringify({ shape: found.shape, version: JSON.parse(readFileSync(path.join(DIST, '../package.json'), 'utf8')).version }));
} finally {
  await browser.close();
  server.close();
}
