// @ts-check
/**
 * Loss and validation IoU over steps, drawn by uPlot: labels stand at the lines, arrows move along them, and a table holds
 * the same figures.
 */
import '../../ui/locale.js';
import uPlot from '../../vendor/uplot/uPlot.esm.js';
import { $, h, inSlices, setText, themeColour } from '../../ui/dom.js';
import { metric } from '../../ui/format.js';
import { onPaint, state } from '../../core/store.js';

const HEIGHT_PX = 340;
const REDRAW_MS = 400;
/** Most points of a line: as many as there are pixels across. */
const MAX_POINTS = 800;
/** Most rows of the table; the newest stay. */
const MAX_ROWS = 200;
/** The smoothed loss is the mean over this share of the run on either side. */
const SMOOTHING = 0.02;

/** @type {uPlot | null} */
let plot = null;
let drawn = '';
/** @type {ReturnType<typeof setTimeout> | null} */
let timer = null;
/** Looked up once a theme: asking the browser for styles while drawing would lay out the page each time. */
let theme = { family: '', card: '' };
let rows = '';
/** The step at which the keys have put the cursor; it stays there while the run grows. @type {number | null} */
let stood = null;
/** The run whose figures the table holds; a new engine may count its runs anew. @type {import('../../core/store.js').Run | null} */
let tabled = null;

export function initChart() {
  const box = $('log-loss');
  box.addEventListener('change', () => {
    state.view.logLoss = /** @type {HTMLInputElement} */ (box).checked;
    rebuild();
  });
  addEventListener('themechange', rebuild);
  initKeys();
  $('chart-table').addEventListener('toggle', () => state.run && paintTable(state.run));
  new ResizeObserver(() => {
    if (plot && width() !== plot.width) plot.setSize({ width: width(), height: HEIGHT_PX });
  }).observe($('chart'));
  onPaint(paint);
}

/** The line of figures is announced for the keys alone: under a pointer it changes with every move. */
function initKeys() {
  const chart = $('chart');
  const live = (/** @type {boolean} */ on) => $('chart-hover').setAttribute('aria-live', on ? 'polite' : 'off');
  chart.addEventListener('focus', () => live(true));
  chart.addEventListener('keydown', (event) => {
    const step = stepTo(event);
    if (!plot || step === undefined) return;
    event.preventDefault();
    live(true);
    stood = step;
    // Where it goes, `move` says.
    plot.setCursor({ left: 0, top: 0 }, false);
    hover(plot);
  });
  chart.addEventListener('blur', () => {
    live(false);
    stood = null;
    plot?.setCursor({ left: -10, top: -10 });
  });
  chart.addEventListener('pointermove', () => {
    live(false);
    stood = null;
  });
}

/** The step that a key moves the cursor to, from point to point. @param {KeyboardEvent} event */
function stepTo(event) {
  if (!plot || event.ctrlKey || event.metaKey || event.altKey) return undefined;
  const steps = plot.data[0];
  const last = steps.length - 1;
  const at = plot.cursor.idx;
  // Without a cursor, left begins at the newest point and right at the oldest.
  /** @type {Record<string, number>} */
  const places = { ArrowLeft: Math.max(0, at == null ? last : at - 1), ArrowRight: Math.min(last, at == null ? 0 : at + 1), Home: 0, End: last };
  return /** @type {number | undefined} */ (steps[places[event.key]]);
}

const width = () => Math.max(220, Math.floor($('chart').clientWidth));

function rebuild() {
  plot?.destroy();
  plot = null;
  drawn = '';
  paint();
}

function paint() {
  const { run } = state;
  $('work').hidden = run === null || (run.losses.length === 0 && state.preview.length === 0);
  // Building the chart is the page's longest task: it is done before the run, while people look at the settings.
  if (!plot && state.place === 'train' && $('work').hidden && state.config) {
    timer ??= setTimeout(() => {
      timer = null;
      plot ??= build();
    }, 0);
  }
  if (!run || state.place !== 'train' || $('work').hidden) return;
  // Drawn in a task of its own, a few times a second: building it anew is the page's longest piece of work.
  timer ??= setTimeout(() => {
    timer = null;
    draw();
  }, plot ? REDRAW_MS : 0);
}

