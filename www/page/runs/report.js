// @ts-check
/**
 * A run as one HTML file: settings, data, curves, example masks, metrics, versions. It holds no script and asks for
 * nothing, so it can be read anywhere and for ever.
 */
import { ruleLine } from '../data/data-strings.js';
import { saveBlob } from '../predict/downloads.js';
import { EVEN_ODDS, bytes, count, duration, iouWords, metric, percent, plural, size } from '../../ui/format.js';
import { h } from '../../ui/dom.js';
import { augmentFields } from '../../ui/fields.js';
import { byteThreshold, paintImage } from '../../ui/paint.js';
import { paintLayers } from '../../ui/paint-classes.js';
import { previewName } from '../../ui/scene-strings.js';
import { addressOf, settingsFile } from '../train/settings-text.js';
import { bestOf, judgedAt, shownAt, shownPreviews, state } from '../../core/store.js';
import { endLine, isUsedInPart, mendedLine } from '../../ui/strings.js';

/** @typedef {{ steps: number, losses: [number, number][], iou: [number, number][], iouName: string }} Curves */

const WIDTH = 860;
const HEIGHT = 300;
const EDGE = { left: 52, right: 44, top: 12, bottom: 28 };
/** More points than the picture has pixels say nothing. */
const MAX_POINTS = 800;

/** @param {unknown} value */
export const escape = (value) => String(value).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

/** Saves the report of the run on the page. */
export function saveReport() {
  const { run } = state;
  if (!run) return;
  const html = reportHtml();
  saveBlob(new Blob([html], { type: 'text/html' }), `groundmask-report-${new Date().toISOString().slice(0, 16).replace(/[:T]/g, '-')}.html`);
}

