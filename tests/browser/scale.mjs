// @ts-check
/**
 * What `scale/` has made, in the page: `node scale.mjs URL RUN DATA MODEL IMAGE OUT` goes on with RUN on DATA to its end, and has
 * MODEL predict IMAGE, whose probabilities go to OUT as a GeoTIFF. One JSON line; called by `scale/tests/test_parity.py`.
 */
import { writeFileSync } from 'node:fs';

import { dropPaths, launchBrowser, until } from './harness.mjs';
import * as gm from './page.mjs';
import { ended } from './survive-kit.mjs';
import { unzip } from './zip.mjs';

const [url, run, data, model, image, out] = process.argv.slice(2);
const browser = await launchBrowser({ device: 'cpu' });
try {
  const open = async () => {
    const page = await (await browser.newContext({ acceptDownloads: true })).newPage();
    await gm.openPage(page, url, 'cpu');
    return page;
  };
  const training = await open();
  await gm.dropForTraining(training, [data]);
  await dropPaths(training, [run]);
  await training.click('#offer-resume');
  const { run: resumed } = await ended(training);

  const predicting = await open();
  await predicting.setInputFiles('#pick-model', model);
  await until(async () => (await gm.read(predicting)).model, { limitMs: 60_000, what: 'the model is loaded' });
  await gm.dropForPrediction(predicting, [image], 1);
  await gm.predict(predicting, { count: 1, validation: false, limitMs: 120_000 });
  await predicting.selectOption('#zip-kind', 'probability_tif');
  const files = unzip((await gm.download(predicting, '#download-zip')).bytes);
  const name = [...files.keys()].find((one) => one.endsWith('.tif'));
  if (!name) throw new Error(`no GeoTIFF among ${[...files.keys()]}`);
  writeFileSync(out, /** @type {Buffer} */ (files.get(name)));
  console.log(JSON.stringify({ from: resumed.from, steps: resumed.end?.steps, losses: resumed.losses.slice(-1), validated: resumed.validations[0]?.step ?? null }));
} finally {
  await browser.close();
}
