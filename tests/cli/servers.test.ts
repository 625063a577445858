import { expect, test } from 'vitest';
import { isAlive } from '../../brokers/servers/local/living.ts';
import { readUp } from '../../brokers/servers/local/up.ts';
import { linesOf, runLab } from './lab-process.ts';

test('servers go up, answer, stay the same on a second up, and go down', async ({ skip }) => {
  // The command keeps its servers in the project's own folder, where somebody may be at work.
  if (await readUp()) skip('servers are up already, and they are somebody else’s');
  const up = await runLab(['servers', 'up']);
  try {
    expect(up.code, up.stderr).toBe(0);
    const found = (await readUp())!;
    expect(found.servers.map(({ name, tier }) => `${name} ${tier}`)).toEqual([
      'kafka kill',
      'elasticmq kill',
      'redis kill',
      'null memory',
    ]);
    for (const { name, address, process } of found.servers) {
      expect(up.stdout).toMatch(new RegExp(`^${name} +${address} `, 'm'));
      expect(isAlive(process)).toBe(true);
    }
    const nullAddress = found.servers[3]!.address;
    expect((await fetch(`http://${nullAddress}/settings`)).status).toBe(200);

    const again = await runLab(['servers', 'up']);
    expect(again.stderr).toContain('already up');
    expect(linesOf(again.stdout)).toEqual(linesOf(up.stdout));

    const down = await runLab(['servers', 'down']);
    expect(down.code).toBe(0);
    expect(down.stderr).toContain('down: kafka, elasticmq, redis, null');
    for (const { process } of found.servers) expect(isAlive(process)).toBe(false);
    expect(isAlive(found.keeper)).toBe(false);
  } finally {
    await runLab(['servers', 'down']);
  }
  expect((await runLab(['servers', 'down'])).stderr).toContain('no servers are up');
});