/** The chart without its lines. */
const build = () => new uPlot(options(), [[], [], [], [], []], $('chart'));

function draw() {
  const { run } = state;
  if (!run || state.place !== 'train' || $('work').hidden) return;
  const key = `${run.run_id} ${run.losses.length} ${run.losses.at(-1)?.[0]} ${run.validations.length} ${run.steps_total}`;
  if (key === drawn) return;
  if (!plot) {
    // Its lines come with a task of their own: both together are the page's longest one.
    plot = build();
    timer = setTimeout(() => {
      timer = null;
      draw();
    }, 0);
    return;
  }
  drawn = key;
  plot.setData(series(run));
  paintTable(run);
}

/**
 * At most `MAX_POINTS` of a curve, each the mean of as many of its neighbours.
 * @param {[number, number][]} points
 * @returns {[number, number][]}
 */
function thinned(points) {
  const each = Math.ceil(points.length / MAX_POINTS);
  if (each <= 1) return points;
  /** @type {[number, number][]} */
  const thin = [];
  for (let i = 0; i < points.length; i += each) {
    const group = points.slice(i, i + each);
    thin.push([group[group.length - 1][0], group.reduce((sum, [, value]) => sum + value, 0) / group.length]);
  }
  return thin;
}

/**
 * Steps, losses as reported, losses smoothed, validation IoU (training IoU where nothing is held back), training IoU beside it.
 * @param {import('../../core/store.js').Run} run
 * @returns {uPlot.AlignedData}
 */
function series(run) {
  /** @type {Map<number, [number | null, number | null, number | null, number | null]>} */
  const points = new Map();
  const losses = thinned(run.losses);
  const smooth = smoothed(losses.map(([, loss]) => loss));
  losses.forEach(([step, loss], i) => points.set(step, [loss, smooth[i], null, null]));
  const skip = Math.ceil(run.validations.length / MAX_POINTS);
  for (const [i, report] of run.validations.entries()) {
    if ((run.validations.length - 1 - i) % skip) continue;
    const held = run.validationPairs.length > 0;
    const iou = (held ? report.validation?.iou : report.training.iou) ?? null;
    const point = points.get(report.step) ?? [null, null, null, null];
    point[2] = iou;
    point[3] = held ? (report.training.iou ?? null) : null;
    points.set(report.step, point);
  }
  const steps = [...points.keys()].sort((a, b) => a - b);
  const column = (/** @type {0 | 1 | 2 | 3} */ i) => steps.map((step) => points.get(step)?.[i] ?? null);
  return [steps, column(0), column(1), column(2), column(3)];
}

/** Centred running mean, by sums from the start. @param {number[]} values */
function smoothed(values) {
  const sums = [0];
  for (const value of values) sums.push(sums[sums.length - 1] + value);
  const reach = Math.max(1, Math.round(values.length * SMOOTHING));
  return values.map((_value, i) => {
    const from = Math.max(0, i - reach);
    const to = Math.min(values.length, i + reach + 1);
    return (sums[to] - sums[from]) / (to - from);
  });
}

