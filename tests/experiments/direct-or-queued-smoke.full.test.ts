import { join } from 'node:path';
import { expect, test } from 'vitest';
import { wayOf } from '../../experiments/direct-or-queued-columns.ts';
import { DIRECT } from '../../lab/path-plan.ts';
import { readRun } from '../../lab/result-files.ts';
import { temporaryFolder } from '../brokers/servers/temporary-folder.ts';
import { runLab } from '../cli/lab-process.ts';

const RUN_MS_MAX = 300_000;
const SMOKE = 'direct-or-queued --profile smoke --brokers kafka,redis-streams'.split(' ');

/** Whether numbers stand depends on how busy the machine is; what was counted does not. */
test('each way counts each 202 once, directly and through each queue', {
  timeout: RUN_MS_MAX,
}, async () => {
  await using folder = await temporaryFolder();
  const out = join(folder.path, 'run');
  const { code, stdout, stderr } = await runLab([...SMOKE, '--out', out]);
  expect(code, stderr).toBe(0);
  const { results } = readRun(join(out, 'index.json'));
  const ran = Map.groupBy(results, (result) => `${wayOf(result)}, ${result.broker}`);
  expect([...ran].map(([name, own]) => `${name}: ${own.length}`).sort()).toEqual([
    'direct, +1, direct: 2',
    'direct, with states, direct: 2',
    'queue, coalesced updates, kafka: 2',
    'queue, coalesced updates, redis-streams: 2',
    'queue, one update a like, kafka: 2',
    'queue, one update a like, redis-streams: 2',
  ]);
  for (const { broker, tier, path, plan, ledger } of results) {
    const name = `${broker} ${plan.pace}`;
    expect.soft(tier, name).toBe('power');
    expect.soft(path, name).toMatchObject({ isExact: true, acceptedUncounted: 0 });
    const { offered, accepted, shed, ...others } = path!.requests;
    const rest = [...Object.values(shed), ...Object.values(others)];
    expect.soft(accepted + rest.reduce((sum, count) => sum + count, 0), name).toBe(offered);
    // The one that writes directly has counted when it answers; a queue may be ahead of its 202.
    if (broker === DIRECT) expect.soft(path!.exactAfterMs, name).toBe(0);
    expect.soft(ledger!.counted, name).toBe(accepted);
  }
  expect(stdout).toContain('Where the better choice turns');
  expect(stdout).toMatch(/^direct, \+1 +queue, coalesced updates +redis-streams +power/m);
});
