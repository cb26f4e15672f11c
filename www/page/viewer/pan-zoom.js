// @ts-check
/**
 * Zoom and pan of the viewer: by wheel, fingers, double click, buttons and keys.
 */

const MAX_ZOOM = 32;

/** Scale relative to "fits", and the picture's centre shift in CSS pixels. */
let zoom = 1;
let panX = 0;
let panY = 0;
/** Called when anything moved. */
let draw = () => {};

export const isZoomed = () => zoom > 1;
export const zoomWords = () => `${Math.round(zoom * 100)} %`;

/** @param {number} x @param {number} y CSS pixels */
export function panBy(x, y) {
  panX += x;
  panY += y;
}

/** Where a picture lies on the stage, in CSS pixels. @param {{ width: number, height: number }} picture @param {number} wide of the stage @param {number} high */
export function place({ width, height }, wide, high) {
  const scale = Math.min(wide / width, high / height) * zoom;
  // The picture never leaves the stage altogether.
  const limitX = (width * scale + wide) / 2 - 48;
  const limitY = (height * scale + high) / 2 - 48;
  panX = Math.min(limitX, Math.max(-limitX, panX));
  panY = Math.min(limitY, Math.max(-limitY, panY));
  return { left: (wide - width * scale) / 2 + panX, top: (high - height * scale) / 2 + panY, scale };
}

/** @param {number} factor @param {number} [x] @param {number} [y] a point of the stage that stays where it is, from its centre */
export function zoomBy(factor, x = 0, y = 0) {
  const next = Math.min(MAX_ZOOM, Math.max(1, zoom * factor));
  const real = next / zoom;
  panX = x - (x - panX) * real;
  panY = y - (y - panY) * real;
  zoom = next;
  draw();
}

export function fit() {
  zoom = 1;
  panX = 0;
  panY = 0;
  draw();
}

/**
 * @param {HTMLElement} stage
 * @param {() => void} redraw
 * @param {{ near: (share: number, wide: number) => boolean, move: (share: number) => void }} divider what may be dragged instead: `share` of the stage's width
 */
export function initPanZoom(stage, redraw, divider) {
  draw = redraw;
  /** @type {Map<number, { x: number, y: number }>} */
  const fingers = new Map();
  let dragging = false;
  const point = (/** @type {PointerEvent | WheelEvent} */ event) => {
    const box = stage.getBoundingClientRect();
    return { x: event.clientX - box.left - box.width / 2, y: event.clientY - box.top - box.height / 2, share: (event.clientX - box.left) / box.width };
  };
  stage.addEventListener('wheel', (event) => {
    event.preventDefault();
    const { x, y } = point(event);
    zoomBy(Math.exp(-event.deltaY * 0.002), x, y);
  }, { passive: false });
  stage.addEventListener('pointerdown', (event) => {
    if (event.target instanceof HTMLButtonElement) return;
    stage.setPointerCapture(event.pointerId);
    const at = point(event);
    fingers.set(event.pointerId, at);
    dragging = fingers.size === 1 && divider.near(at.share, stage.clientWidth);
  });
  stage.addEventListener('pointermove', (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const now = point(event);
    if (dragging) divider.move(now.share);
    else if (fingers.size === 2) pinch(fingers, event.pointerId, now);
    else {
      panBy(now.x - before.x, now.y - before.y);
      draw();
    }
    fingers.set(event.pointerId, now);
  });
  for (const end of ['pointerup', 'pointercancel']) {
    stage.addEventListener(end, (event) => {
      fingers.delete(/** @type {PointerEvent} */ (event).pointerId);
      dragging = false;
    });
  }
  stage.addEventListener('dblclick', (event) => {
    if (event.target instanceof HTMLButtonElement) return;
    if (zoom > 1) fit();
    else {
      const { x, y } = point(/** @type {any} */ (event));
      zoomBy(3, x, y);
    }
  });
}

/** @param {Map<number, { x: number, y: number }>} fingers @param {number} moved @param {{ x: number, y: number }} now */
function pinch(fingers, moved, now) {
  const before = fingers.get(moved);
  const other = [...fingers].find(([id]) => id !== moved)?.[1];
  if (!before || !other) return;
  const was = Math.hypot(before.x - other.x, before.y - other.y);
  const is = Math.hypot(now.x - other.x, now.y - other.y);
  if (was > 4) zoomBy(is / was, (now.x + other.x) / 2, (now.y + other.y) / 2);
}
