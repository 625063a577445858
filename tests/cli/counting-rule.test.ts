import { describe, expect, test } from 'vitest';
import { BROKERS } from '../../brokers/index.ts';
import { judgeable, refusalOf, storePlanOf } from '../../cli/counting-rule.ts';
import type { RunOptions } from '../../cli/options.ts';
import { EVERY_EXPERIMENT } from '../../experiments/index.ts';
import type { Contender } from '../../lab/trial-plan.ts';
import type { TrialResult } from '../../lab/trial-result.ts';
import { temporaryFolder } from '../store/store-folder.ts';
import { runLab } from './lab-process.ts';

const OPTIONS = { profile: 'smoke', seed: 1, workload: 'zipf' } as unknown as RunOptions;

function experimentNamed(name: string) {
  return EVERY_EXPERIMENT.find((experiment) => experiment.name === name)!;
}

function contender(broker: string): Contender {
  return { broker, tier: 'kill', likesPerSRough: 1_000 };
}

describe('a store that cannot count exactly from a broker', () => {
  test('is cassandra by tally, where the queue has no offsets', () => {
    const engines = ['sqlite', 'postgres', 'cassandra'] as const;
    const refused = Object.keys(BROKERS).flatMap((broker) =>
      engines.flatMap((engine) =>
        (['tally', 'states'] as const)
          .filter((rule) => refusalOf(engine, rule, broker) !== undefined)
          .map((rule) => `${engine} ${rule} ${broker}`),
      ),
    );
    expect(refused).toEqual(
      ['sqs', 'sqs-fifo', 'bullmq', 'null'].map((broker) => `cassandra tally ${broker}`),
    );
  });

  test('is refused with the reason and what to use instead', () => {
    expect(refusalOf('cassandra', 'tally', 'sqs')).toBe(
      'tally on cassandra rests on the offsets of a log that can be read again, and sqs has none ' +
        '(DeleteMessage is how a message is acknowledged, and nobody receives it again); use ' +
        '--rule states, or --store sqlite or postgres',
    );
  });

  test('is refused before anything starts, whichever of several brokers it is', () => {
    const experiments = [experimentNamed('throughput')];
    const brokers = [contender('kafka'), contender('bullmq')];
    const options = { ...OPTIONS, store: 'cassandra' } as const;
    expect(() => judgeable(experiments, brokers, options)).toThrow(/throughput: .*bullmq has none/);
    expect(judgeable(experiments, [brokers[0]!], options)).toEqual(experiments);
    expect(judgeable(experiments, brokers, { ...options, rule: 'states' })).toEqual(experiments);
  });
});

describe('--store and --rule', () => {
  test('are left to the experiment where the user says neither', () => {
    expect(storePlanOf({})).toBeUndefined();
    expect(storePlanOf({ rule: 'states' })).toEqual({ engine: 'sqlite', rule: 'states' });
    expect(storePlanOf({ store: 'postgres' })).toEqual({ engine: 'postgres', rule: 'tally' });
  });

  test('leave out experiments that only tally can answer, and refuse them alone', () => {
    const both = [experimentNamed('full-count'), experimentNamed('ordering')];
    const options = { ...OPTIONS, rule: 'states', likes: 1_000 } as const;
    const left = judgeable(both, [contender('kafka')], options);
    expect(left.map(({ name }) => name)).toEqual(['ordering']);
    expect(() => judgeable(both.slice(0, 1), [contender('kafka')], options)).toThrow(
      /^--rule states: full-count compares .* each user's last press; .* every state/,
    );
  });

  test('are refused where each way has the store that it needs', () => {
    const experiments = [experimentNamed('direct-or-queued')];
    for (const chosen of [{ store: 'sqlite' }, { rule: 'states' }] as const) {
      expect(() => judgeable(experiments, [contender('kafka')], { ...OPTIONS, ...chosen })).toThrow(
        /^--store and --rule: direct-or-queued counts into PostgreSQL everywhere.*leave both out$/,
      );
    }
    expect(judgeable(experiments, [contender('kafka')], OPTIONS)).toEqual(experiments);
  });

  test('refuse more likes than can be judged by their states', () => {
    const options = { ...OPTIONS, rule: 'states', likes: 10_000_001 } as const;
    const experiments = [experimentNamed('throughput')];
    expect(() => judgeable(experiments, [contender('kafka')], options)).toThrow(
      /10,000,001 likes are more than the 10,000,000 whose states can be judged; .* --likes/,
    );
  });
});

test.concurrent.each([
  ['throughput --store cassandra --rule tally --brokers sqs', /rests on the offsets of a log/],
  ['full-count --rule states --brokers kafka', /each user's last press/],
  ['throughput --rule sum', /'sum' is invalid.*tally, states/],
])('lab %s is a usage error of one line', async (command, reason) => {
  const { code, stderr } = await runLab(command.split(' '));
  expect(code).toBe(64);
  expect(stderr).toMatch(reason);
});

test('a run under states judges every state of its trials, and its results say so', async () => {
  using folder = temporaryFolder();
  const flags = ['--brokers', 'null', '--rule', 'states', '--workload', 'toggles'];
  const size = ['--likes', '2000', '--profile', 'smoke', '--out', folder.folder, '--json'];
  const { code, stdout } = await runLab(['throughput', ...flags, ...size]);
  expect(code).toBe(0);
  const results: readonly TrialResult[] = JSON.parse(stdout);
  expect(results.length).toBeGreaterThan(0);
  for (const { plan, ledger, settings } of results) {
    expect(plan.store).toEqual({ engine: 'sqlite', rule: 'states' });
    expect(settings['store rule']).toBe('states');
    expect(ledger).toMatchObject({ counted: 2_000, unexpectedStates: 0, residual: 0 });
    expect(ledger!.expectedStates).toBeGreaterThan(400);
  }
});
