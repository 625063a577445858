/** A cover of the matrix on real servers, other cells each day; `--seed` repeats one of them. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readRun } from '../../lab/result-files.ts';
import { temporaryFolder } from '../brokers/servers/temporary-folder.ts';
import { runLab } from './lab-process.ts';

const DAY_MS = 86_400_000;
/** About five minutes on two cores that do nothing else. */
const RUN_TIMEOUT_MS = 900_000;
/** On a busy machine a strike may meet too little load, and is void; most of them do not. */
const VALID_SHARE_LEAST = 0.6;
const FLAGS = ['--profile', 'smoke', '--tier', 'kill,power', '--parallel', '3'];

test(
  "no promise is broken in the day's cover of brokers, tiers and faults",
  async () => {
    await using folder = await temporaryFolder();
    const out = join(folder.path, 'run');
    const seed = Math.floor(Date.now() / DAY_MS);
    const { stdout } = await runLab(['faults', ...FLAGS, '--seed', String(seed), '--out', out]);
    console.log(`--seed ${seed}\n${stdout.slice(0, stdout.indexOf('Each cell'))}`);
    const { index, results } = readRun(join(out, 'index.json'));
    expect(index.complete).toBe(true);
    const broken = results.filter(({ verdict }) => verdict === 'fail');
    expect(broken.map(({ trial, reasons }) => `${trial}: ${reasons.join('; ')}`)).toEqual([]);
    const tested = results.filter(({ faults }) => faults?.whyNot === undefined);
    const passed = tested.filter(({ verdict }) => verdict === 'pass');
    expect(passed.length).toBeGreaterThan(VALID_SHARE_LEAST * tested.length);
  },
  RUN_TIMEOUT_MS,
);
