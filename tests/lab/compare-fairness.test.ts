import { describe, expect, test } from 'vitest';
import { UNFAIRNESSES } from '../../lab/compare-fairness.ts';
import { compareRuns } from '../../lab/compare-runs.ts';
import type { TrialResult } from '../../lab/trial-result.ts';
import { madePlan, madeResult } from './made-result.ts';
import { LIMITS, madeRun } from './made-run.ts';

const plan = madePlan('sustained');
const before: Partial<TrialResult> = {
  versions: { node: 'v24.0.0', lab: '0.3.0', kafka: '4.3.1', kafkajs: '2.2.4' },
  server: { title: 'Kafka', runtime: 'local' },
  settings: { acks: 'all', 'store engine': 'sqlite', queue: 'likes-0123456789', pid: '17' },
};

function warningsOf(changed: Partial<TrialResult>, base: Partial<TrialResult> = {}) {
  const [a, b] = [
    madeResult({ ...before, ...base }),
    madeResult({ ...before, ...base, ...changed }),
  ];
  return compareRuns(madeRun([a]), madeRun([b], { run: 'run-2' }), LIMITS).warnings;
}

const shared = { ...plan, mode: 'paced' as const, pace: '50 % of own maximum', likesPerS: 1_000 };

describe('a comparison is called unfair for', () => {
  test.each<[string, Partial<TrialResult>, string, Partial<TrialResult>?]>([
    ['machine', { machine: { ...madeResult().machine, cores: '8' } }, 'cores: A 2; B 8'],
    ['node', { versions: { ...before.versions, node: 'v26.0.0' } }, 'node: A v24.0.0; B v26.0.0'],
    ['lab', { versions: { ...before.versions, lab: '0.4.0' } }, 'lab: A 0.3.0; B 0.4.0'],
    ['lab', { commit: 'fedcba987654' }, 'commit of the lab: A 0123456789ab; B fedcba987654'],
    ['server', { versions: { ...before.versions, kafka: '4.4.0' } }, 'kafka: A 4.3.1; B 4.4.0'],
    ['server', { server: { title: 'Kafka', runtime: 'compose' } }, 'A Kafka (local); B Kafka (co'],
    ['library', { versions: { ...before.versions, kafkajs: '3.0.0' } }, 'kafkajs: A 2.2.4; B 3.0'],
    ['settings', { settings: { ...before.settings, acks: '1' } }, 'setting of acks: A all; B 1'],
    ['settings', { settings: { ...before.settings, 'min.isr': '1' } }, 'min.isr: A not told; B 1'],
    ['workload', { workload: { ...madeResult().workload, hash: 'def' } }, 'hash: A abc; B def'],
    [
      'workload',
      { workload: { ...madeResult().workload, seed: 2, hash: 'def' } },
      'seed: A 1; B 2',
      { plan: shared },
    ],
    [
      'load',
      { plan: { ...shared, likesPerS: 1_200 } },
      '50 % of own maximum: A 1,000 likes/s; B 1,200 likes/s',
      { plan: shared },
    ],
    [
      'consumer',
      { consumer: { file: 'mine.ts', sha256: 'a'.repeat(64) } },
      "A the lab's own; B mine.ts aaaaaaaaaaaa",
    ],
  ])('%s', (what, changed, text, base) => {
    const warnings = warningsOf(changed, base);
    expect(warnings).toEqual([{ what, text: expect.stringContaining(text) }]);
  });

  test('runs of another profile, and those that were not finished', () => {
    const one = madeResult();
    const b = madeRun([one], { run: 'run-2', profile: 'smoke', complete: false });
    const { warnings } = compareRuns(madeRun([one]), b, LIMITS);
    expect(warnings.map(({ what }) => what)).toEqual(['unfinished', 'profile']);
  });

  test('nothing where nothing differs, and for nothing else than what is listed', () => {
    expect(warningsOf({})).toEqual([]);
    const same = compareRuns(madeRun([madeResult()]), madeRun([madeResult()]), LIMITS).warnings;
    expect(same).toEqual([{ what: 'same run', text: expect.stringContaining('run-1') }]);
    expect(new Set(UNFAIRNESSES).size).toBe(UNFAIRNESSES.length);
  });

  test('nothing that is another in every trial: names of queues, processes, loads alike', () => {
    const settings = { ...before.settings, queue: 'likes-abcdef0123', pid: '18' };
    expect(warningsOf({ settings })).toEqual([]);
    const hash = { ...madeResult().workload, hash: 'def' };
    const near = { plan: { ...shared, likesPerS: 1_040 }, workload: hash };
    expect(warningsOf(near, { plan: shared })).toEqual([]);
  });

  test('nothing that only trials without a counterpart have', () => {
    const lone = madeResult({ broker: 'bullmq', machine: { cores: '64' } });
    const found = compareRuns(
      madeRun([madeResult()]),
      madeRun([madeResult(), lone], { run: 'run-2' }),
      LIMITS,
    );
    expect(found.warnings).toEqual([]);
    expect(found.onlyInB).toHaveLength(1);
  });
});
