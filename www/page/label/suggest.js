// @ts-check
/**
 * What to label next: asked of the engine ten at a time, gone through by a key.
 */
import { send } from '../../core/engine.js';

/** @typedef {import('../../core/types.js').LabelPlace} LabelPlace */

const AT_A_TIME = 10;

export class Suggestions {
  constructor() {
    /** @type {LabelPlace[]} */
    this.places = [];
    this.at = -1;
    this.asked = false;
    /** What was asked last came back with nothing. */
    this.none = false;
  }

  /** The one that is shown. @returns {LabelPlace | undefined} */
  get shown() {
    return this.places[this.at];
  }

  /** Those there are belong to other data or another network. */
  forget() {
    Object.assign(this, { places: [], at: -1, asked: false, none: false });
  }

  /** The next one; asks for more where there is none. @returns {LabelPlace | undefined} */
  next() {
    if (this.at + 1 < this.places.length) {
      this.at += 1;
      return this.shown;
    }
    if (!this.asked) {
      this.asked = true;
      send({ type: 'suggest_labels', count: AT_A_TIME });
    }
    return undefined;
  }

  /** @param {LabelPlace[]} places @returns {LabelPlace | undefined} to be shown now */
  receive(places) {
    const wanted = this.asked;
    Object.assign(this, { places, at: -1, asked: false, none: places.length === 0 });
    if (!wanted || !places.length) return undefined;
    this.at = 0;
    return this.shown;
  }
}
