// @ts-check
/**
 * What is drawn over image and labels: the shape under way, the keyboard's cross, the frame of a suggestion.
 */

/**
 * @typedef {import('./raster.js').Point} Point
 * @typedef {import('./canvas.js').Place} Place
 */

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Place} place
 * @param {{ tools: import('./tools.js').Tools, cross: Point | null, brushPx: number, suggestion: import('../../core/types.js').LabelPlace | undefined }} what
 */
export function drawSketch(context, place, { tools, cross, brushPx, suggestion }) {
  const ratio = devicePixelRatio || 1;
  const at = (/** @type {Point} */ { x, y }) => /** @type {[number, number]} */ ([place.left + x * place.scale, place.top + y * place.scale]);
  if (suggestion) {
    const [x, y] = at({ x: suggestion.left, y: suggestion.top });
    const side = suggestion.side_px * place.scale;
    twice(context, ratio, [8 * ratio, 6 * ratio], () => context.strokeRect(x, y, side, side));
  }
  const { points, next, name } = tools;
  const corners = next ? [...points, next] : points;
  if (corners.length && !tools.strokes) {
    const first = tools.corner ?? points[0];
    if (name === 'rectangle' && next) {
      const [x, y] = at(first);
      const [x1, y1] = at(next);
      twice(context, ratio, [], () => context.strokeRect(x, y, x1 - x, y1 - y));
    } else {
      const path = () => {
        context.beginPath();
        for (const point of corners) context.lineTo(...at(point));
        if (name !== 'line' && corners.length > 2) context.closePath();
        context.stroke();
      };
      if (name === 'line') wide(context, brushPx * place.scale, path);
      twice(context, ratio, [], path);
      if (name === 'line' || name === 'polygon') for (const point of points) dot(context, at(point), ratio);
    }
  }
  if (cross) {
    const [x, y] = at(cross);
    const arm = 12 * ratio;
    twice(context, ratio, [], () => {
      context.beginPath();
      for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
        context.moveTo(x + dx * 3 * ratio, y + dy * 3 * ratio);
        context.lineTo(x + dx * arm, y + dy * arm);
      }
      context.stroke();
    });
  }
}

/** Dark below and light above: seen on any ground. @param {CanvasRenderingContext2D} context @param {number} ratio @param {number[]} dash @param {() => void} stroke */
function twice(context, ratio, dash, stroke) {
  context.save();
  context.lineJoin = 'round';
  context.setLineDash([]);
  context.lineWidth = 4 * ratio;
  context.strokeStyle = 'rgb(0 0 0 / 65%)';
  stroke();
  context.setLineDash(dash);
  context.lineWidth = 2 * ratio;
  context.strokeStyle = '#ffffff';
  stroke();
  context.restore();
}

/** As wide as the line will be. @param {CanvasRenderingContext2D} context @param {number} width @param {() => void} stroke */
function wide(context, width, stroke) {
  context.save();
  context.lineWidth = width;
  context.lineCap = 'round';
  context.lineJoin = 'round';
  context.strokeStyle = 'rgb(255 255 255 / 35%)';
  stroke();
  context.restore();
}

/** @param {CanvasRenderingContext2D} context @param {[number, number]} at @param {number} ratio */
function dot(context, [x, y], ratio) {
  context.fillStyle = '#ffffff';
  context.strokeStyle = 'rgb(0 0 0 / 75%)';
  context.lineWidth = ratio;
  context.beginPath();
  context.arc(x, y, 4 * ratio, 0, 7);
  context.fill();
  context.stroke();
}
