import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readRun } from '../../lab/result-files.ts';
import { temporaryFolder } from '../brokers/servers/temporary-folder.ts';
import { runLab } from './lab-process.ts';

test('a viewer reads counts while a queue is counted, and no bound is broken', async () => {
  await using folder = await temporaryFolder();
  const out = join(folder.path, 'run');
  const args = `reads --profile smoke --brokers null --out ${out}`;
  const { code, stdout, stderr } = await runLab(args.split(' '));
  expect(code, stderr).toBe(0);
  expect(stdout).toMatch(/^null +memory +10 +a cache, 100 ms +pass +500 /m);
  const { results } = readRun(join(out, 'index.json'));
  const [{ reads, plan, ledger } = {}] = results.filter(({ plan: own }) => own.mode === 'reads');
  expect(plan!.reads).toEqual({ postsPerRequest: 10, maxStalenessMs: 100 });
  expect(ledger!.counted).toBe(750);
  expect(reads!.requestsPerS).toBeGreaterThan(0);
  expect(reads!.age!.samples).toBe(reads!.latency.samples);
  expect(reads!.bounds!.checked).toBeGreaterThan(0);
  expect(reads!.bounds!.broken).toBe(0);
});
