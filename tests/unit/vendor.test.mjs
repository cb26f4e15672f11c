// @ts-check
/** Vendored files are what their authors published: `www/vendor/SHA256SUMS` names each, and nothing else is loaded from there. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const VENDOR = fileURLToPath(new URL('../../www/vendor/', import.meta.url));

test('every vendored script and style has the hash it was taken in with', () => {
  const sums = new Map(
    readFileSync(path.join(VENDOR, 'SHA256SUMS'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => /** @type {[string, string]} */ (line.split(/\s+/).reverse())),
  );
  const files = readdirSync(VENDOR, { recursive: true, encoding: 'utf8' }).filter((file) => /\.(js|css)$/.test(file));
  assert.deepEqual(files.sort(), [...sums.keys()].sort());
  for (const [file, sum] of sums) assert.equal(createHash('sha256').update(readFileSync(path.join(VENDOR, file))).digest('hex'), sum, file);
});