/** @returns {uPlot.Options} */
function options() {
  const ink = themeColour('ink-soft');
  const line = themeColour('line');
  const loss = themeColour('accent');
  const iou = themeColour('blue');
  theme = { family: getComputedStyle(document.body).fontFamily, card: themeColour('card') };
  const font = `12px ${theme.family}`;
  const log = state.view.logLoss;
  /** @type {uPlot.Axis} */
  const axis = { stroke: ink, font, grid: { stroke: line, width: 1 }, ticks: { show: false }, size: 44 };
  const faint = loss.replace(/^rgb\((.*)\)$/, 'rgba($1, 0.3)');
  return {
    width: width(),
    height: HEIGHT_PX,
    padding: [14, 12, 0, 0],
    legend: { show: false },
    cursor: { move: (u, left, top) => (stood === null ? [left, top] : [u.valToPos(stood, 'x'), -10]), points: { size: 6 }, drag: { x: false, y: false } },
    scales: {
      x: { time: false, range: (_plot, _min, max) => [0, Math.max(max ?? 1, 10)] },
      loss: log ? { distr: 3, range: (_plot, min, max) => [min > 0 ? min * 0.85 : 1e-4, max > 0 ? max * 1.15 : 1] } : { range: (_plot, _min, max) => [0, max > 0 ? max * 1.05 : 1] },
      iou: { range: [0, 1] },
    },
    axes: [
      { ...axis, size: 30, values: (_plot, ticks) => ticks.map((v) => (Number.isInteger(v) ? String(v) : '')) },
      { ...axis, scale: 'loss', values: (_plot, ticks, _axis, _space, apart) => ticks.map((v) => (v == null ? '' : log ? String(Number(v.toPrecision(2))) : tick(v, apart))) },
      { ...axis, scale: 'iou', side: 1, grid: { show: false }, size: 36, values: (_plot, ticks) => ticks.map((v) => v.toFixed(1)) },
    ],
    series: [
      {},
      { scale: 'loss', stroke: faint, width: 1, spanGaps: true, points: { show: false } },
      { scale: 'loss', stroke: loss, width: 2, spanGaps: true, points: { show: false } },
      { scale: 'iou', stroke: iou, width: 2, spanGaps: true, points: { show: true, size: 5, fill: iou } },
      { scale: 'iou', stroke: iou, width: 1, dash: [4, 4], spanGaps: true, points: { show: false } },
    ],
    // Where the keys stand was told when they went there, and is not told anew with every redraw.
    hooks: { setCursor: [(u) => stood === null && hover(u)], draw: [(u) => labels(u, [[2, 'loss', loss], [3, state.run?.validationPairs.length ? 'validation IoU' : 'training IoU', iou]])] },
  };
}

/**
 * As many decimals as tell neighbours apart: 1.25 is not 1.3.
 * @param {number} value
 * @param {number} apart to the next one
 */
function tick(value, apart) {
  const decimals = Math.min(6, String(apart).split('.')[1]?.length ?? 0);
  return String(Number(value.toFixed(decimals)));
}

/**
 * Writes each line's name and last figure at its end: above or below, wherever it covers fewer points of both lines.
 * @param {uPlot} u
 * @param {[number, string, string][]} lines
 */
function labels(u, lines) {
  const { ctx, bbox } = u;
  const ratio = devicePixelRatio || 1;
  const height = 16 * ratio;
  ctx.save();
  ctx.font = `600 ${12 * ratio}px ${theme.family}`;
  ctx.textAlign = 'right';
  ctx.textBaseline = 'middle';
  ctx.lineJoin = 'round';
  ctx.lineWidth = 4 * ratio;
  ctx.strokeStyle = theme.card;
  const dots = lines.flatMap(([index]) => pixels(u, index));
  /** @type {{ left: number, y: number }[]} */
  const placed = [];
  for (const [index, name, colour] of lines) {
    const own = pixels(u, index);
    const end = own.at(-1);
    if (!end) continue;
    const text = `${name} ${index === 3 ? metric(end.value) : end.value.toFixed(end.value < 0.1 ? 3 : 2)}`;
    const width = ctx.measureText(text).width;
    const right = Math.max(Math.min(end.x, bbox.left + bbox.width) - 2 * ratio, bbox.left + width + 4 * ratio);
    let best = { y: end.y, cost: Infinity };
    for (const shift of [-0.8, 0.9, -1.6, 1.7, -2.4, 2.5, -3.4, 3.5]) {
      const y = end.y + shift * height;
      if (y < bbox.top + height / 2 || y > bbox.top + bbox.height - height / 2) continue;
      const covered = dots.filter((dot) => dot.x > right - width - 4 && dot.x < right + 4 && Math.abs(dot.y - y) < height * 0.6).length;
      const clash = placed.some((other) => Math.abs(other.y - y) < height) ? 1000 : 0;
      const cost = covered + clash + Math.abs(shift) * 0.4;
      if (cost < best.cost) best = { y, cost };
    }
    placed.push({ left: right - width, y: best.y });
    ctx.strokeText(text, right, best.y);
    ctx.fillStyle = colour;
    ctx.fillText(text, right, best.y);
  }
  ctx.restore();
}

