// @ts-check
/**
 * How long a run takes, before it begins: by what was measured on this device, else by a first guess.
 */
import { roughly } from '../../ui/format.js';
import { onEvent } from '../../core/reduce.js';
import { state } from '../../core/store.js';

/** @typedef {import('../../core/types.js').ConfigReport} ConfigReport */
/** Multiply-adds a second. @typedef {{ steps: number, validations: number }} Rates */

/** Before anything was measured: order of magnitude only. */
const GUESS_MACS = { cpu: 8e9, software: 1e9, gpu: 2e11 };

/** Where rates are kept from visit to visit, and of how many devices. */
const KEY = 'groundmask-speed';
const MOST = 8;

/** Measured here, by device. @type {Map<string, Partial<Rates>>} */
const measured = new Map(stored());

/** What earlier visits measured. @returns {[string, Partial<Rates>][]} */
function stored() {
  try {
    const list = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    const rate = (/** @type {unknown} */ value) => (typeof value === 'number' && value > 0 && Number.isFinite(value) ? value : undefined);
    return list.slice(-MOST).map((/** @type {any} */ [device, rates]) => [String(device), { steps: rate(rates?.steps), validations: rate(rates?.validations) }]);
  } catch {
    return [];
  }
}

function store() {
  try {
    localStorage.setItem(KEY, JSON.stringify([...measured].slice(-MOST)));
  } catch { /* Storage is a comfort here. */ }
}

/** Of the run under way: its work, what its steps took between validations, and its last step. */
const fresh = { step_macs: 0, validation_macs: 0, steps: 0, ms: 0, last: /** @type {import('../../core/types.js').StepReport | null} */ (null), validated: false };
const work = { ...fresh };

const deviceKey = () => `${state.device?.kind} ${state.device?.adapter}`;

export function initEstimate() {
  onEvent((event) => {
    if (event.type === 'run_started') Object.assign(work, fresh, { step_macs: state.config?.step_macs ?? 0, validation_macs: state.config?.validation_macs ?? 0 });
    if (event.type === 'run_ended') store();
    if (!state.run) return;
    const rates = measured.get(deviceKey()) ?? {};
    if (event.type === 'step') {
      const { last, validated } = work;
      Object.assign(work, { last: event, validated: false });
      if (!last || validated || event.step <= last.step) return;
      // What lies between steps counts too: a median of steps would leave it out.
      work.ms += event.elapsed_ms - last.elapsed_ms;
      work.steps += event.step - last.step;
      if (work.step_macs > 0 && work.ms > 0) rates.steps = (work.step_macs * 1000 * work.steps) / work.ms;
    } else if (event.type === 'validation') {
      const { last } = work;
      work.validated = true;
      // A step is not in the time that it reports itself.
      const took = last ? event.elapsed_ms - last.elapsed_ms - last.ms_per_step : 0;
      if (took > 0 && work.validation_macs > 0) rates.validations = (work.validation_macs * 1000) / took;
    } else return;
    measured.set(deviceKey(), rates);
  });
}

/**
 * Time of so much work, milliseconds.
 * @param {{ steps: number, validations: number }} macs multiply-adds of all steps and of all validations
 * @param {Partial<Rates>} known
 * @param {number} guess multiply-adds a second
 */
export function timeOf(macs, known, guess) {
  const steps = known.steps ?? guess;
  return 1000 * (macs.steps / steps + macs.validations / (known.validations ?? steps));
}

/** @returns {{ known: Partial<Rates>, guess: number } | null} */
function speed() {
  const { device } = state;
  return device && { known: measured.get(deviceKey()) ?? {}, guess: GUESS_MACS[device.kind === 'cpu' ? 'cpu' : device.software ? 'software' : 'gpu'] };
}

/** The time a run takes, in words that follow its steps. @param {ConfigReport} report */
export function expected(report) {
  const at = speed();
  if (!at || !(report.step_macs > 0)) return '';
  const validations = (report.validations ?? 0) * (report.validation_macs ?? 0);
  const time = roughly(timeOf({ steps: report.step_macs * report.steps_total, validations }, at.known, at.guess));
  return at.known.steps ? `, about ${time} on this device` : `, perhaps ${time} (a first guess)`;
}

/** The time of the classic preset on these data. @param {ConfigReport} report */
export function classicTime(report) {
  const at = speed();
  if (!at || !((report.classic_macs ?? 0) > 0)) return '';
  return roughly(timeOf({ steps: report.classic_macs ?? 0, validations: 0 }, at.known, at.guess));
}
