import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const BENCH = fileURLToPath(new URL('../../bench/bench.ts', import.meta.url));

function bench(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BENCH, ...words], {
    encoding: 'utf8',
  });
  return { status, stdout, lines: stderr.trim().split('\n') };
}

describe('npm run bench', () => {
  test.each([
    [['--pairs', '0'], 'from 1 to 100'],
    [['--likes', '1e9'], 'from 20000 to 2000000'],
    [['--only', 'kafka'], 'allowed are kafka-published, kafka-counted'],
    [['--rounds', '3'], "unknown option '--rounds'"],
    [['all'], 'too many arguments'],
  ])('answers %j with one line and exit code 64', (words, said) => {
    const { status, stdout, lines } = bench(...words);
    expect({ status, stdout, lines: lines.length }).toEqual({ status: 64, stdout: '', lines: 1 });
    expect(lines[0]).toContain(said);
  });

  test('measures the store against bare upserts of the same likes, and counts all of them', () => {
    const { status, stdout } = bench('--only=store-applied', '--pairs=1', '--likes=20000');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^store-applied +likes +[\d,]+ +[\d,]+ +\d\.\d\d \(.*\) +0\.50/m);
    expect(stdout).not.toContain('struck out');
  });
});
