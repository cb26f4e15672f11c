// @ts-check
/**
 * Draws the icons of the installed page from `www/icon.svg`, into `www/icons/`: `node browser/icons.mjs` in `tests/`.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { TESTS, launchBrowser } from './harness.mjs';

const WWW = path.join(TESTS, '../www');
/** Systems cut a maskable icon to any shape within a circle of 80 % (W3C, Web Application Manifest, "purpose"). */
const SAFE = 0.62;
const GROUND = '#1f7a4d';

const svg = readFileSync(path.join(WWW, 'icon.svg'), 'utf8');
mkdirSync(path.join(WWW, 'icons'), { recursive: true });
const browser = await launchBrowser({ device: 'cpu' });
const page = await browser.newPage();
for (const { name, size, share, ground } of [
  { name: '192', size: 192, share: 1, ground: 'transparent' },
  { name: '512', size: 512, share: 1, ground: 'transparent' },
  { name: 'maskable-512', size: 512, share: SAFE, ground: GROUND },
]) {
  await page.setViewportSize({ width: size, height: size });
  await page.setContent(`<style>body{margin:0;background:${ground};display:grid;place-items:center;height:100vh}svg{width:${share * 100}%}</style>${svg}`);
  await page.screenshot({ path: path.join(WWW, 'icons', `${name}.png`), omitBackground: true });
}
await browser.close();
