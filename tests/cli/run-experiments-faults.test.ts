import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isAlive } from '../../brokers/servers/local/living.ts';
import { stateOf } from '../../lab/faults/process-state.ts';
import { RunFiles, readRun } from '../../lab/result-files.ts';
import type { TrialResult } from '../../lab/trial-result.ts';
import { temporaryFolder } from '../brokers/servers/temporary-folder.ts';
import { madeFaults, madeStrike, struckResult } from '../lab/made-faults.ts';
import { madeResult } from '../lab/made-result.ts';
import { allEnded, LabProcess, linesOf, runLab, until } from './lab-process.ts';

const FAULTS = ['consumer-kill', 'producer-kill', 'rolling-deploy'];
const SMOKE = 'faults --profile smoke --brokers redis-streams --seed 7'.split(' ');
/** Whether a strike was valid depends on how busy the machine is; a trial is done all the same. */
const DONE = '(pass|unknown)';

/** The one trial of SMOKE with this fault. */
const DONE_ALREADY: TrialResult = {
  ...struckResult(madeFaults('producer-kill', [madeStrike()])),
  broker: 'redis-streams',
  experiment: 'faults',
  workload: { ...madeResult().workload, seed: 7 },
};

describe('a run of faults that is cut short by Ctrl-C', () => {
  test('goes on, by the command that it prints, with those trials alone that it left', async () => {
    await using folder = await temporaryFolder();
    const out = join(folder.path, 'run');
    const indexPath = join(out, 'index.json');
    await using lab = new LabProcess([...SMOKE, '--faults', FAULTS.join(','), '--out', out]);
    await lab.says(new RegExp(`\\[1/3\\].* · ${DONE}`));
    await lab.says(/\[2\/3\].* struck under load/);
    const { servers } = lab;
    expect(servers).toHaveLength(1);
    lab.child.kill('SIGINT');
    const cut = await lab.ended();
    expect(cut.code).toBe(2);
    for (const found of servers) expect(isAlive(found)).toBe(false);
    const before = readRun(indexPath);
    expect(before.index.complete).toBe(false);
    expect(before.results).toHaveLength(1);
    const firstText = readFileSync(join(out, before.index.trials[0]!), 'utf8');

    const [, told] = /^go on with: npm run lab -- (.*)$/m.exec(cut.stderr)!;
    expect(told).toBe(
      [...SMOKE, '--faults', FAULTS.join(','), '--out', out, '--resume', indexPath].join(' '),
    );
    const { code, stdout, stderr } = await runLab(told!.split(' '));
    expect([0, 2]).toContain(code);
    expect(stderr).not.toMatch(/\[1\/3\]/);
    for (const number of [2, 3])
      expect(stderr).toMatch(new RegExp(`\\[${number}/3\\].* · ${DONE}`));
    const { index, results } = readRun(indexPath);
    expect(index).toMatchObject({ complete: true, run: before.index.run });
    expect(results.map(({ faults }) => faults!.name).sort()).toEqual(FAULTS);
    expect(results.map(({ trial }) => trial.slice(0, 3))).toEqual(['001', '002', '003']);
    expect(readFileSync(join(out, index.trials[0]!), 'utf8')).toBe(firstText);
    // One table of all of them, whichever of the two labs has run them.
    for (const fault of FAULTS) expect(stdout).toMatch(new RegExp(`^${fault} +\\S`, 'm'));
  });

  test('while a server stands still leaves none, neither stopped nor alive', async () => {
    await using folder = await temporaryFolder();
    const out = join(folder.path, 'run');
    await using lab = new LabProcess([...SMOKE, '--faults', 'server-pause', '--out', out]);
    await lab.says(/\[1\/1\].* struck under load/);
    const { servers, runFolder } = lab;
    const children = process.platform === 'linux' ? lab.children : servers;
    await until('the server stands still', () => servers.some(({ pid }) => stateOf(pid) === 'T'));
    const beganMs = performance.now();
    lab.child.kill('SIGINT');
    const { code } = await lab.ended();
    // Well before it would have been continued anyway.
    expect(performance.now() - beganMs).toBeLessThan(15_000);
    expect(code).toBe(2);
    await allEnded(children);
    expect(existsSync(runFolder!)).toBe(false);
    expect(readRun(join(out, 'index.json'))).toMatchObject({
      index: { complete: false },
      results: [],
    });
  });
});

describe('a run to go on with is refused in one line, before anything starts,', () => {
  function begun(path: string, profile: string): RunFiles {
    const startedAt = new Date();
    const facts = { run: 'run-1', startedAt, command: 'npm run lab -- faults', profile };
    return RunFiles.begin(facts, { resultsFolder: path, outFolder: join(path, 'out') });
  }

  test('when it has done all that it is asked for', async () => {
    await using folder = await temporaryFolder();
    const files = begun(folder.path, 'smoke');
    files.add(DONE_ALREADY);
    files.finish();
    const text = readFileSync(files.indexPath, 'utf8');
    const flags = [...SMOKE, '--faults', 'producer-kill', '--resume', files.indexPath];
    const { code, stdout, stderr } = await runLab(flags);
    expect(linesOf(stderr)).toEqual([
      `error: --resume ${files.indexPath}: this run has done all that these flags ask for; ask ` +
        'for more, as with --kills, or start a new one',
    ]);
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
    expect(readFileSync(files.indexPath, 'utf8')).toBe(text);
  });

  test('when it has another profile', async () => {
    await using folder = await temporaryFolder();
    const { indexPath } = begun(folder.path, 'full');
    const { code, stdout, stderr } = await runLab([...SMOKE, '--resume', indexPath]);
    expect(linesOf(stderr)).toEqual([
      expect.stringMatching(/^error: --resume .* has the profile full; add --profile full/),
    ]);
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
  });
});
