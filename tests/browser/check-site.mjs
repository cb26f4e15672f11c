// @ts-check
/**
 * Opens a published site in headless Chromium and waits for its engine: `node check-site.mjs <url>`,
 * called by `cargo xtask site` with a path that is not the host's root.
 */
import { launchBrowser, until, watch } from './harness.mjs';
import { deviceUp, openPage } from './page.mjs';

const [url = ''] = process.argv.slice(2);
const browser = await launchBrowser({ device: 'cpu' });
let code = 0;
try {
  const context = await browser.newContext();
  const seen = await watch(context, url);
  /** @type {string[]} */
  const missing = [];
  context.on('response', (response) => {
    if (response.status() >= 400) missing.push(`${response.status()} ${response.url()}`);
  });
  const page = await context.newPage();
  await openPage(page, url, 'cpu');
  await until(() => deviceUp(page), { limitMs: 120_000, what: 'the engine came up' });
  const outside = seen.requests.filter((address) => !address.startsWith(url));
  for (const problem of [...missing, ...outside.map((a) => `outside the folder: ${a}`), ...seen.foreign.map((a) => `foreign: ${a}`)]) {
    console.error(`site: ${problem}`);
    code = 1;
  }
} catch (error) {
  console.error(`site: ${error instanceof Error ? error.message : error}`);
  code = 1;
} finally {
  await browser.close();
}
process.exit(code);
