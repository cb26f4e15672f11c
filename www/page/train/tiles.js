// @ts-check
/**
 * What augmentation makes of the user's own tiles: a row of those that training gets, asked of the engine whenever the
 * settings, the data or the row change.
 */
import { $, h, inSlices, setText, show } from '../../ui/dom.js';
import { augmentFields } from '../../ui/fields.js';
import { paintLayers } from '../../ui/paint-classes.js';
import { onEvent, say } from '../../core/reduce.js';
import { send } from '../../core/engine.js';
import { whenReady } from '../../core/session.js';
import { changed, onPaint, state, usablePairs } from '../../core/store.js';

/** @typedef {import('../../core/types.js').TrainTile} TrainTile */

/** Settings that decide what a tile looks like. */
const WATCHED = /** @type {const} */ (['augmentation', ...augmentFields.map(({ name }) => name), 'tile_px', 'sampling', 'channels', 'bands', 'batch', 'seed', 'val_share', 'val_by', 'val_names']);

/** @type {readonly TrainTile[]} */
let tiles = [];
/** Which row is asked for: the first holds the tiles of the first steps. */
let row = 0;
/** Counts data sets. */
let data = 0;
/** What the tiles in view were made for, and what the engine is making. */
let made = '';
let making = '';
/** The button was pressed: the answer is announced. */
let pressed = false;
let painted = '';

export function initTiles() {
  $('tiles-others').addEventListener('click', () => {
    // Not disabled meanwhile: the focus would be lost.
    if (making) return;
    row += 1;
    pressed = true;
    changed();
  });
  $('tiles-cut').addEventListener('change', changed);
  $('tiles-fold').addEventListener('toggle', changed);
  whenReady(() => {
    making = '';
    made = '';
  });
  onEvent((event) => {
    if (event.type === 'dataset') {
      data += 1;
      row = 0;
    }
    if (event.type !== 'tiles') return;
    made = making;
    making = '';
    tiles = event.tiles;
    if (pressed && tiles.length) say(`Other tiles: ${tiles.map((tile) => `${tile.name} ${pose(tile)}`).join('; ')}.`);
    pressed = false;
  });
  onPaint(paint);
}

/** Asks for the tiles wanted, one question a time: what changes meanwhile is asked when the answer is here. */
function ask() {
  const { config } = state;
  if (making || state.place !== 'train' || !config || config.errors.length || !state.device || state.starting) return;
  const settings = config.config;
  const wanted = JSON.stringify([data, row, ...WATCHED.map((name) => settings[name])]);
  if (wanted === made) return;
  making = wanted;
  send({ type: 'show_tiles', config: settings, row });
}

function paint() {
  const any = usablePairs().length > 0;
  show($('tiles-card'), any);
  // Folded away, nobody looks: no tile is made.
  if (!any || state.place !== 'train' || !(/** @type {HTMLDetailsElement} */ ($('tiles-fold')).open)) return;
  ask();
  const list = $('tiles');
  if (making) list.ariaBusy = 'true';
  const box = /** @type {HTMLInputElement} */ ($('tiles-cut'));
  const augmentation = state.config?.config.augmentation ?? 'off';
  box.disabled = augmentation === 'off';
  const cut = box.checked || box.disabled;
  setText($('tiles-line'), cut ? 'Tiles as they are cut from your images.' : 'Tiles as the network gets them: other ones, in other poses, at every step.');
  const { overlay, opacity } = state.view;
  const key = `${made} ${cut} ${overlay} ${opacity} ${JSON.stringify(state.dataset?.classes)}`;
  if (key === painted || !made) return;
  painted = key;
  list.ariaBusy = 'true';
  while (list.children.length > tiles.length) list.lastElementChild?.remove();
  while (list.children.length < tiles.length) list.append(h('li', {}, h('figure', {}, h('canvas', { 'aria-hidden': 'true' }), h('figcaption', {}, h('span', { class: 'name' }), h('span', { class: 'small' })))));
  inSlices('tiles', [...tiles.entries(), null], (entry) => {
    if (!entry) {
      list.ariaBusy = String(making !== '');
      return;
    }
    const [i, tile] = entry;
    const [name, words] = list.children[i].querySelectorAll('figcaption span');
    const canvas = list.children[i].querySelector('canvas');
    setText(name, tile.name);
    setText(words, cut ? 'as cut' : pose(tile));
    if (canvas) paintLayers(canvas, { width: tile.side_px, height: tile.side_px, rgba: cut ? tile.cut_rgba : tile.rgba, mask: cut ? tile.cut_mask : tile.mask }, { classes: state.dataset?.classes ?? [], at: 128, opacity, layer: overlay ? 'overlay' : 'image' });
  });
}

/** Smaller changes of size or light are not named. */
const LEAST_SEEN = 0.03;

/** A pose in words; what nobody would see is left out. @param {TrainTile} tile */
export function pose({ turned_deg, mirrored, zoom, moved_px, brighter, contrast }) {
  const round = (/** @type {number} */ value) => Math.round(Math.abs(value));
  const percent = (/** @type {number} */ value) => (Math.abs(value) < LEAST_SEEN ? 0 : round(value * 100));
  const words = [
    round(turned_deg) ? `turned ${round(turned_deg)}° ${turned_deg > 0 ? 'right' : 'left'}` : '',
    mirrored ? 'mirrored' : '',
    percent(zoom - 1) ? `${percent(zoom - 1)} % ${zoom > 1 ? 'larger' : 'smaller'}` : '',
    round(moved_px) ? `moved ${round(moved_px)} px` : '',
    percent(brighter) ? `${percent(brighter)} % ${brighter > 0 ? 'brighter' : 'darker'}` : '',
    percent(contrast - 1) ? `${percent(contrast - 1)} % ${contrast > 1 ? 'more' : 'less'} contrast` : '',
  ].filter(Boolean);
  return words.join(', ') || 'as cut';
}
