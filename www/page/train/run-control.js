// @ts-check
/**
 * Pause, resume and stop: asked for once, until the engine has answered.
 */
import { send } from '../../core/engine.js';
import { changed, state } from '../../core/store.js';

export function pauseOrResume() {
  const { run } = state;
  if (!run || run.end || run.asked) return;
  run.asked = run.phase === 'paused' ? 'resume' : 'pause';
  send({ type: run.asked });
  changed();
}

export function stop() {
  const { run } = state;
  if (!run || run.end || run.asked === 'stop') return;
  run.asked = 'stop';
  send({ type: 'stop' });
  changed();
}
