// @ts-check
/** The label editor as a person uses it: opened by its buttons, painted in with the mouse. */
import { until } from './harness.mjs';
import * as gm from './page.mjs';

/** @typedef {import('playwright-core').Page} Page */

/** @param {Page} page @returns {Promise<any>} what the page's hook tells of its editor */
export const figures = (page) => page.evaluate(() => /** @type {any} */ (window).groundmask.labelling());

export class LabelPage {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    /** Where the stage is. @type {{ x: number, y: number } | null} */
    this.box = null;
  }

  figures() {
    return figures(this.page);
  }

  /** Opens the editor, and turns to an image. @param {string} [name] its file's name */
  async open(name) {
    const { page } = this;
    if (!(await this.figures()).open) {
      await gm.goTo(page, 'data');
      // One of the two: images without masks are painted, pairs are corrected. Which is known when the files are sorted.
      await page.locator('#pictures-paint:visible, #label-open:visible').first().click();
    }
    for (let tries = 0; name && tries < 10_000; tries += 1) {
      const { image } = await this.figures();
      if (image?.split('/').at(-1) === name) break;
      await page.click('#label-next');
      await until(async () => (await this.figures()).image !== image, { limitMs: 120_000, what: 'the next image', everyMs: 10 });
    }
    await this.ready();
    this.box = await page.locator('#label-stage').boundingBox();
  }

  /** Waits for labels and picture. */
  ready() {
    return until(async () => {
      const now = await this.figures();
      return now.ready && now.pictureWidth ? now : null;
    }, { limitMs: 60_000, what: 'the image can be painted on', everyMs: 20 });
  }

  /** A point of the image in the window. @param {{ x: number, y: number }} point @param {{ left: number, top: number, scale: number }} place */
  onScreen({ x, y }, place) {
    return /** @type {[number, number]} */ ([(this.box?.x ?? 0) + place.left + x * place.scale, (this.box?.y ?? 0) + place.top + y * place.scale]);
  }

  /** @param {import('./oracle.mjs').Stroke} stroke */
  async stroke({ value, brushPx, points }) {
    const { page } = this;
    await page.keyboard.press('b');
    await page.keyboard.press(String(value + 1));
    await this.size(brushPx);
    const { place, strokes } = await this.figures();
    await page.mouse.move(...this.onScreen(points[0], place));
    await page.mouse.down();
    for (const point of points.slice(1)) await page.mouse.move(...this.onScreen(point, place));
    await page.mouse.up();
    await until(async () => (await this.figures()).strokes !== strokes || points.length === 1, { limitMs: 120_000, what: 'the stroke is there', everyMs: 5 });
  }

  /** @param {number} px */
  async size(px) {
    for (let i = 0; i < 60; i += 1) {
      const { brushPx } = await this.figures();
      if (Math.abs(brushPx - px) < 0.5) return;
      await this.page.click(brushPx > px ? '#label-smaller' : '#label-larger');
      const after = (await this.figures()).brushPx;
      // Sizes go by shares: what cannot be met exactly is met nearly.
      if ((after - px) * (brushPx - px) <= 0) return;
    }
  }

  async trainOrPause() {
    await until(() => this.page.locator('#label-train').isEnabled(), { limitMs: 60_000, what: 'training can begin' });
    await this.page.click('#label-train');
  }

  async nextSuggestion() {
    const before = await this.figures();
    await this.page.keyboard.press('n');
    await until(async () => {
      const now = await this.figures();
      return JSON.stringify(now.suggestion) !== JSON.stringify(before.suggestion) || (await this.page.textContent('#label-suggest-line'))?.startsWith('Nothing');
    }, { limitMs: 120_000, what: 'a suggestion' });
    const { suggestion } = await this.figures();
    if (suggestion) await this.ready();
    return /** @type {import('../../www/core/types.js').LabelPlace | null} */ (suggestion);
  }

  /** @param {number} ms */
  async idle(ms) {
    await this.page.waitForTimeout(ms);
  }

  async close() {
    if ((await this.figures()).open) await this.page.click('#label-close');
  }
}
