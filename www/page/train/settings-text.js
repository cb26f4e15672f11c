// @ts-check
/**
 * Settings as words: the end of an address, and a file.
 */
import { allFields, parseNumber } from '../../ui/fields.js';

/** @typedef {import('../../core/types.js').TrainConfig} TrainConfig */

/** A setting as one word of an address; commas divide a list, so those inside a name are written as %2C. @param {unknown} value */
export const asWord = (value) => (Array.isArray(value) ? value.map((part) => String(part).replace(/[%,]/g, encodeURIComponent)).join(',') : String(value));

/** The names of a list that {@link asWord} wrote. @param {string} word */
export const listIn = (word) => word.split(',').map((name) => name.trim().replaceAll(/%2C/gi, ',').replaceAll('%25', '%')).filter(Boolean);

/** What was typed, or stands in an address, as the value of a setting. @param {import('../../ui/fields.js').Field} field @param {string} text */
export function fromText(field, text) {
  if (field.kind === 'names') return text.split(',').map((name) => name.trim()).filter(Boolean);
  if (field.kind === 'choice' || field.kind === 'word') return text;
  if (field.name === 'bands') return spelledOut(text);
  if (field.kind === 'numbers') return text.trim() ? text.split(/[;,\s]+/).filter(Boolean).map((part) => parseNumber(part, false)) : [];
  return parseNumber(text, field.kind === 'whole');
}

/** Longest run of bands that is spelled out; a longer one is refused as too many. */
const MOST_IN_RUN = 64;

/** Numbers with runs among them, `8, 1-4`, one by one. @param {string} text @returns {number[]} */
function spelledOut(text) {
  const parts = text.replaceAll(/\s*[-–]\s*/g, '-').split(/[;,\s]+/).filter(Boolean);
  return parts.flatMap((part) => {
    const [, from, to] = /^(\d{1,2})-(\d{1,2})$/.exec(part) ?? [];
    if (from === undefined) return parseNumber(part, true);
    const [first, last] = [Number(from), Number(to)];
    const step = last < first ? -1 : 1;
    return Array.from({ length: Math.min(MOST_IN_RUN, Math.abs(last - first) + 1) }, (_, i) => first + step * i);
  });
}

/** All fields; those that may be long come last. */
export const addressFields = [...allFields].sort((a, b) => Number(a.kind === 'names') - Number(b.kind === 'names'));

/** The end of an address that sets every field. @param {TrainConfig} values */
export function addressOf(values) {
  const words = new URLSearchParams({ preset: values.preset });
  for (const { name } of addressFields) words.set(name, asWord(values[name]));
  return `#${words}`;
}

/** @param {TrainConfig} values */
export const settingsFile = (values) => ({ groundmask: 'settings', version: 1, config: { ...values } });
