import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../../bench/closed-loop.ts', import.meta.url));
const RUN_MS_MAX = 300_000;

test('each 202 that autocannon got is in the count, directly and through a queue', {
  timeout: RUN_MS_MAX,
}, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM]);
  expect(stdout).toMatch(/^Closed loop \(autocannon\)/);
  const rows = stdout.split('\n').filter((line) => /^(direct|queue) /.test(line));
  expect(rows).toHaveLength(6);
  for (const row of rows) {
    const cells = row.split(/ {2,}/);
    const [counted, accepted] = cells
      .at(-1)!
      .split(' of ')
      .map((text) => +text.replace(',', ''));
    const connections = Number(cells[1]);
    expect.soft(accepted, row).toBeGreaterThan(0);
    expect.soft(counted, row).toBeGreaterThanOrEqual(accepted!);
    expect.soft(counted! - accepted!, row).toBeLessThanOrEqual(connections);
    // Little's law: what is under way is the rate times the time that each takes.
    expect.soft(Number(cells[4]) / connections, row).toBeGreaterThan(0.8);
    expect.soft(Number(cells[4]) / connections, row).toBeLessThan(1.2);
  }
});
