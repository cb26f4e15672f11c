// @ts-check
/**
 * Which build of the page this is. Filled in by `cargo xtask serve` and `site` (xtask/src/offline.rs); empty where the page
 * is served as it lies in the checkout.
 */

/** A hash over all files of the page: page, worker and service worker compare it, and refuse to mix. */
export const BUILD = '';

/** SHA-256 of the engine's binaries, in base64, by their path below the page. @type {Readonly<Record<string, string>>} */
export const BINARIES = {};
