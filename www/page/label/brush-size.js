// @ts-check
/**
 * The brush's size and its slider. Sizes grow by shares: a pixel matters at 3, not at 200.
 */
export const MOST_BRUSH_PX = 400;

/** @param {number} at 0 to 100 */
export const fromSlider = (at) => Math.max(1, Math.round(MOST_BRUSH_PX ** (at / 100)));

/**
 * Where the slider is to stand for a size. Several of its places are one size: if it stands at one of them it stays, or a key
 * would never move it.
 * @param {number} at where it stands
 * @param {number} px
 */
export const placeOf = (at, px) => (fromSlider(at) === px ? at : (Math.log(px) / Math.log(MOST_BRUSH_PX)) * 100);
