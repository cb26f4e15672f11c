// @ts-check
/** Runs one check of the wasm build and posts its outcome. */

self.onmessage = async ({ data: { name, device, file, seed } }) => {
  Object.assign(self, { testSeed: seed });
  try {
    const engine = await import('../pkg-checks/groundmask.js');
    await engine.default({ module_or_path: new URL(`../pkg-checks/${file}`, import.meta.url) });
    const report = await engine[name](device);
    self.postMessage({ report: report === undefined ? '' : typeof report === 'string' ? report : JSON.stringify(report) });
  } catch (error) {
    self.postMessage({ error: error instanceof Error ? `${error.message}\n${error.stack}` : String(error) });
  }
};
