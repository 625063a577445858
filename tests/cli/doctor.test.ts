import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { madeResult } from '../lab/made-result.ts';
import { LabProcess } from './lab-process.ts';

const omb = (file: string) =>
  fileURLToPath(new URL(`../lab/audit/formats/omb/${file}`, import.meta.url));

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lab-doctor-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function doctor(...args: readonly string[]) {
  await using lab = new LabProcess(['doctor', ...args]);
  return await lab.ended();
}

test('a clean file exits with 0 and a row for each mistake', async () => {
  const { code, stdout } = await doctor(omb('default-sync-200k.json'));
  expect(code).toBe(0);
  expect(stdout).toContain('OpenMessaging Benchmark result, Kafka');
  expect(stdout).toMatch(/: no mistake found in \d+ of 14 checks; \d+ cannot tell\n/);
  expect(stdout.trim().split('\n')).toHaveLength(15);
});

test('any mistake exits with 1, and stands first with its evidence and what would be', async () => {
  const { code, stdout } = await doctor(omb('default-sync-200k.json'), omb('sync-200k.json'));
  expect(code).toBe(1);
  const lines = stdout.split('\n');
  const head = lines.findIndex((line) => line.includes('1 of 14 mistakes found'));
  expect(lines[head + 1]).toMatch(/clock +hit +end to end: steps of 1 ms.*would be: between 3/);
});

test('where nothing can be told, it says so and exits with 2', async () => {
  const { audit: _, ledger: _ledger, rates: _rates, ...told } = madeResult();
  const path = join(folder, 'bare.json');
  writeFileSync(path, JSON.stringify({ ...told, settings: {} }));
  const { code, stdout } = await doctor(path);
  expect(stdout).toContain('no mistake found in 2 of 14 checks; 12 cannot tell');
  expect(code).toBe(2);
  // Beside a file that tells something it is not lost, and a mistake weighs more.
  expect((await doctor(path, omb('default-sync-200k.json'))).code).toBe(2);
  expect((await doctor(path, omb('sync-200k.json'))).code).toBe(1);
});

test('--json gives all of it', async () => {
  const { code, stdout } = await doctor('--json', omb('mirrored-30k.json'));
  expect(code).toBe(1);
  const [found] = JSON.parse(stdout);
  expect(found).toMatchObject({ kind: 'OpenMessaging Benchmark result' });
  expect(found.path).toContain('mirrored-30k.json');
  expect(found.checks).toHaveLength(14);
});

test.each([
  ['text', 'no JSON at all'],
  ['another JSON', '{"name":"a-package"}'],
  ['a number', '7'],
])('a file of %s exits with 64 and one line that names it and what is allowed', async (_, text) => {
  const path = join(folder, 'other.json');
  writeFileSync(path, text);
  const { code, stdout, stderr } = await doctor(omb('default-sync-200k.json'), path);
  expect(code).toBe(64);
  expect(stdout).toBe('');
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(stderr).toContain(`${path} is none of these: OpenMessaging Benchmark result, autocannon`);
});

test('a file that is not there exits with 64', async () => {
  const { code, stderr } = await doctor(join(folder, 'nothing.json'));
  expect(code).toBe(64);
  expect(stderr).toMatch(/^error: .*nothing\.json cannot be read .*; check the path\n$/);
});
