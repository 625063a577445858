import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { identityOf, isAlive } from '../../brokers/servers/local/living.ts';
import { readRun } from '../../lab/result-files.ts';
import { trialResultSchema } from '../../lab/trial-result.ts';
import { temporaryFolder } from '../brokers/servers/temporary-folder.ts';
import { allEnded, LabProcess, linesOf, runLab } from './lab-process.ts';

const smoke = ['throughput', '--profile', 'smoke', '--likes', '5000'];
/** Twenty trials of some seconds each, so that a signal meets one of them in the middle. */
const long = 'throughput --profile smoke --brokers redis-streams --likes 200000 --repeats 20'.split(
  ' ',
);

describe('a run', () => {
  test('prints its table and writes an index and a file for each trial', async () => {
    await using folder = await temporaryFolder();
    const out = join(folder.path, 'run');
    const { code, stdout, stderr } = await runLab([...smoke, '--brokers', 'null', '--out', out]);
    expect(stderr).toContain(join(out, 'index.json'));
    expect(code).toBe(0);
    expect(stdout).toMatch(/^broker +tier +counts +likes +published likes\/s/m);
    expect(stdout).toMatch(/^null +memory +pass +[\d,]+/m);
    const { index, results } = readRun(join(out, 'index.json'));
    expect(index).toMatchObject({ complete: true, profile: 'smoke' });
    expect(index.command).toContain('--likes 5000');
    expect(results.map(({ plan }) => plan.mode)).toEqual(['publish-then-count']);
    for (const { verdict, workload } of results) {
      expect(verdict).toBe('pass');
      expect(workload.likes).toBe(5_000);
    }
  });

  test('prints results as JSON and nothing else on standard output with --json', async () => {
    await using folder = await temporaryFolder();
    const out = join(folder.path, 'run');
    const args = [...smoke, '--brokers', 'null', '--json', '--out', out];
    const { code, stdout } = await runLab(args);
    expect(code).toBe(0);
    const results = trialResultSchema.array().parse(JSON.parse(stdout));
    expect(results).toEqual(readRun(join(out, 'index.json')).results);
  });

  test('is refused before anything starts when its folder holds another one', async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, 'index.json'), 'kept');
    const { code, stdout, stderr } = await runLab([...smoke, '--out', folder.path]);
    expect(linesOf(stderr)).toHaveLength(1);
    expect(stderr).toMatch(/^error: .*index\.json holds another run.*name another folder/);
    expect(stdout).toBe('');
    expect(code).toBe(64);
  });

  test('and another one at the same time do not disturb each other', async () => {
    await using folder = await temporaryFolder();
    const outs = ['one', 'two'].map((name) => join(folder.path, name));
    const both = await Promise.all(
      outs.map((out) => runLab([...smoke, '--brokers', 'redis-streams,null', '--out', out])),
    );
    for (const { code, stderr } of both) expect(code, stderr).toBe(0);
    const hashes = outs.map((out) =>
      readRun(join(out, 'index.json')).results.map(({ workload }) => workload.hash),
    );
    expect(hashes[0]).toHaveLength(2);
    // The same seed gives the same likes, to every broker and in every lab.
    expect(new Set(hashes.flat()).size).toBe(1);
  });
});

describe('a run that is cut short', () => {
  test('by Ctrl-C keeps what was measured, leaves no process and exits with 2', async () => {
    await using folder = await temporaryFolder();
    const out = join(folder.path, 'run');
    await using lab = new LabProcess([...long, '--out', out]);
    await lab.says(/\[1\/20\].* pass /);
    await lab.says(/\[2\/20\].* (publishing|counting)/);
    const { servers, runFolder } = lab;
    const children = process.platform === 'linux' ? lab.children : servers;
    expect(servers).toHaveLength(1);
    expect(children.length).toBeGreaterThanOrEqual(servers.length);
    lab.child.kill('SIGINT');
    const { code, stdout, stderr } = await lab.ended();
    expect(code).toBe(2);
    expect(stderr).toContain('what was measured is kept');
    expect(stdout).toMatch(/^redis-streams +kill +pass/m);
    const { index, results } = readRun(join(out, 'index.json'));
    expect(index.complete).toBe(false);
    expect(results.length).toBeGreaterThanOrEqual(1);
    expect(results.length).toBeLessThan(20);
    for (const found of [...servers, ...children]) expect(isAlive(found)).toBe(false);
    expect(existsSync(runFolder!)).toBe(false);
  });

  test('by SIGKILL leaves a folder that the next lab removes, with whatever lives', async () => {
    await using folder = await temporaryFolder();
    await using lab = new LabProcess([...long, '--out', join(folder.path, 'run')]);
    await lab.says(/\[1\/20\].* (publishing|counting)/);
    const { servers, runFolder } = lab;
    const children = process.platform === 'linux' ? lab.children : servers;
    expect(servers).toHaveLength(1);
    expect(servers[0]).toEqual(identityOf(servers[0]!.pid));
    lab.child.kill('SIGKILL');
    await lab.ended();
    // Elsewhere than on Linux the server lives until the next lab ends it.
    if (process.platform === 'linux') await allEnded(children);
    expect(existsSync(runFolder!)).toBe(true);

    const next = [...smoke, '--brokers', 'null', '--out', join(folder.path, 'next')];
    const { code, stderr } = await runLab(next);
    expect(code).toBe(0);
    expect(stderr).toContain(`removed ${runFolder}`);
    expect(existsSync(runFolder!)).toBe(false);
    await allEnded(servers);
    expect(readRun(join(folder.path, 'run', 'index.json')).index.complete).toBe(false);
  });
});
