// @ts-check
/**
 * Whether the figure of a part that is held back is that of another scene: trains on a village of 220 houses, predicts one of
 * 140, and says both IoUs and the validations' share of the time. `GROUNDMASK_URL=... node tests/browser/scene-figure.mjs [seed ...]`:
 * about two minutes a seed.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { PNG } from 'pngjs';

import { freshFolder } from './fixtures.mjs';
import { launchBrowser } from './harness.mjs';
import * as gm from './page.mjs';
import { inside, village } from './village.mjs';

const SIZE = 1500;
const LIMIT_MS = 600_000;
const seeds = process.argv.slice(2).map(Number);

for (const seed of seeds.length ? seeds : [1, 2, 3]) {
  const folder = freshFolder(`scene-figure-${seed}`);
  const [own, other] = [village(seed, { houses: 220, size: SIZE }), village(100 + seed, { houses: 140, size: SIZE })];
  const [ortho, outlines, second] = ['ortho.tif', 'osm.geojson', 'second.tif'].map((name) => path.join(folder, name));
  writeFileSync(ortho, own.tiff);
  writeFileSync(outlines, own.geojson);
  writeFileSync(second, other.tiff);
  const browser = await launchBrowser({ device: 'cpu' });
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await gm.openPage(page, process.env.GROUNDMASK_URL ?? 'http://localhost:8080/', 'cpu');
  await gm.dropForTraining(page, [ortho, outlines]);
  await gm.applySettings(page, 'fast', { steps: 200, seed });
  const { run } = await gm.train(page, { limitMs: LIMIT_MS });
  /** @type {any} */
  const end = run?.end;
  const share = await page.evaluate(() => {
    let [before, spent, last] = [0, 0, 1];
    for (const event of /** @type {any} */ (window).groundmask.lastEvents) {
      if (event.type === 'step') before = event.elapsed_ms;
      if (event.type === 'validation') spent += event.elapsed_ms - before;
      last = event.elapsed_ms ?? last;
    }
    return spent / last;
  });
  await gm.goTo(page, 'predict');
  await gm.dropForPrediction(page, [second], 1);
  await gm.predict(page, { count: 1, validation: false, limitMs: LIMIT_MS });
  await page.locator('#results li.pair button.picture').first().click();
  const mask = PNG.sync.read((await gm.download(page, '#viewer-mask')).bytes);
  const truth = new Uint8Array(SIZE * SIZE);
  for (const ring of other.rings) inside(ring, SIZE, (x, y) => { truth[y * SIZE + x] = 1; });
  let [both, either] = [0, 0];
  truth.forEach((is, i) => {
    const said = mask.data[i * 4] > 127;
    both += Number(is === 1 && said);
    either += Number(is === 1 || said);
  });
  console.log(`seed ${seed}: step ${end.best_step} kept; IoU of the part held back ${end.validation.iou.toFixed(3)} at ${end.validation.threshold}, of the second scene ${(both / either).toFixed(3)}; ${run?.validations.length} validations, ${(100 * share).toFixed(0)} % of ${(end.elapsed_ms / 1000).toFixed(0)} s`);
  await browser.close();
}
