// @ts-check
/**
 * Counts what leaves the page and how long its tasks take.
 */
import { serviceWorkerUrl } from './paths.js';
import { changed, running, state } from './store.js';

/** Page time at which the last engine was up; the worker's own files arrive before that. */
let engineUp = Infinity;

/** Called when an engine is up. */
export function noteEngineUp() {
  engineUp = performance.now();
}

/** Counts every request but those for the page's own files while the page and its worker are being loaded. */
export function watchRequests() {
  new PerformanceObserver((list) => {
    for (const entry of /** @type {PerformanceResourceTiming[]} */ (list.getEntries())) {
      // A blob or data address is inside this tab. Anything else counts with its address and its answer.
      if (!/^(https?|wss?):/.test(entry.name)) continue;
      // The page's own file too, asked for once an engine is up; WebKit lists it, others do not.
      if (entry.name === serviceWorkerUrl) continue;
      const loading = state.engine !== 'ready' || entry.startTime < engineUp;
      if (loading && new URL(entry.name).origin === location.origin) continue;
      state.bytesSent += entry.name.length + Math.max(1, entry.transferSize);
      changed();
    }
  }).observe({ type: 'resource', buffered: true });
}

/** Chromium reports tasks over 50 ms; elsewhere the figures stay 0. */
export function watchTasks() {
  if (!PerformanceObserver.supportedEntryTypes.includes('longtask')) return;
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) {
      state.longestTaskMs = Math.max(state.longestTaskMs, duration);
      if (running()) state.longestTaskTrainingMs = Math.max(state.longestTaskTrainingMs, duration);
    }
  }).observe({ type: 'longtask' });
}
