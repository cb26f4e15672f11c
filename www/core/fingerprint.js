// @ts-check
/**
 * Whether a saved fingerprint of a data set is that of the data here.
 *
 * @param {string | null | undefined} fingerprint
 * @param {(string | null | undefined)[]} here of the data here, as this version makes it and as an older one did
 */
export const isOneOf = (fingerprint, here) => Boolean(fingerprint) && here.includes(fingerprint);
