// @ts-check
/**
 * Reads from the GPU that come when the work is done. Firefox looks for finished work on a timer of about 100 ms unless something is
 * submitted (Mozilla bug 1870699; Firefox 153: 100 ms for a read of 256 bytes, 3.6 ms with this), so while a read is waited
 * for, nothing is submitted now and then. Where reads come by themselves within the first few milliseconds it never happens.
 */

/** A read that comes by itself comes sooner than this. */
const FIRST_MS = 3;
/** Between two; browsers make four of it after a few. */
const EVERY_MS = 1;

/** @typedef {{ submit: (commands: unknown[]) => void }} Queue */

/**
 * While a promise of `mapAsync` is open, `queue` is submitted nothing.
 *
 * @param {Promise<unknown>} read
 * @param {Queue} queue
 */
export function hasten(read, queue) {
  let waiting = true;
  const end = () => {
    waiting = false;
  };
  read.then(end, end);
  const again = () => {
    if (!waiting) return;
    try {
      queue.submit([]);
    } catch {
      // A device that is lost takes nothing: the read ends by itself.
      return;
    }
    setTimeout(again, EVERY_MS);
  };
  setTimeout(again, FIRST_MS);
}

/**
 * Every read of this device's buffers is hastened.
 *
 * @param {any} device a GPUDevice
 */
export function hastenReads(device) {
  const { createBuffer } = device;
  /** @param {any} descriptor */
  device.createBuffer = function created(descriptor) {
    const buffer = createBuffer.call(this, descriptor);
    if (!(descriptor.usage & MAP_READ)) return buffer;
    const { mapAsync } = buffer;
    /** @param {any[]} range */
    buffer.mapAsync = function mapped(...range) {
      const read = mapAsync.apply(this, range);
      hasten(read, device.queue);
      return read;
    };
    return buffer;
  };
}

/** `GPUBufferUsage.MAP_READ` of the WebGPU specification. */
const MAP_READ = 1;
