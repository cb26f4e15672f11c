// @ts-check
/**
 * Parts of a picture that are not labelled, or might better not be, drawn over it.
 */

/** @typedef {import('../core/types.js').UnmappedPart} UnmappedPart */

/**
 * @param {HTMLCanvasElement} canvas
 * @param {readonly UnmappedPart[]} leftOut greyed
 * @param {readonly UnmappedPart[]} asked framed
 */
export function markParts(canvas, leftOut, asked) {
  const context = canvas.getContext('2d');
  if (!context || leftOut.length + asked.length === 0) return;
  const rect = (/** @type {UnmappedPart} */ { left, top, right, bottom }) => /** @type {[number, number, number, number]} */ ([left * canvas.width, top * canvas.height, (right - left) * canvas.width, (bottom - top) * canvas.height]);
  context.save();
  context.fillStyle = 'rgb(120 126 122 / 72%)';
  for (const part of leftOut) context.fillRect(...rect(part));
  context.lineWidth = Math.max(2, canvas.width / 48);
  context.strokeStyle = '#ffb000';
  context.setLineDash([canvas.width / 16, canvas.width / 24]);
  for (const part of asked) {
    const [x, y, width, height] = rect(part);
    const inset = context.lineWidth / 2;
    context.strokeRect(x + inset, y + inset, width - 2 * inset, height - 2 * inset);
  }
  context.restore();
}
