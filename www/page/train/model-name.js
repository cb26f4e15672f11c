// @ts-check
/**
 * What the masks show, and what the model is called: fields with what the names of files suggest.
 */
import { $, setText, show } from '../../ui/dom.js';
import { metric, plural } from '../../ui/format.js';
import { current } from './settings.js';
import { onPaint, state } from '../../core/store.js';

/** The model whose name stands in the field, so that what is typed over it stays. */
let named = '';

export function initModelName() {
  onPaint(paint);
}

/** What the foreground of the data here is called, empty if nobody said. */
export const className = () => current()?.class_name?.trim() || state.dataset?.suggested_class || '';

/** The name that was typed, for files of the model; undefined where it is as it was. */
export function typedName() {
  const text = /** @type {HTMLInputElement} */ ($('model-name')).value.trim();
  return text && text !== state.model?.about?.name ? text : undefined;
}

function paint() {
  if (state.place === 'train') paintClass();
  if (state.place === 'predict') paintModel();
}

function paintClass() {
  const { dataset } = state;
  show($('field-class_name'), !dataset?.classes.length);
  const suggested = dataset?.suggested_class ?? '';
  /** @type {HTMLInputElement} */ ($('set-class_name')).placeholder = suggested || 'foreground';
  setText($('help-class_name'), suggested && !current()?.class_name ? `“${suggested}”, by the name of the masks. It names the class in GeoJSON, and the model.` : 'One of them, such as building. It names the class in GeoJSON, and the model.');
}

function paintModel() {
  const { model } = state;
  const field = /** @type {HTMLInputElement} */ ($('model-name'));
  const line = aboutLine(model);
  show(field, model !== null);
  show($('model-about'), line !== '');
  setText($('model-about'), line);
  const name = model?.about?.name ?? '';
  const key = `${model?.name} ${name}`;
  if (key === named) return;
  named = key;
  field.value = name;
}

/** What a model is of, in one line; empty where nothing is known. @param {import('../../core/types.js').ModelInfo | null} model */
export function aboutLine(model) {
  const about = model?.about;
  if (!model || !about) return '';
  const what = model.classes.length ? `${plural(model.classes.length, 'class', 'classes')}: ${model.classes.slice(0, 6).map(({ name }) => name).join(', ')}${model.classes.length > 6 ? ', …' : ''}` : about.class_name && `Finds: ${about.class_name}`;
  const of = [about.scene, about.middle && placeWords(about.middle), (about.train_pairs ?? 0) > 0 && plural(about.train_pairs ?? 0, 'pair')].filter(Boolean).join(', ');
  const trained = of || about.date ? `trained${of ? ` on ${of}` : ''}${about.date ? ` on ${about.date}` : ''}`.replace(/ on (\d{4}-\d\d-\d\d)$/, ', $1') : '';
  const iou = about.iou == null ? '' : `IoU ${metric(about.iou)} ${about.held_back_part ? 'on the part held back' : (about.validation_pairs ?? 0) > 0 ? `on ${plural(about.validation_pairs ?? 0, 'pair')} held back` : 'on pairs it was trained on'}`;
  const calibrated = model.operating_point?.calibration ? 'probabilities calibrated there' : '';
  const line = [what, trained, iou && [iou, calibrated].filter(Boolean).join(', ')].filter(Boolean).join('; ');
  return line && `${line[0].toUpperCase()}${line.slice(1)}.`;
}

/** `31.52° N 34.45° E` @param {readonly number[]} place longitude and latitude, degrees */
const placeWords = ([longitude, latitude]) => `${Math.abs(latitude).toFixed(2)}° ${latitude < 0 ? 'S' : 'N'} ${Math.abs(longitude).toFixed(2)}° ${longitude < 0 ? 'W' : 'E'}`;
