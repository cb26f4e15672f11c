// @ts-check
/**
 * No control acts before people could see it: one that has just appeared, changed what it does, or moved under the
 * pointer takes no press for a moment. A second tap meant for what was there before falls on deaf ears. Keys are free: who
 * uses them is at one control and stays there.
 *
 * `data-steady="appear"`: deaf after it appears or says something else; `"move"`: also after it moved.
 */

import { onPaint } from '../core/store.js';

/** Longer than two taps that belong together are apart. */
const DEAF_MS = 1000;
const LOOK_EVERY_MS = 150;
const MOVED_PX = 8;

/** What was seen of a control. `x`, `y` in the window, `left`, `top` on the page: what is scrolled moves in one of them only. @typedef {{ words: string, x: number, y: number, left: number, top: number, since: number }} Seen */
/** @type {WeakMap<HTMLElement, Seen>} */
const seen = new WeakMap();
/** Controls that are not to be pressed for a reason of their own. @type {WeakSet<HTMLElement>} */
const held = new WeakSet();

export function initPressGuard() {
  // With the frame that shows it, and between frames for what moves by itself.
  onPaint(check);
  setInterval(() => {
    if (!document.hidden) check();
  }, LOOK_EVERY_MS);
  document.addEventListener('click', (event) => {
    // A click without a count is a key's, or a script's.
    const control = event.detail && event.target instanceof Element ? /** @type {HTMLElement | null} */ (event.target.closest('[data-steady]')) : null;
    if (!control) return;
    check();
    if (!isDeaf(control)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);
}

/** Says whether a control may be pressed at all; `aria-disabled` tells it. @param {HTMLElement} control @param {boolean} disabled */
export function hold(control, disabled) {
  if (disabled) held.add(control);
  else held.delete(control);
  tell(control);
}

/** @param {HTMLElement} control */
const isDeaf = (control) => performance.now() - (seen.get(control)?.since ?? -DEAF_MS) < DEAF_MS;

/** @param {HTMLElement} control */
function tell(control) {
  const disabled = String(held.has(control) || isDeaf(control));
  if (control.ariaDisabled !== disabled) control.ariaDisabled = disabled;
}

function check() {
  const now = performance.now();
  for (const control of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[data-steady]'))) {
    const { x, y, width } = control.getBoundingClientRect();
    if (!width) {
      seen.delete(control);
      continue;
    }
    const words = control.textContent ?? '';
    const before = seen.get(control);
    const place = { x, y, left: x + scrollX, top: y + scrollY };
    const moved = before && control.dataset.steady === 'move' && far(x - before.x, y - before.y) && far(place.left - before.left, place.top - before.top);
    seen.set(control, { words, ...place, since: !before || before.words !== words || moved ? now : before.since });
    tell(control);
  }
}

/** @param {number} dx @param {number} dy */
const far = (dx, dy) => Math.hypot(dx, dy) > MOVED_PX;
