// @ts-check
/**
 * Which kernels the adapter ran best on the last visit: measured by the engine, kept here so that it need not measure again.
 * The record is the engine's own text; it knows whether it still applies.
 */
const KEY = 'groundmask-kernels';

/** @returns {string | undefined} */
export function storedCalibration() {
  try {
    return localStorage.getItem(KEY) ?? undefined;
  } catch {
    return undefined;
  }
}

/** @param {string | null | undefined} record */
export function storeCalibration(record) {
  if (!record) return;
  try {
    localStorage.setItem(KEY, record);
  } catch { /* Measured again on the next visit. */ }
}
