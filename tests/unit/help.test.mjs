// @ts-check
/** The words of the help: short, whole sentences, and every word that the page asks for is there. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';

import { askWords, terms } from '../../www/ui/help-strings.js';

const WWW = new URL('../../www/', import.meta.url);

test('a word takes one or two sentences', () => {
  for (const [name, { word, text }] of Object.entries(terms)) {
    assert.match(text, /^[A-Z].+\.$/, name);
    assert.ok(text.length <= 260 && (text.match(/[.?!](\s|$)/g) ?? []).length <= 2, `${name} is long`);
    assert.doesNotMatch(`${word} ${text}`, /\bSeed\b/);
  }
  assert.equal(askWords('IoU'), 'What is IoU?');
  assert.equal(askWords('Epoch'), 'What is epoch?');
});

test('every word that markup or a setting asks for is explained', () => {
  const asked = [...readFileSync(new URL('index.html', WWW), 'utf8').matchAll(/data-help="(\w+)"/g)].map(([, name]) => name);
  for (const file of ['page', 'ui'].flatMap((folder) => readdirSync(new URL(folder, WWW), { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name}`)).filter((name) => name.endsWith('.js'))) {
    asked.push(...[...readFileSync(new URL(file, WWW), 'utf8').matchAll(/\bterm: '(\w+)'|\binfo\('(\w+)'\)/g)].map(([, a, b]) => a ?? b));
  }
  for (const name of asked) assert.ok(name in terms, name);
  for (const name of ['iou', 'threshold', 'loss', 'epoch', 'step', 'foreground', 'validation', 'pose', 'tile']) assert.ok(asked.includes(name), `${name} is not explained where it stands`);
});
