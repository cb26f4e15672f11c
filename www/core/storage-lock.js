// @ts-check
/**
 * The browser's private storage belongs to one tab: its page holds a Web Lock for as long as it lives, whatever becomes
 * of its workers, so that no other tab can step in between two of them.
 */

const LOCK = 'groundmask-store';
/** A page that was just left frees the lock within this time; another tab does not. */
const OTHER_TAB_MS = 2500;

/**
 * @param {(storage: 'disk' | 'other_tab' | 'none', detail: string) => void} tell called once, or twice if another tab had it first;
 *   `disk`: the storage is this tab's from now on
 */
export function holdStorage(tell) {
  const { storage, locks } = navigator;
  if (!storage?.getDirectory || !locks) {
    tell('none', 'this browser offers no private storage');
    return;
  }
  const late = setTimeout(() => tell('other_tab', ''), OTHER_TAB_MS);
  locks.request(LOCK, () => {
    clearTimeout(late);
    tell('disk', '');
    return new Promise(() => {});
  }).catch((error) => {
    clearTimeout(late);
    tell('none', String(error));
  });
}

let asked = false;

/** Asks once that the browser does not clear the storage away when disks get full. */
export async function keepFromEviction() {
  if (asked || !navigator.storage?.persist) return;
  asked = true;
  // A no changes nothing: the run is saved all the same.
  await navigator.storage.persist().catch(() => false);
}
