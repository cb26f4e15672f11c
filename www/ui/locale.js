// @ts-check
/**
 * Imported before what formats by `navigator.language` while it loads (uPlot): some browsers give no language tag there
 * ("C" in WebKitGTK 2.50 under LANG=C.UTF-8), and `Intl` throws on those.
 */

/** Taken in the place of what is none. */
const USUAL = 'en-GB';

/** Whether `Intl` knows what this is. @param {unknown} tag */
function isTag(tag) {
  try {
    return typeof tag === 'string' && Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}

if (!isTag(navigator.language)) Object.defineProperty(navigator, 'language', { value: USUAL, configurable: true });
