// @ts-check
/** One small interface over three browser engines: Chromium and Firefox by puppeteer, WebKitGTK by WebDriver. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import puppeteer from 'puppeteer-core';

import { chromiumPath, launchOptions } from '../harness.mjs';
import { WebDriver } from './webdriver.mjs';

/**
 * A page in some browser.
 * @typedef {object} Driver
 * @property {string} browser its name and version
 * @property {(url: string) => Promise<void>} goto
 * @property {(css: string) => Promise<void>} click a real click of the browser's, on an element in view
 * @property {(expression: string) => Promise<any>} evaluate of a value that JSON can carry, in the page
 * @property {(file: string) => Promise<void>} screenshot
 * @property {string} downloads folder that the browser saves to by itself
 * @property {() => Promise<void>} close
 */

/** What a test may ask for of an engine. @typedef {{ device: 'cpu' | 'webgpu', downloads: string, locale?: string }} Wish */

const VIEW = { width: 1280, height: 900 };

/** @param {string[]} places */
const firstThere = (places) => places.find((place) => existsSync(place)) ?? null;

/** Where the programs lie; null: not installed. */
export const programs = {
  chromium: () => {
    try {
      return chromiumPath();
    } catch {
      return null;
    }
  },
  firefox: () => firstThere([process.env.FIREFOX ?? '', '/usr/bin/firefox-esr', '/usr/bin/firefox']),
  /** Vulkan on the CPU. */
  lavapipe: () => firstThere(['x86_64', 'aarch64'].map((machine) => `/usr/share/vulkan/icd.d/lvp_icd.${machine}.json`)),
  webkitDriver: () => firstThere(['/usr/bin/WebKitWebDriver']),
  // The folder is named by the architecture and the version of WebKitGTK's interface.
  miniBrowser: () => firstThere(['x86_64', 'aarch64'].flatMap((machine) => ['4.1', '6.0', '4.0'].map((version) => `/usr/lib/${machine}-linux-gnu/webkit${version === '6.0' ? '' : '2'}gtk-${version}/MiniBrowser`))),
  xvfb: () => firstThere(['/usr/bin/xvfb-run']),
};

/** @param {Wish} wish @returns {Promise<Driver>} */
export async function chromium({ device, downloads }) {
  const { executablePath, args } = launchOptions({ device });
  return overPuppeteer(await puppeteer.launch({ executablePath, args, headless: true, defaultViewport: VIEW, downloadBehavior: { policy: 'allow', downloadPath: downloads } }), downloads);
}

/** @param {Wish} wish @returns {Promise<Driver>} */
export async function firefox({ device, downloads, locale }) {
  const gpu = device === 'webgpu';
  return overPuppeteer(
    await puppeteer.launch({
      browser: 'firefox',
      executablePath: String(programs.firefox()),
      headless: true,
      defaultViewport: VIEW,
      extraPrefsFirefox: {
        'dom.webgpu.enabled': gpu,
        'dom.webgpu.workers.enabled': gpu,
        // Software adapters are on its blocklist.
        'gfx.webgpu.ignore-blocklist': gpu,
        'browser.download.folderList': 2,
        'browser.download.dir': downloads,
        'browser.download.alwaysOpenPanel': false,
        'browser.helperApps.neverAsk.saveToDisk': 'image/png,application/octet-stream,application/zip',
        ...(locale ? { 'intl.accept_languages': locale } : {}),
      },
    }),
    downloads,
  );
}

/** @param {import('puppeteer-core').Browser} browser @param {string} downloads @returns {Promise<Driver>} */
async function overPuppeteer(browser, downloads) {
  const page = await browser.newPage();
  await page.setViewport(VIEW);
  const [name, version] = (await browser.version()).split('/');
  return {
    browser: `${name[0].toUpperCase()}${name.slice(1)} ${version}`,
    downloads,
    async goto(url) {
      await page.goto(url, { waitUntil: 'domcontentloaded' });
    },
    click: (css) => page.click(css),
    evaluate: (expression) => page.evaluate(expression),
    async screenshot(file) {
      await page.screenshot({ path: /** @type {`${string}.png`} */ (file), fullPage: true });
    },
    close: () => browser.close(),
  };
}

/** @param {Wish} wish @returns {Promise<Driver>} */
export async function webkit({ downloads, locale = 'en_US.UTF-8' }) {
  // MiniBrowser takes its folder for downloads from the user's settings.
  const home = path.join(downloads, '.home');
  mkdirSync(path.join(home, '.config'), { recursive: true });
  writeFileSync(path.join(home, '.config/user-dirs.dirs'), `XDG_DOWNLOAD_DIR="${downloads}"\n`);
  const env = { ...process.env, HOME: home, XDG_CONFIG_HOME: path.join(home, '.config'), LANG: locale, LANGUAGE: undefined, LC_ALL: undefined };
  const driver = await WebDriver.open(
    [String(programs.xvfb()), '--auto-servernum', `--server-args=-screen 0 ${VIEW.width + 100}x${VIEW.height + 200}x24`, String(programs.webkitDriver())],
    env,
    { browserName: 'MiniBrowser', 'webkitgtk:browserOptions': { binary: programs.miniBrowser(), args: ['--automation'] } },
  );
  await driver.ask('POST', '/window/rect', { ...VIEW, x: 0, y: 0 }).catch(() => {});
  return {
    browser: `WebKitGTK ${driver.version}`,
    downloads,
    async goto(url) {
      await driver.ask('POST', '/url', { url });
    },
    async click(css) {
      // Its own scrolling leaves what is far below the fold out of reach.
      await driver.ask('POST', '/execute/sync', { script: `document.querySelector(${JSON.stringify(css)}).scrollIntoView({ block: 'center', behavior: 'instant' });`, args: [] });
      await driver.ask('POST', `${await driver.element(css)}/click`, {});
    },
    evaluate: (expression) => driver.ask('POST', '/execute/sync', { script: `return ${expression};`, args: [] }),
    async screenshot(file) {
      writeFileSync(file, Buffer.from(await driver.ask('GET', '/screenshot'), 'base64'));
    },
    close: () => driver.close(),
  };
}

/** Files that have arrived in a folder of downloads, without those on their way. @param {string} folder */
export const arrived = (folder) => readdirSync(folder).filter((name) => !name.startsWith('.') && !/\.(part|crdownload|wkdownload|tmp)$/.test(name));
