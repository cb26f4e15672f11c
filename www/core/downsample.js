// @ts-check
/**
 * Lists that go on for as long as a run does, in bounded memory: the older they get the wider apart are their entries, and
 * evenly so, so that the run's beginning keeps its share.
 */

/** What is known of a list: the number of each entry, how many came, and that every `stride`th stays. @type {WeakMap<object, { numbers: number[], seen: number, stride: number }>} */
const known = new WeakMap();

/**
 * Adds an entry. Of those before it every `stride`th stays, and what `stays` says; the newest is always there.
 * @template T
 * @param {T[]} list
 * @param {T} entry
 * @param {number} most that the list may hold
 * @param {(entry: T) => boolean} [stays] for few entries
 */
export function addDownsampled(list, entry, most, stays = () => false) {
  const about = known.get(list) ?? { numbers: list.map((_entry, i) => i), seen: list.length, stride: 1 };
  known.set(list, about);
  const last = list.length - 1;
  if (last >= 0 && about.numbers[last] % about.stride && !stays(list[last])) {
    list.pop();
    about.numbers.pop();
  }
  list.push(entry);
  about.numbers.push(about.seen);
  about.seen += 1;
  while (list.length > most) {
    about.stride *= 2;
    const kept = list.flatMap((one, i) => (about.numbers[i] % about.stride === 0 || i === list.length - 1 || stays(one) ? [i] : []));
    // Nothing more to thin out.
    if (kept.length === list.length) return;
    list.splice(0, list.length, ...kept.map((i) => list[i]));
    about.numbers = kept.map((i) => about.numbers[i]);
  }
}

/** Steps that the last point of a curve covers so far, and that each has to cover. @type {WeakMap<object, { covers: number, stride: number }>} */
const strides = new WeakMap();

/**
 * Adds to a curve of `[step, mean since the point before]`. Points that grow too many are merged in pairs, and those that
 * come later cover as many steps.
 * @param {[number, number][]} curve
 * @param {number} step
 * @param {number} value mean over the steps since the last call
 * @param {number} most
 */
export function addPoint(curve, step, value, most) {
  const before = curve.at(-1)?.[0] ?? 0;
  const about = strides.get(curve) ?? { covers: Infinity, stride: Math.floor(before / Math.max(1, curve.length)) };
  strides.set(curve, about);
  const steps = Math.max(1, step - before);
  if (about.covers < about.stride) {
    const [, mean] = curve[curve.length - 1];
    curve[curve.length - 1] = [step, mean + ((value - mean) * steps) / (about.covers + steps)];
    about.covers += steps;
  } else {
    curve.push([step, value]);
    about.covers = steps;
  }
  if (curve.length <= most) return;
  /** @type {[number, number][]} */
  const merged = [];
  let from = 0;
  for (let i = 0; i < curve.length; i += 2) {
    const [a, b] = [curve[i], curve[i + 1]];
    if (b) merged.push([b[0], (a[1] * (a[0] - from) + b[1] * (b[0] - a[0])) / Math.max(1, b[0] - from)]);
    else merged.push(a);
    if (b) from = b[0];
  }
  about.stride = Math.ceil(step / merged.length);
  about.covers = step - (merged.at(-2)?.[0] ?? 0);
  curve.splice(0, curve.length, ...merged);
}
