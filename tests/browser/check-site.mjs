// @ts-check
/**
 * Opens a published site in headless Chromium, waits for its engine, and opens it once more without a network: `node check-site.mjs <url>`,
 * called by `cargo xtask site` with a path that is not the host's root.
 */
import { launchBrowser, until, watch } from './harness.mjs';
import { deviceUp, openPage } from './page.mjs';

const [url = ''] = process.argv.slice(2);
const browser = await launchBrowser({ device: 'cpu' });
let code = 0;
try {
  const context = await browser.newContext({ serviceWorkers: 'allow' });
  const seen = await watch(context, url);
  /** @type {string[]} */
  const missing = [];
  context.on('response', (response) => {
    if (response.status() >= 400) missing.push(`${response.status()} ${response.url()}`);
  });
  const page = await context.newPage();
  await openPage(page, url, 'cpu');
  await until(() => deviceUp(page), { limitMs: 120_000, what: 'the engine came up' });
  await until(async () => (await page.evaluate('groundmask.state().offline')).kept, { limitMs: 120_000, what: 'the page is kept in the browser' });
  await context.setOffline(true);
  await openPage(page, url, 'cpu');
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
