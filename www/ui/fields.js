// @ts-check
/**
 * The settings as data: the generated rows with their words, by place in the form. Limits are checked in Rust; here they
 * are only where a slider ends.
 */
import { FIELDS } from '../generated/constants.js';
import { fieldWords, groupTitles } from './field-strings.js';

/**
 * @typedef {import('../generated/constants.js').Row} Row
 * @typedef {Row['name']} FieldName
 * @typedef {object} Field
 * @property {FieldName} name
 * @property {string} label
 * @property {string} help one sentence
 * @property {Row['kind']} kind
 * @property {number} [max]
 * @property {number} [step]
 * @property {import('./help-strings.js').TermName} [term] the word of the label that the help explains
 * @property {[string, string][]} [options] value and words
 */

/** Lengths the epochs slider stops at; any other number can be typed. */
export const EPOCH_STOPS = [1, 2, 3, 5, 8, 10, 15, 20, 30, 40, 50, 75, 100, 150, 200, 300, 500, 1000, 2000, 5000];

/** @param {Row} row @returns {Field} */
function field({ name, kind, max, step, options }) {
  const { options: words, ...others } = fieldWords[name];
  return { name, kind, max, step, ...others, options: options?.map((option) => [option, words?.[option] ?? option]) };
}

/** @param {Row['group']} group */
const inGroup = (group) => FIELDS.filter((row) => row.group === group).map(field);

/** What the foreground is called; its markup stands in index.html. */
export const nameField = inGroup('name')[0];

export const mainFields = inGroup('main');

/**
 * One's own augmentation, beside the tiles that show it. `words`: a value for people.
 * @typedef {Field & { words?: (value: number) => string }} AugmentField
 * @type {AugmentField[]}
 */
export const augmentFields = inGroup('augment').map((one) => (one.kind === 'number' ? { ...one, words: one.name.endsWith('_deg') ? degrees : share } : one));

/** @param {number} value */
function degrees(value) {
  return `± ${Number(value.toPrecision(3))}°`;
}

/** @param {number} value */
function share(value) {
  return `± ${Number((value * 100).toPrecision(3))} %`;
}

/** @type {{ title: string, fields: Field[] }[]} */
export const advancedGroups = Object.entries(groupTitles).map(([group, title]) => ({ title, fields: inGroup(/** @type {keyof typeof groupTitles} */ (group)) }));

export const allFields = [nameField, ...mainFields, ...augmentFields, ...advancedGroups.flatMap(({ fields }) => fields)];

/**
 * What was typed as a number, NaN where it is none. A comma is a decimal point, except in whole numbers, where `1,000`
 * could mean one or a thousand.
 * @param {string} text
 * @param {boolean} whole
 */
export function parseNumber(text, whole) {
  const clean = text.trim().replace(/[\s\u202f\u00a0]/g, '');
  if (clean === '' || (whole && clean.includes(','))) return NaN;
  const point = clean.replace(',', '.');
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(point) ? Number(point) : NaN;
}