/** A line's points on the canvas. @param {uPlot} u @param {number} index */
function pixels(u, index) {
  const scale = index === 3 ? 'iou' : 'loss';
  const points = [];
  for (let i = 0; i < u.data[0].length; i += 1) {
    const value = u.data[index][i];
    if (value != null) points.push({ x: u.valToPos(u.data[0][i], 'x', true), y: u.valToPos(value, scale, true), value });
  }
  return points;
}

/** Writes the figures at the cursor. @param {uPlot} u */
function hover(u) {
  const i = u.cursor.idx;
  /** The last figure of a line up to the pointer. @param {number} index */
  const upTo = (index) => {
    for (let k = i ?? -1; k >= 0; k -= 1) if (u.data[index][k] != null) return u.data[index][k];
    return null;
  };
  const held = (state.run?.validationPairs.length ?? 0) > 0;
  const parts = i == null ? [] : [`step ${u.data[0][i]}`, `loss ${upTo(2)?.toPrecision(3) ?? '–'}`, `${held ? 'validation' : 'training'} IoU ${metric(upTo(3))}`, held ? `training IoU ${metric(upTo(4))}` : ''];
  setText($('chart-hover'), parts.filter(Boolean).join(' · ') || (held ? 'Dashed: IoU on training images. Point at the lines, or use the arrow keys, for their figures.' : 'Point at the lines, or use the arrow keys, for their figures.'));
}

/** Adds the rows that are new, so that who reads further down is left there. @param {import('../../core/store.js').Run} run */
function paintTable(run) {
  if (!(/** @type {HTMLDetailsElement} */ ($('chart-table')).open)) return;
  const key = `${run.run_id} ${run.validations.at(-1)?.step}`;
  if (key === rows && run === tabled) return;
  const body = $('chart-rows');
  if (run !== tabled) body.replaceChildren();
  tabled = run;
  rows = key;
  const newest = Number(/** @type {HTMLElement | null} */ (body.firstElementChild)?.dataset.step ?? -1);
  const fresh = run.validations.slice(-MAX_ROWS).filter(({ step }) => step > newest);
  inSlices('chart-rows', [...fresh.map((report) => () => body.prepend(tableRow(run, report))), () => {
    while (body.childElementCount > MAX_ROWS) body.lastElementChild?.remove();
    // Each was the best of its time; the model is the last of them.
    const kept = run.validations.findLast(({ best }) => best)?.step;
    for (const row of /** @type {Iterable<HTMLTableRowElement>} */ (body.children)) {
      const best = row.dataset.step === String(kept);
      row.classList.toggle('best', best);
      setText(row.cells[0], best ? `${row.dataset.step} (best)` : String(row.dataset.step));
    }
  }], (work) => work());
}

/** @param {import('../../core/store.js').Run} run @param {import('../../core/types.js').ValidationReport} report */
function tableRow(run, { step, validation, training }) {
  const loss = run.losses.findLast(([at]) => at <= step)?.[1];
  const cells = [loss?.toFixed(4) ?? '–', validation?.loss.toFixed(4) ?? '–', metric(validation?.iou), metric(validation?.f1), metric(validation?.accuracy), metric(training.iou)];
  return h('tr', { 'data-step': String(step) }, h('th', { scope: 'row' }, String(step)), ...cells.map((text) => h('td', {}, text)));
}
