// @ts-check
/**
 * Numbers and names as people read them. A figure that is not defined is a dash.
 */
import { EVEN_ODDS } from '../generated/constants.js';

const whole = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });

/** @param {number} value */
export const count = (value) => whole.format(value);

/** `10,000 × 8,000`, never broken over two lines. @param {number} width @param {number} height */
export const size = (width, height) => `${count(width)}\u00A0×\u00A0${count(height)}`;

/** `1 pair`, `28 pairs`. @param {number} value @param {string} one @param {string} [many] */
export const plural = (value, one, many = `${one}s`) => `${count(value)} ${value === 1 ? one : many}`;

/** One of several: `PNG, JPEG or GIF`. @param {readonly string[]} names */
export const oneOf = (names) => listed(names, ' or ');

/** All of several: `PNG, JPEG and GIF`. @param {readonly string[]} names */
export const allOf = (names) => listed(names, ' and ');

/** @param {readonly string[]} names @param {string} last before the last one */
const listed = (names, last) => [names.slice(0, -1).join(', '), ...names.slice(-1)].filter(Boolean).join(last);

/** A share 0..1 as per cent. @param {number | null | undefined} value */
export function percent(value) {
  if (value == null || !Number.isFinite(value)) return '–';
  const hundred = value * 100;
  return `${hundred > 0 && hundred < 1 ? hundred.toFixed(1) : hundred.toFixed(0)} %`;
}

/** A metric 0..1. @param {number | null | undefined} value */
export const metric = (value) => (value == null || !Number.isFinite(value) ? '–' : value.toFixed(2));

/** The threshold where nothing chose a better one. */
export { EVEN_ODDS };

/**
 * An IoU beside masks that are cut at `threshold`, which may be another one than it was taken at.
 * @param {number | null | undefined} iou @param {number} threshold @param {number} [classes] of several classes the most probable one counts
 * @param {number} [at] threshold it was taken at
 */
export const iouWords = (iou, threshold, classes = 0, at = EVEN_ODDS) => `IoU ${metric(iou)}${classes || Math.abs(threshold - at) < 0.005 ? '' : ` at ${at.toFixed(2)}`}`;

/** Bytes with a binary unit. @param {number} value */
export function bytes(value) {
  if (value < 1024) return `${count(value)} bytes`;
  const units = ['KiB', 'MiB', 'GiB'];
  let size = value / 1024;
  let unit = 0;
  while (size >= 1024 && unit < 2) {
    size /= 1024;
    unit += 1;
  }
  return `${size < 10 ? size.toFixed(1) : size.toFixed(0)} ${units[unit]}`;
}

/** `1.9 M`, `118 k`. @param {number} value */
export function amount(value) {
  if (value >= 1e9) return `${(value / 1e9).toFixed(1)} G`;
  if (value >= 1e6) return `${(value / 1e6).toFixed(value < 1e7 ? 2 : 1)} M`;
  if (value >= 1e4) return `${(value / 1e3).toFixed(0)} k`;
  return count(value);
}

/** A stretch of time: `0:08`, `1:12`, `2:03:10`. @param {number | null | undefined} ms */
export function duration(ms) {
  if (ms == null || !Number.isFinite(ms)) return '–';
  const seconds = Math.round(ms / 1000);
  const s = String(seconds % 60).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${s}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:${s}`;
}

/** A rough stretch of time in words, for estimates. @param {number} ms */
export function roughly(ms) {
  const seconds = ms / 1000;
  if (seconds < 50) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = seconds / 60;
  if (minutes < 90) return `${Math.round(minutes)} min`;
  const hours = minutes / 60;
  return hours < 48 ? `${hours.toFixed(hours < 10 ? 1 : 0)} h` : `${Math.round(hours / 24)} days`;
}

/** Images per second. @param {number | null | undefined} value */
export const speed = (value) => (value == null || !Number.isFinite(value) ? '–' : value < 10 ? value.toFixed(1) : value.toFixed(0));

/** @param {readonly number[]} rgb */
export const hex = (rgb) => `#${rgb.map((v) => v.toString(16).padStart(2, '0')).join('').toUpperCase()}`;

/** What a mask holds: the number in the file, or the colour. @param {{ rgb: readonly number[], code?: number | null }} value */
export const valueName = ({ rgb, code }) => (code == null ? hex(rgb) : String(code));

/** A length on the ground: `30 cm`, `1.25 km`. @param {number} meters */
export function length(meters) {
  if (meters < 1) return `${(meters * 100).toFixed(meters < 0.1 ? 1 : 0)} cm`;
  if (meters < 1000) return `${meters.toFixed(meters < 10 ? 2 : 0)} m`;
  return `${(meters / 1000).toFixed(meters < 1e4 ? 2 : 1)} km`;
}

/** An area on the ground: `850 m²`, `1.6 ha`, `12 km²`. @param {number} squareMetres */
export function area(squareMetres) {
  if (squareMetres < 1000) return `${count(squareMetres)} m²`;
  const [value, unit] = squareMetres < 1e6 ? [squareMetres / 1e4, 'ha'] : [squareMetres / 1e6, 'km²'];
  return `${value.toFixed(value < 0.995 ? 2 : value < 9.95 ? 1 : 0)} ${unit}`;
}

/** Whether a file is a model that other programs read, by its name; it is only told what it is. @param {string} path */
export const isForeignModel = (path) => /\.(onnx|pt|pth|ckpt|tflite|keras|pb)$|groundmask-model[^/]*\.npz$/i.test(path);

/** Whether a file is a model by its name: ours, Keras's, or one of other programs. @param {string} path */
export const isModel = (path) => /\.(safetensors|h5|hdf5)$/i.test(path) || isForeignModel(path);

/** Last part of a path. @param {string} path */
export const baseName = (path) => path.split('/').at(-1) ?? path;

/**
 * A name that every file system takes: no path, no control or reserved characters, no leading dot, at most 120 characters.
 * @param {string} name
 */
export function safeName(name) {
  // eslint-disable-next-line no-control-regex
  const clean = baseName(name.replaceAll('\\', '/')).replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069<>:"/\\|?*]/g, '_').replace(/^[.\s]+|[.\s]+$/g, '');
  const dot = clean.lastIndexOf('.');
  const extension = dot > 0 && clean.length - dot <= 13 ? clean.slice(dot) : '';
  const stem = [...clean.slice(0, clean.length - extension.length)].slice(0, 120 - extension.length).join('');
  const safe = /^(con|prn|aux|nul|com\d|lpt\d)$/i.test(stem) ? `_${stem}` : stem;
  return `${safe || 'file'}${extension}`;
}