export function reportHtml() {
  const { run } = state;
  if (!run) return '';
  // What is loaded by now may be something else.
  const { dataset, device } = run;
  const iou = run.validations.flatMap(({ step, validation, training }) => {
    const value = (run.validationPairs.length ? validation : training)?.iou;
    return value == null ? [] : [/** @type {[number, number]} */ ([step, value])];
  });
  const iouName = run.validationPairs.length ? 'validation IoU' : 'training IoU';
  const file = settingsFile(run.config);
  const pairs = dataset?.pairs.filter(({ excluded, blocked }) => !excluded && !blocked) ?? [];
  const sizes = [...new Set(pairs.map(({ width, height }) => size(width, height)))];
  const limits = /** @type {any} */ (device?.limits ?? {});
  /** @type {[string, unknown][]} */
  const outcome = [
    ['Outcome', run.end ? endLine(run.end, run.continued) : `Under way at step ${run.last?.step ?? run.from}.`],
    ['Steps', `${count(run.end?.steps ?? run.last?.step ?? run.from)} of ${count(run.steps_total)}`],
    ['Weights kept', keptWords(run)],
    ['Threshold of the IoU', run.classes.length ? 'none: the most probable class counts' : (judgedAt(bestOf(run)) ?? EVEN_ODDS).toFixed(2)],
    ['Began with', run.continued ? 'the weights of a model' : 'fresh weights'],
    ['Resumed', run.from > 0 ? `at step ${count(run.from)}` : 'no'],
    ['Dead outputs mended', run.mended.map(mendedLine).join(' ') || 'none'],
    ['Time', duration(run.end?.elapsed_ms ?? run.last?.elapsed_ms)],
    ['Milliseconds a step', (run.end?.ms_per_step ?? run.last?.ms_per_step ?? 0).toFixed(1)],
    ['Parameters', count(run.parameters)],
    ['First and last loss', run.end ? `${run.end.loss_first.toFixed(4)}, ${run.end.loss_last.toFixed(4)}` : '–'],
  ];
  /** @type {[string, unknown][]} */
  const data = [
    ['Source', dataset?.source === 'sample_scenes' ? 'sample scenes' : 'files'],
    ['Pairs', `${count(pairs.length)}: ${run.trainPairs} to train on, ${run.validationPairs.length} held back`],
    ['Sizes', sizes.length > 6 ? `${sizes.slice(0, 6).join(', ')} and ${sizes.length - 6} more` : sizes.join(', ')],
    ['Foreground', run.config.class_name || dataset?.suggested_class || (run.classes.length ? 'several classes' : 'not named')],
    ['Mask rule', dataset ? ruleLine(dataset.rule, dataset) : '–'],
    ...(dataset?.faults ?? []).filter(isUsedInPart).map((fault) => /** @type {[string, string]} */ (['Used in part', `${fault.file}${fault.detail ? ` (${fault.detail})` : ''}`])),
    ['Left out', `${plural((dataset?.pairs.length ?? 0) - pairs.length, 'pair')}, ${plural(dataset?.faults.filter((fault) => !isUsedInPart(fault)).length ?? 0, 'file')}`],
    ['Fingerprint', dataset?.fingerprint ?? '–'],
    ['Held back', run.validationPairs.map((index) => dataset?.pairs[index]?.image_path ?? index).join(', ') || 'none'],
  ];
  /** @type {[string, unknown][]} */
  const versions = [
    ['Groundmask', device?.version ?? '–'],
    ['Protocol', device?.protocol ?? '–'],
    ['Device', device ? `${device.kind === 'webgpu' ? 'WebGPU' : 'CPU'}, ${device.adapter}${device.software ? ' (software)' : ''}` : '–'],
    ['Self-test', device ? `largest error ${device.self_test_error.toExponential(1)}` : '–'],
    .../** @type {[string, unknown][]} */ (limits instanceof Map ? [...limits] : Object.entries(limits)).map(([name, value]) => /** @type {[string, unknown]} */ ([name, /size|bytes/i.test(name) ? bytes(Number(value)) : count(Number(value))])),
    ['Module', state.fused ? 'with fused multiply-adds' : 'plain'],
    ['Browser', navigator.userAgent],
    ['Written', new Date().toISOString()],
  ];
  // Ranges that the run did not draw from say nothing of it.
  const unused = new Set(run.config.augmentation === 'own' ? [] : augmentFields.map(({ name }) => /** @type {string} */ (name)));
  const settings = Object.entries(file.config).filter(([name]) => !unused.has(name)).map(([name, value]) => /** @type {[string, unknown]} */ ([name, Array.isArray(value) ? value.join(', ') || '–' : value]));
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>Groundmask run</title>
<style>
body{font:15px/1.5 system-ui,sans-serif;max-width:900px;margin:32px auto;padding:0 20px;color:#1c2621;background:#fff}
h1{font-size:26px}h2{font-size:18px;margin-top:32px}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
td,th{padding:4px 10px;border-top:1px solid #dde3df;text-align:left;vertical-align:top;overflow-wrap:anywhere}th{font-weight:500;color:#55625b;width:32%}
.n td,.n th{text-align:right;width:auto}.n th:first-child{text-align:left}
.chart{overflow-x:auto}svg{display:block;width:100%;min-width:560px;height:auto}.masks{display:grid;grid-template-columns:repeat(3,1fr);gap:8px}.masks img{width:100%;display:block}.masks p{grid-column:1/-1;margin:8px 0 0;color:#55625b}
.key{margin:4px 0 16px;color:#55625b}.loss{color:#1f7a4d}.iou{color:#2563b8}
pre{background:#f3f6f4;padding:12px;overflow:auto}
@media(max-width:600px){td,th{padding:4px 3px}th{width:auto;overflow-wrap:break-word}.n{font-size:12px}.n td{overflow-wrap:normal}}
</style></head><body>
<h1>Groundmask run</h1>
${table(outcome)}
<h2>Learning</h2>
<div class="chart" tabindex="0">${curvesSvg({ steps: run.steps_total, losses: run.losses, iou, iouName })}</div>
${validations()}
<h2>Example masks</h2>
${masks()}
<h2>Data</h2>
${table(data)}
<h2>Settings</h2>
${table(settings)}
<p>The same as a file for “Load settings”, and as the end of the page’s address:</p>
<pre tabindex="0">${escape(JSON.stringify(file))}</pre>
<pre tabindex="0">${escape(addressOf(run.config))}</pre>
<h2>Versions</h2>
${table(versions)}
</body></html>
`;
}

/** @param {[string, unknown][]} rows */
const table = (rows) => `<table>${rows.map(([name, value]) => `<tr><th scope="row">${escape(name)}</th><td>${escape(value)}</td></tr>`).join('')}</table>`;

/** @param {import('../../core/store.js').Run} run */
function keptWords(run) {
  const step = run.end?.best_step ?? bestOf(run)?.step;
  return step === undefined ? 'none yet' : `of step ${count(step)}`;
}

function validations() {
  const { run } = state;
  if (!run?.validations.length) return '<p>No validation was done.</p>';
  const head = ['Step', 'Val. loss', 'Val. IoU', 'Val. F1', 'Val. accuracy', 'Train IoU'].map((name) => `<th scope="col">${name}</th>`).join('');
  const kept = bestOf(run)?.step;
  const rows = run.validations.map(({ step, validation, training }) => `<tr><th scope="row">${step}${step === kept ? ' (best)' : ''}</th>${[validation?.loss?.toFixed(4) ?? '–', metric(validation?.iou), metric(validation?.f1), metric(validation?.accuracy), metric(training.iou)].map((text) => `<td>${text}</td>`).join('')}</tr>`);
  return `<table class="n"><tr>${head}</tr>${rows.join('')}</table>`;
}

/** Image, truth and prediction of the previews, as they look at the page's threshold. */
function masks() {
  if (!shownPreviews().length) return '<p>None yet.</p>';
  const canvas = h('canvas', {});
  const picture = (/** @type {string} */ what) => `<img alt="${what}" src="${canvas.toDataURL('image/png')}">`;
  const style = { classes: state.run?.classes ?? [], opacity: state.view.opacity, layer: /** @type {const} */ ('overlay') };
  const rows = shownPreviews().map((item) => {
    paintImage(canvas, item);
    const image = picture('image');
    paintLayers(canvas, { ...item, mask: item.truth }, { ...style, at: 128 });
    const truth = picture('truth');
    paintLayers(canvas, { ...item, mask: item.probability }, { ...style, at: byteThreshold(state.view.threshold) });
    return `${image}${truth}${picture('prediction')}<p>${escape(previewName(item))}${item.iou == null ? '' : `, ${iouWords(item.iou, state.view.threshold, style.classes.length, item.threshold ?? undefined)}`}${item.validation ? '' : ' (trained on)'}</p>`;
  });
  const step = state.history[shownAt()]?.step;
  return `<p>Image, truth, prediction${step === undefined ? '' : ` of step ${count(step)}`}${style.classes.length ? '' : ` at a threshold of ${percent(state.view.threshold)}`}.</p><div class="masks">${rows.join('')}</div>`;
}

/** The next 1, 2, 2.5, 4 or 5 times a power of ten. @param {number} value */
function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 2, 2.5, 4, 5].find((n) => n * power >= value * (1 - 1e-9)) ?? 10);
}

/** Loss (left axis) and IoU (right axis) over steps. @param {Curves} curves */
export function curvesSvg({ steps, losses, iou, iouName }) {
  const last = Math.max(1, losses.at(-1)?.[0] ?? 1, iou.at(-1)?.[0] ?? 1);
  const tick = roundUp(Math.max(1e-6, ...losses.map(([, loss]) => loss).filter(Number.isFinite)) / 4);
  const highest = 4 * tick;
  const x = (/** @type {number} */ step) => EDGE.left + (step / last) * (WIDTH - EDGE.left - EDGE.right);
  const y = (/** @type {number} */ share) => HEIGHT - EDGE.bottom - share * (HEIGHT - EDGE.top - EDGE.bottom);
  const line = (/** @type {[number, number][]} */ points, /** @type {number} */ top) => points.map(([step, value]) => `${x(step).toFixed(1)},${y(Math.min(1, value / top)).toFixed(1)}`).join(' ');
  const stretch = Math.ceil(losses.length / MAX_POINTS);
  const thin = losses.filter((_point, i) => i % stretch === 0 || i === losses.length - 1);
  const reach = Math.max(1, Math.round(thin.length * 0.02));
  const smooth = thin.map(([step], i) => {
    const near = thin.slice(Math.max(0, i - reach), i + reach + 1);
    return /** @type {[number, number]} */ ([step, near.reduce((sum, [, loss]) => sum + loss, 0) / near.length]);
  });
  const grid = [0, 0.25, 0.5, 0.75, 1].map((share) => `<line x1="${EDGE.left}" x2="${WIDTH - EDGE.right}" y1="${y(share)}" y2="${y(share)}" stroke="#dde3df"/><text x="${EDGE.left - 8}" y="${y(share) + 4}" text-anchor="end">${Number((highest * share).toPrecision(3))}</text><text x="${WIDTH - EDGE.right + 8}" y="${y(share) + 4}">${share}</text>`).join('');
  const marks = [0, 0.25, 0.5, 0.75, 1].map((share) => `<text x="${x(last * share)}" y="${HEIGHT - 8}" text-anchor="middle">${Math.round(last * share)}</text>`).join('');
  const dots = iou.map(([step, value]) => `<circle cx="${x(step).toFixed(1)}" cy="${y(value).toFixed(1)}" r="2.5" fill="#2563b8"/>`).join('');
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Loss and ${iouName} over ${steps} steps" font-size="12" fill="#55625b" font-family="system-ui,sans-serif">${grid}${marks}
<polyline points="${line(thin, highest)}" fill="none" stroke="#1f7a4d" stroke-opacity=".3"/><polyline points="${line(smooth, highest)}" fill="none" stroke="#1f7a4d" stroke-width="2"/>
<polyline points="${line(iou, 1)}" fill="none" stroke="#2563b8" stroke-width="2"/>${dots}
</svg><p class="key"><b class="loss">loss</b> on the left, <b class="iou">${iouName}</b> on the right</p>`;
}
