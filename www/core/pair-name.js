// @ts-check
/**
 * Whether a name of a validation image means a file: the rule of src/data/split.rs, of which both are held to
 * tests/validation-names.json.
 */
import { IMAGE_ENDINGS, OUTLINE_ENDINGS } from '../generated/constants.js';

/** @param {string} path */
const plain = (path) => path.trim().replace(/^(\.\/)+/, '').replace(/^\/+|\/+$/g, '').normalize('NFC');

/** @param {string} path */
function withoutEnding(path) {
  const dot = path.lastIndexOf('.');
  return dot >= 0 && [...IMAGE_ENDINGS, ...OUTLINE_ENDINGS].includes(path.slice(dot + 1).toLowerCase()) ? path.slice(0, dot) : null;
}

/** With or without folders, with or without the ending. @param {string} path @param {string} name */
export function isNamed(path, name) {
  const wanted = plain(name);
  if (!wanted) return false;
  const whole = plain(path);
  return [whole, withoutEnding(whole)].some((form) => form !== null && (form === wanted || form.endsWith(`/${wanted}`)));
}
