// @ts-check
/**
 * As much of a WebDriver client (W3C WebDriver 2) as the main job needs, over plain HTTP: WebKitGTK's driver speaks nothing
 * else, and what it has to be asked fits here.
 */
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';

import { until } from '../harness.mjs';

/** Property of an element's reference in the answers (W3C WebDriver 2, 12.1). */
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';
const START_LIMIT_MS = 30_000;

export class WebDriver {
  /**
   * Starts a driver program, which is told a free port by `--port=`, and opens a session.
   * @param {string[]} command
   * @param {NodeJS.ProcessEnv} env
   * @param {object} capabilities
   */
  static async open(command, env, capabilities) {
    const port = await freePort();
    // A group of its own: Xvfb, driver and browser end together.
    const child = spawn(command[0], [...command.slice(1), `--port=${port}`], { env, detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
    const driver = new WebDriver(child, `http://127.0.0.1:${port}`);
    try {
      await until(() => driver.call('GET', '/status').then(() => true, () => driver.check()), { limitMs: START_LIMIT_MS, what: `${command.at(-1)} listens` });
      const { sessionId, capabilities: given } = await driver.call('POST', '/session', { capabilities: { alwaysMatch: capabilities } });
      driver.session = `/session/${sessionId}`;
      driver.version = String(given.browserVersion);
    } catch (error) {
      driver.end();
      throw error;
    }
    return driver;
  }

  /** @param {import('node:child_process').ChildProcess} child @param {string} address */
  constructor(child, address) {
    this.child = child;
    this.address = address;
    this.session = '';
    /** Of the browser. */
    this.version = '';
    this.said = '';
    child.stderr?.on('data', (part) => {
      this.said = `${this.said}${part}`.slice(-2000);
    });
  }

  /** Not there yet, or not any more. */
  check() {
    if (this.child.exitCode !== null) throw new Error(`the driver ended with ${this.child.exitCode}: ${this.said}`);
    return false;
  }

  /**
   * @param {'GET' | 'POST' | 'DELETE'} method
   * @param {string} path
   * @param {object} [body]
   * @returns {Promise<any>}
   */
  async call(method, path, body) {
    const response = await fetch(this.address + path, { method, body: body && JSON.stringify(body) });
    const { value } = /** @type {{ value: any }} */ (await response.json());
    if (!response.ok) throw new Error(`${method} ${path}: ${value?.error}: ${value?.message}`);
    return value;
  }

  /** @param {'GET' | 'POST' | 'DELETE'} method @param {string} path @param {object} [body] */
  ask(method, path, body) {
    return this.call(method, this.session + path, body);
  }

  /** @param {string} css */
  async element(css) {
    const found = await this.ask('POST', '/element', { using: 'css selector', value: css });
    return `/element/${found[ELEMENT]}`;
  }

  /** Ends session and programs. */
  async close() {
    await this.ask('DELETE', '').catch(() => {});
    this.end();
  }

  end() {
    try {
      if (this.child.pid) process.kill(-this.child.pid);
    } catch { /* It ended by itself. */ }
  }
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
}
