// @ts-check
/**
 * The part of a scene that is held back: hatched over its picture, and said on the data card.
 */
import { $, setText, show } from '../../ui/dom.js';
import { heldBackLine } from '../../ui/scene-strings.js';
import { onPaint, state } from '../../core/store.js';

export function initHeldBack() {
  onPaint(paint);
}

/** What is held back of a pair by the settings as they are. @param {number | null} pair */
export const heldBackOf = (pair) => (state.config?.held_back && state.config.held_back.pair === pair ? state.config.held_back : null);

function paint() {
  const held = state.config?.held_back;
  const pair = held && state.dataset?.pairs[held.pair];
  show($('data-held-back'), Boolean(pair));
  if (held && pair) setText($('data-held-back'), heldBackLine(held, pair));
}

/** What the mark depends on. @param {number | null} pair */
export function heldBackKey(pair) {
  const held = heldBackOf(pair);
  return held ? `${held.left} ${held.top} ${held.width} ${held.height}` : '';
}

/**
 * Hatches what is held back over a picture of the whole image.
 * @param {HTMLCanvasElement} canvas
 * @param {number | null} index of the pair
 */
export function hatch(canvas, index) {
  const held = heldBackOf(index);
  const pair = index === null ? null : state.dataset?.pairs[index];
  const context = canvas.getContext('2d');
  if (!held || !pair || !context) return;
  const scale = canvas.width / pair.width;
  const [x, y, w, h] = [held.left, held.top, held.width, held.height].map((v) => v * scale);
  // Large pictures are shown larger, but not by as much.
  const unit = Math.max(1, Math.max(canvas.width, canvas.height) / 450);
  context.save();
  context.beginPath();
  context.rect(x, y, w, h);
  context.clip();
  // Dark beside light: seen on any ground.
  for (const [colour, shift] of /** @type {const} */ ([['rgb(0 0 0 / .55)', unit], ['rgb(255 255 255 / .8)', 0]])) {
    context.strokeStyle = colour;
    context.lineWidth = unit;
    context.beginPath();
    for (let at = -h; at < w; at += unit * 10) {
      context.moveTo(x + at + shift, y + h);
      context.lineTo(x + at + h + shift, y);
    }
    context.stroke();
    context.lineWidth = unit * (shift ? 5 : 2.5);
    context.strokeRect(x, y, w, h);
  }
  context.restore();
}
