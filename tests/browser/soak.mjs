// @ts-check
/**
 * Long training through the page's own controls: `node soak.mjs <job as JSON> <url>`, called by `cargo xtask soak`.
 * Progress goes to standard error; one JSON line comes last on standard output.
 */
import { launchBrowser } from './harness.mjs';
import { soak } from './soak-run.mjs';

const [jobText = '{}', url = ''] = process.argv.slice(2);
/** @type {import('./soak-run.mjs').Job & { adapter: 'swiftshader' | 'default' }} */
const job = JSON.parse(jobText);

const browser = await launchBrowser({ device: job.device, adapter: job.adapter });
let code = 0;
try {
  console.log(JSON.stringify(await soak(browser, job, url)));
} catch (error) {
  console.error(`soak: ${error instanceof Error ? error.stack : error}`);
  code = 1;
} finally {
  await browser.close().catch(() => {});
}
process.exit(code);
