// @ts-check
/** Strokes that somebody who knows the truth would draw: each within one class, along where there is room. */

/** A generator with a seed (xorshift32, Marsaglia 2003). @param {number} seed @returns {() => number} 0 to 1 */
export function random(seed) {
  let state = (Math.imul(seed, 2_654_435_761) ^ 0x9e3779b9) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
}

/** @typedef {{ value: number, brushPx: number, points: { x: number, y: number }[] }} Stroke */

/** Strokes are no longer than this, pixels. */
const LONGEST_PX = 40;

export class Oracle {
  /** @param {{ width: number, height: number, data: Uint8Array }} mask bright is foreground */
  constructor({ width, height, data }) {
    this.width = width;
    this.height = height;
    this.labels = Uint8Array.from({ length: width * height }, (_, i) => Number(data[i * 4] >= 128));
  }

  /** @param {number} x @param {number} y */
  at(x, y) {
    return x < 0 || y < 0 || x >= this.width || y >= this.height ? -1 : this.labels[Math.floor(y) * this.width + Math.floor(x)];
  }

  /** Whether a disc lies within a class. @param {number} x @param {number} y @param {number} radius @param {number} value */
  fits(x, y, radius, value) {
    for (let dy = -radius; dy <= radius; dy += 1) {
      for (let dx = -radius; dx <= radius; dx += 1) {
        if (dx * dx + dy * dy <= radius * radius && this.at(x + dx, y + dy) !== value) return false;
      }
    }
    return true;
  }

  /**
   * Strokes of both classes in turn, where the truth has both.
   * @param {number} count @param {() => number} next
   * @param {{ left: number, top: number, width: number, height: number }} [within]
   * @returns {Stroke[]}
   */
  strokes(count, next, within = { left: 0, top: 0, width: this.width, height: this.height }) {
    /** @type {Stroke[]} */
    const made = [];
    for (let i = 0; made.length < count && i < count * 4; i += 1) {
      const stroke = this.stroke(i % 2 ? 0 : 1, next, within) ?? this.stroke(i % 2 ? 1 : 0, next, within);
      if (stroke) made.push(stroke);
    }
    return made;
  }

  /** @param {number} value @param {() => number} next @param {{ left: number, top: number, width: number, height: number }} within @returns {Stroke | null} */
  stroke(value, next, { left, top, width, height }) {
    for (const radius of [2, 1]) {
      for (let tries = 0; tries < 200; tries += 1) {
        const x = Math.floor(left + next() * width) + 0.5;
        const y = Math.floor(top + next() * height) + 0.5;
        if (!this.fits(x, y, radius + 1, value)) continue;
        // On in the direction that goes furthest of a few.
        let best = [{ x, y }];
        for (let k = 0; k < 8; k += 1) {
          const angle = next() * 2 * Math.PI;
          const points = [{ x, y }];
          for (let far = 2; far <= LONGEST_PX; far += 2) {
            const p = { x: x + far * Math.cos(angle), y: y + far * Math.sin(angle) };
            if (!this.fits(Math.floor(p.x) + 0.5, Math.floor(p.y) + 0.5, radius + 1, value)) break;
            points.push(p);
          }
          if (points.length > best.length) best = points;
        }
        return { value, brushPx: radius * 2, points: best };
      }
    }
    return null;
  }
}
