// @ts-check
/**
 * Zoom and pan of a picture on a stage: by wheel, fingers, double click, buttons and keys.
 */

/** Zoom that is enough for pictures of a viewer's size. */
const MAX_ZOOM = 32;
/** So much of the picture stays on the stage, CSS pixels. */
const STAYS_PX = 48;

/** @typedef {{ x: number, y: number }} Point from the stage's centre, CSS pixels */

export class PanZoom {
  /** @param {() => void} draw called when anything moved */
  constructor(draw) {
    this.draw = draw;
    /** Scale relative to "fits", and the picture's centre shift in CSS pixels. */
    this.zoom = 1;
    this.panX = 0;
    this.panY = 0;
    this.maxZoom = MAX_ZOOM;
  }

  get isZoomed() {
    return this.zoom > 1;
  }

  get words() {
    return `${Math.round(this.zoom * 100)} %`;
  }

  /** @param {number} x @param {number} y CSS pixels */
  panBy(x, y) {
    this.panX += x;
    this.panY += y;
  }

  /** Where a picture lies on the stage, in CSS pixels. @param {{ width: number, height: number }} picture @param {number} wide of the stage @param {number} high */
  place({ width, height }, wide, high) {
    const scale = Math.min(wide / width, high / height) * this.zoom;
    // The picture never leaves the stage altogether.
    const limitX = (width * scale + wide) / 2 - STAYS_PX;
    const limitY = (height * scale + high) / 2 - STAYS_PX;
    this.panX = Math.min(limitX, Math.max(-limitX, this.panX));
    this.panY = Math.min(limitY, Math.max(-limitY, this.panY));
    return { left: (wide - width * scale) / 2 + this.panX, top: (high - height * scale) / 2 + this.panY, scale };
  }

  /** @param {number} factor @param {number} [x] @param {number} [y] a point of the stage that stays where it is, from its centre */
  zoomBy(factor, x = 0, y = 0) {
    const next = Math.min(this.maxZoom, Math.max(1, this.zoom * factor));
    const real = next / this.zoom;
    this.panX = x - (x - this.panX) * real;
    this.panY = y - (y - this.panY) * real;
    this.zoom = next;
    this.draw();
  }

  fit() {
    this.zoom = 1;
    this.panX = 0;
    this.panY = 0;
    this.draw();
  }

  /**
   * Brings a part of the picture to the middle of the stage, as large as the stage allows.
   * @param {{ left: number, top: number, width: number, height: number }} part
   * @param {{ width: number, height: number }} picture @param {number} wide @param {number} high of the stage
   */
  show(part, { width, height }, wide, high) {
    const fits = Math.min(wide / width, high / height);
    this.zoom = Math.min(this.maxZoom, Math.max(1, Math.min(wide / part.width, high / part.height) / fits));
    const scale = fits * this.zoom;
    this.panX = (width / 2 - part.left - part.width / 2) * scale;
    this.panY = (height / 2 - part.top - part.height / 2) * scale;
    this.draw();
  }

  /** Two fingers: what was between them stays between them. @param {[Point, Point]} before @param {[Point, Point]} now */
  pinch(before, now) {
    const apart = ([a, b] = before) => Math.hypot(a.x - b.x, a.y - b.y);
    const middle = ([a, b] = before) => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });
    const [from, to] = [middle(before), middle(now)];
    this.panBy(to.x - from.x, to.y - from.y);
    this.zoomBy(apart(before) > 4 ? apart(now) / apart(before) : 1, to.x, to.y);
  }

  /** The wheel zooms at the pointer. @param {HTMLElement} stage */
  listenToWheel(stage) {
    stage.addEventListener('wheel', (event) => {
      event.preventDefault();
      const { x, y } = onStage(stage, event);
      this.zoomBy(Math.exp(-event.deltaY * 0.002), x, y);
    }, { passive: false });
  }

  /**
   * Lets the stage be moved by hand.
   * @param {HTMLElement} stage
   * @param {{ near: (share: number, wide: number) => boolean, move: (share: number) => void }} divider what may be dragged instead: `share` of the stage's width
   */
  listen(stage, divider) {
    /** @type {Map<number, Point>} */
    const fingers = new Map();
    let dragging = false;
    const share = (/** @type {Point} */ { x }) => x / stage.clientWidth + 0.5;
    this.listenToWheel(stage);
    stage.addEventListener('pointerdown', (event) => {
      if (event.target instanceof HTMLButtonElement) return;
      stage.setPointerCapture(event.pointerId);
      const at = onStage(stage, event);
      fingers.set(event.pointerId, at);
      dragging = fingers.size === 1 && divider.near(share(at), stage.clientWidth);
    });
    stage.addEventListener('pointermove', (event) => {
      const before = fingers.get(event.pointerId);
      if (!before) return;
      const now = onStage(stage, event);
      const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
      if (dragging) divider.move(share(now));
      else if (fingers.size === 2 && other) this.pinch([before, other], [now, other]);
      else {
        this.panBy(now.x - before.x, now.y - before.y);
        this.draw();
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
      const { x, y } = onStage(stage, event);
      if (this.isZoomed) this.fit();
      else this.zoomBy(3, x, y);
    });
  }
}

/** Where a pointer is, from the stage's centre. @param {HTMLElement} stage @param {MouseEvent} event @returns {Point} */
export function onStage(stage, event) {
  const box = stage.getBoundingClientRect();
  return { x: event.clientX - box.left - box.width / 2, y: event.clientY - box.top - box.height / 2 };
}
