import { readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { BROKERS } from '../../brokers/index.ts';
import { TIERS } from '../../brokers/servers/server.ts';
import { EVERY_EXPERIMENT } from '../../experiments/index.ts';
import { PROFILES } from '../../lab/experiment.ts';
import { FAULTS } from '../../lab/faults/index.ts';
import { WORKLOADS } from '../../likes/workloads/workload.ts';
import { openStore } from '../../store/open-store.ts';
import { temporaryFolder } from '../brokers/servers/temporary-folder.ts';
import { linesOf, runLab } from './lab-process.ts';

const NAMES_OF_FAULTS = FAULTS.map(({ name }) => name).join(', ');

describe('--help', () => {
  test('of the lab lists experiments, brokers, tiers, workloads and profiles', async () => {
    const { code, stdout } = await runLab(['--help']);
    expect(code).toBe(0);
    const experiments = EVERY_EXPERIMENT.map(({ name }) => name);
    for (const command of ['all', ...experiments, 'servers', 'counts', 'report']) {
      expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
    }
    const names = [
      ...Object.keys(BROKERS),
      ...TIERS,
      ...WORKLOADS.map(({ name }) => name),
      ...Object.keys(PROFILES),
    ];
    for (const name of names) expect(stdout).toMatch(new RegExp(`^  ${name} +\\S`, 'm'));
  });

  test('of an experiment lists its flags as well, and starts nothing', async () => {
    const { code, stdout, stderr } = await runLab(['throughput', '--help']);
    expect(code).toBe(0);
    expect(stderr).toBe('');
    for (const flag of ['--brokers', '--tier', '--likes', '--seed', '--out', '--json']) {
      expect(stdout).toContain(flag);
    }
    expect(stdout).toMatch(/^Workloads:$/m);
  });
});

test('--help of faults tells the flags that it alone has, and every fault there is', async () => {
  const { code, stdout, stderr } = await runLab(['faults', '--help']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  for (const flag of ['--faults', '--kills', '--parallel', '--resume', '--brokers', '--seed']) {
    expect(stdout).toContain(`  ${flag} <`);
  }
  expect(stdout).toMatch(/^Faults:$/m);
  for (const { name, summary } of FAULTS)
    expect(stdout).toContain(`  ${name.padEnd(18)}${summary}\n`);
});

describe('what the lab cannot do is one line that names it and what is allowed', () => {
  test.concurrent.each<[string, string, RegExp]>([
    ['a flag that is none', 'throughput --bogus', /unknown option '--bogus'/],
    ['a command that is none', 'frobnicate', /unknown command 'frobnicate'/],
    ['an argument too many', 'throughput fast', /too many arguments for 'throughput'.*: fast/],
    [
      'a broker that is none',
      'throughput --brokers kafak',
      new RegExp(`'kafak' is invalid\\. allowed are ${Object.keys(BROKERS).join(', ')}`),
    ],
    ['no broker', 'throughput --brokers ,', /',' is invalid\. allowed are kafka, /],
    [
      'a tier that is none',
      'throughput --tier kil',
      /'kil' is invalid\. allowed are memory, everysec, kill, power/,
    ],
    [
      'a tier that the broker lacks',
      'throughput --brokers kafka --tier memory',
      /no broker .* has tier memory; allowed are kafka: kill, power/,
    ],
    [
      'no likes',
      'throughput --likes 0',
      /'0' is invalid\. allowed are whole numbers from 1 to 1000000000/,
    ],
    ['likes that are no number', 'throughput --likes 1e3', /'1e3' is invalid\. allowed are whole/],
    [
      'a seed below 0',
      'throughput --seed -1',
      /'-1' is invalid\. allowed are whole numbers from 0 to 4294967295/,
    ],
    [
      'a workload that is none',
      'latency --workload zip',
      /'zip' is invalid\. Allowed choices are trending, zipf, flash, toggles/,
    ],
    [
      'a profile that is none',
      'all --profile fast',
      /'fast' is invalid\. Allowed choices are smoke, quick, full/,
    ],
    ['lanes beyond the limit', 'throughput --lanes 65', /'65' is invalid\. .* from 1 to 64/],
    [
      'a tier of servers that is none',
      'servers up --tier x',
      /'x' is invalid\. Allowed choices are memory, everysec, kill, power/,
    ],
    ['a command of servers that is none', 'servers sideways', /unknown command 'sideways'/],
    [
      'a fault that is none',
      'faults --faults zombie,server-kil',
      new RegExp(`'zombie,server-kil' is invalid\\. allowed are ${NAMES_OF_FAULTS}`),
    ],
    ['no fault', 'faults --faults ,', /',' is invalid\. allowed are server-kill, /],
    ['no strike', 'faults --kills 0', /'0' is invalid\. allowed are whole numbers from 1 to 10000/],
    ['strikes that are no number', 'faults --kills many', /'many' is invalid\. allowed are whole/],
    [
      'nothing side by side',
      'faults --parallel 0',
      /'0' is invalid\. allowed are whole numbers from 1 to 8/,
    ],
    ['more side by side than the limit', 'faults --parallel 9', /'9' is invalid\. .* from 1 to 8/],
    ['faults of another experiment', 'throughput --faults zombie', /unknown option '--faults'/],
    [
      'a run to go on with that is not there',
      'faults --resume nowhere/index.json',
      /nowhere\/index\.json is no result: ENOENT.*check the path/,
    ],
    [
      'an objective without a unit',
      'capacity-curve --objective 250',
      /'250' is invalid\. allowed are times from 1ms to 60s, such as 250ms or 2s/,
    ],
    ['an objective of nothing', 'capacity-curve --objective 0ms', /'0ms' is invalid/],
    ['an objective of ages', 'capacity-curve --objective 61s', /'61s' is invalid/],
    ['an objective elsewhere', 'latency --objective 250ms', /unknown option '--objective'/],
    ['a choice without a rate', 'choose --order', /--rate is missing: .* --rate 500/],
    ['a choice by nobody', 'choose', /there is no terminal to ask on: .*--rate 500 --order/],
    ['a rate that is none', 'choose --rate fast', /'fast' is invalid\. allowed are whole numbers/],
    [
      'a survival that is none',
      'choose --rate 5 --survive war',
      /'war' is invalid\. allowed are none, kill, power/,
    ],
    [
      'a skill that is none',
      'choose --rate 5 --skills cobol',
      /'cobol' is invalid\. allowed are kafka, redis, aws, several by commas, or none/,
    ],
    [
      'shards of an engine that has none of its own',
      'sharding --store cassandra',
      /--store cassandra: sharding is about shards.*use sqlite or postgres/,
    ],
    ['a store that is not named', 'counts', /missing required argument 'store-folder'/],
    [
      'a top that is no number',
      'counts . --top many',
      /'many' is invalid\. allowed are whole numbers from 1 to 10000/,
    ],
  ])('%s', async (_what, args, line) => {
    const { code, stdout, stderr } = await runLab(args.split(' '));
    const [first, ...more] = linesOf(stderr);
    expect(first).toMatch(/^error: /);
    expect(first).toMatch(line);
    // Where the flags are long, the way to their list follows; nothing else does.
    if (more.length > 0) expect(more).toEqual(['(add --help for what is allowed)']);
    expect(stdout).toBe('');
    expect(code).toBe(64);
  });
});

describe('counts', () => {
  test('of a folder that is no store says so and makes none', async () => {
    await using folder = await temporaryFolder();
    const { code, stdout, stderr } = await runLab(['counts', folder.path]);
    expect(linesOf(stderr)).toHaveLength(1);
    expect(stderr).toContain(folder.path);
    expect(stdout).toBe('');
    expect(code).not.toBe(0);
    expect(await readdir(folder.path)).toEqual([]);
  });

  test('of a store tells its totals and the most liked posts first', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'store');
    {
      await using store = await openStore({ folder: path });
      const like = { source: 's', user: 'u', version: 1, likedAtMs: 0 } as const;
      await store.apply([
        { ...like, seq: 0, post: 'second', action: 'like' },
        { ...like, seq: 1, post: 'first', action: 'like' },
        { ...like, seq: 2, post: 'first', action: 'like' },
        { ...like, seq: 3, post: 'last', action: 'unlike' },
      ]);
    }
    const { code, stdout } = await runLab(['counts', path, '--top', '2']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^3 posts, 3 likes, 1 unlikes, 4 shards/);
    expect(stdout).toMatch(/\n +2 +2 +0 {2}first\n +1 +1 +0 {2}second\n\nThe store is sound\./);
    expect(stdout).not.toContain('last');
  });
});

test('without Java on PATH the line about Kafka names Java and what to install', async () => {
  await using folder = await temporaryFolder();
  await symlink(process.execPath, join(folder.path, 'node'));
  const args = ['throughput', '--brokers', 'kafka', '--profile', 'smoke', '--likes', '1000'];
  const out = join(folder.path, 'out');
  const { code, stderr } = await runLab([...args, '--out', out], { PATH: folder.path });
  const about = linesOf(stderr).filter((line) => line.includes('Java'));
  expect(about.length).toBeGreaterThan(0);
  for (const line of about) {
    expect(line).toMatch(/no Java found for Kafka: looked for java on PATH.*install Java 17/);
  }
  expect(stderr).not.toMatch(/^ +at /m);
  expect(code).toBe(2);
});
