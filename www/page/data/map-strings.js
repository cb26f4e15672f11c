// @ts-check
/**
 * The words for faults of map data: outlines beside what the image shows, parts that nobody has mapped.
 */

/**
 * @typedef {import('../../core/types.js').Pair} Pair
 * @typedef {import('../../core/types.js').Finding} Finding
 * @typedef {import('../../core/types.js').OutlineShift} OutlineShift
 * @typedef {import('../../core/types.js').UnmappedPart} UnmappedPart
 * @typedef {{ sentence: string, why: string, button: string }} Words
 */

/** From east, counter-clockwise in steps of 45 degrees. */
const WINDS = ['east', 'north-east', 'north', 'north-west', 'west', 'south-west', 'south', 'south-east'];
const WAYS = ['right', 'upper right', 'top', 'upper left', 'left', 'lower left', 'bottom', 'lower right'];

/** @param {Pair | undefined} pair @param {number} dx right, pixels @param {number} dy down, pixels */
export function wayWords(pair, dx, dy) {
  const eighth = (Math.round(Math.atan2(-dy, dx) / (Math.PI / 4)) + 8) % 8;
  return `to the ${(pair?.north_up ? WINDS : WAYS)[eighth]}`;
}

/** How far, on the ground where that is known. @param {Pair | undefined} pair @param {number} dx @param {number} dy */
export function farWords(pair, dx, dy) {
  const px = Math.hypot(dx, dy);
  if (!pair?.pixel_m) return `${Math.round(px)} px`;
  const metres = px * pair.pixel_m;
  return `${metres < 9.95 ? Number(metres.toFixed(1)) : Math.round(metres)} m`;
}

/** The line beside the buttons that move. @param {Pair | undefined} pair @param {readonly [number, number]} at */
export function movedLine(pair, [dx, dy]) {
  if (!dx && !dy) return 'Where they came. Arrow keys move them by a pixel, with Shift by ten.';
  const steps = [dx && `${Math.abs(dx)} px ${dx < 0 ? 'left' : 'right'}`, dy && `${Math.abs(dy)} px ${dy < 0 ? 'up' : 'down'}`].filter(Boolean);
  const ground = pair?.pixel_m ? ` (${steps.join(', ')})` : '';
  return `Moved ${farWords(pair, dx, dy)} ${wayWords(pair, dx, dy)}${ground}.`;
}

/** A share as a part of the whole, in words. @param {number} share */
function portion(share) {
  if (Math.abs(share - 0.5) < 0.07) return 'half';
  if (Math.abs(share - 1 / 3) < 0.04) return 'third';
  if (Math.abs(share - 0.25) < 0.04) return 'quarter';
  return `${Math.round(share * 100)} %`;
}

/** Which part of the picture. @param {UnmappedPart} part @param {Pair | undefined} pair */
export function partWords({ left, top, right, bottom }, pair) {
  const near = 0.03;
  const [wide, high] = [left < near && right > 1 - near, top < near && bottom > 1 - near];
  const x = wide ? '' : right > 1 - near ? 'e' : left < near ? 'w' : '-';
  const y = high ? '' : top < near ? 'n' : bottom > 1 - near ? 's' : '-';
  const share = portion((right - left) * (bottom - top));
  const names = pair?.north_up
    ? { n: 'northern', s: 'southern', e: 'eastern', w: 'western', nw: 'north-western', ne: 'north-eastern', sw: 'south-western', se: 'south-eastern' }
    : { n: 'upper', s: 'lower', e: 'right', w: 'left', nw: 'upper left', ne: 'upper right', sw: 'lower left', se: 'lower right' };
  const name = /** @type {Record<string, string>} */ (names)[y + x];
  if (!name) return `a part (${share}) of the scene`;
  return x && y && share.endsWith('%') ? `the ${name} corner (${share})` : `the ${name} ${share}`;
}

/**
 * A finding of this kind in words; null of another.
 * @param {Finding} finding @param {readonly Pair[]} pairs
 * @returns {Words | null}
 */
export function mapFindingWords({ code, mend }, pairs) {
  if (mend.kind === 'shift') return shiftWords(code, mend.shifts, pairs);
  if (mend.kind === 'leave_out') return unmappedWords(code, mend.parts, pairs);
  return null;
}

/** @param {string} code @param {readonly OutlineShift[]} shifts @param {readonly Pair[]} pairs @returns {Words} */
function shiftWords(code, shifts, pairs) {
  const [first] = shifts;
  const pair = pairs[first.pair];
  const same = shifts.every(({ dx_px, dy_px }) => Math.hypot(dx_px - first.dx_px, dy_px - first.dy_px) < 5);
  const far = farWords(pair, first.dx_px, first.dy_px);
  const scenes = `${shifts.length} scenes`;
  if (code === 'outlines_moved') {
    return {
      sentence: same ? `The outlines${shifts.length > 1 ? ` of ${scenes}` : ''} were moved ${far} ${wayWords(pair, first.dx_px, first.dy_px)}` : `The outlines of ${scenes} were moved`,
      why: 'The files stay as they are; the move belongs to this data set and its runs.',
      button: 'Put them back',
    };
  }
  const way = wayWords(pair, -first.dx_px, -first.dy_px);
  return {
    sentence: same ? `The outlines seem ${far} ${way} of what ${shifts.length > 1 ? 'the images show' : 'the image shows'}` : `The outlines of ${scenes} seem to lie beside what the images show`,
    why: 'Found by matching the outlines with the edges in the image. The network would learn the wrong place: look, then move them, or nudge them yourself.',
    button: 'Move them',
  };
}

/** @param {string} code @param {readonly UnmappedPart[]} parts @param {readonly Pair[]} pairs @returns {Words} */
function unmappedWords(code, parts, pairs) {
  const scenes = new Set(parts.map(({ pair }) => pair)).size;
  const where = parts.map((part) => partWords(part, pairs[part.pair]));
  const named = where.length > 1 ? `${where.slice(0, -1).join(', ')} and ${where[where.length - 1]}` : where[0];
  const all = scenes > 1 ? `parts of ${scenes} scenes` : named;
  const several = parts.length > 1;
  if (code === 'part_left_out') {
    return {
      sentence: `${all[0].toUpperCase()}${all.slice(1)} ${several ? 'are' : 'is'} left out`,
      why: 'Not labelled: it counts neither for nor against, in training and in the figures.',
      button: several ? 'Take them in again' : 'Take it in again',
    };
  }
  return {
    sentence: `Nothing is mapped in ${all}, though ${several ? 'they look' : 'it looks'} like the rest`,
    why: 'What has no outline is taught as background. Left out, it counts neither for nor against. Keep it if there is really nothing there.',
    button: several ? 'Leave them out' : 'Leave it out',
  };
}
