// @ts-check
/**
 * Pointers on the label editor's stage: one finger, a pen or the first button paints, two fingers or the second hand of a
 * mouse move the picture.
 */
import { onStage } from '../viewer/pan-zoom.js';

/**
 * @typedef {import('./raster.js').Point} Point
 * @typedef {object} Hands
 * @property {import('./tools.js').Tools} tools
 * @property {import('../viewer/pan-zoom.js').PanZoom} pose
 * @property {(x: number, y: number) => Point} toImage from pixels of the stage
 * @property {() => boolean} pans whether the first button moves the picture now
 * @property {(x: number, y: number, touch: boolean) => void} hover the pointer is at a place of the stage
 * @property {() => void} leave
 */

/** @param {HTMLElement} stage @param {Hands} hands */
export function listenToPointers(stage, { tools, pose, toImage, pans, hover, leave }) {
  /** @type {'paint' | 'pan' | 'pinch' | null} */
  let mode = null;
  /** @type {Map<number, Point>} */
  const fingers = new Map();
  // Asking for it in every event would lay out the page anew.
  let box = stage.getBoundingClientRect();
  const at = (/** @type {PointerEvent} */ event) => ({ x: event.clientX - box.left, y: event.clientY - box.top });
  const hold = (/** @type {PointerEvent} */ event) => ({ shift: event.shiftKey, pressure: event.pointerType === 'pen' && event.pressure ? event.pressure : undefined, at: event.timeStamp });
  const point = (/** @type {PointerEvent} */ event) => {
    const { x, y } = at(event);
    return toImage(x, y);
  };
  new ResizeObserver(() => {
    box = stage.getBoundingClientRect();
  }).observe(stage);

  stage.addEventListener('pointerdown', (event) => {
    if (event.target instanceof HTMLButtonElement) return;
    box = stage.getBoundingClientRect();
    stage.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, onStage(stage, event));
    if (fingers.size > 1) {
      // The first finger did not mean to paint.
      if (mode === 'paint') tools.abort();
      mode = 'pinch';
      return;
    }
    if (event.button === 1 || (event.button === 0 && pans())) mode = 'pan';
    else if (event.button === 0) {
      mode = 'paint';
      tools.down(point(event), hold(event));
    }
  });
  stage.addEventListener('pointermove', (event) => {
    const { x, y } = at(event);
    hover(x, y, event.pointerType === 'touch');
    const before = fingers.get(event.pointerId);
    if (!before) {
      tools.move(toImage(x, y), hold(event));
      return;
    }
    if (mode === 'paint') {
      const all = event.getCoalescedEvents?.() ?? [];
      for (const one of all.length ? all : [event]) tools.move(point(one), hold(one));
      return;
    }
    const now = onStage(stage, event);
    const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
    if (mode === 'pinch' && other && fingers.size === 2) pose.pinch([before, other], [now, other]);
    else if (mode === 'pan') {
      pose.panBy(now.x - before.x, now.y - before.y);
      pose.draw();
    }
    fingers.set(event.pointerId, now);
  });
  stage.addEventListener('pointerup', (event) => {
    if (!fingers.delete(event.pointerId)) return;
    if (mode === 'paint') tools.up(point(event), hold(event));
    if (!fingers.size) mode = null;
  });
  stage.addEventListener('pointercancel', (event) => {
    if (!fingers.delete(event.pointerId)) return;
    if (mode === 'paint') tools.abort();
    if (!fingers.size) mode = null;
  });
  stage.addEventListener('pointerleave', leave);
  stage.addEventListener('dblclick', () => tools.finish());
  stage.addEventListener('contextmenu', (event) => {
    event.preventDefault();
    tools.finish();
  });
}
