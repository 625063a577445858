import { describe, expect, test } from 'vitest';
import type { Job } from '../../lab/schedule.ts';
import { dropDecided, REPEATS_UNDECIDED, whyDecided } from '../../lab/stop-early.ts';
import { Random } from '../../likes/workloads/random.ts';
import { madeExperiment } from './made-result.ts';
import { SIX, SIX_AGAIN, sustainedRuns, times } from './made-runs.ts';
import { drawnRuns } from './statistics/drawn-runs.ts';

const CHOSEN = { seed: 1, shards: 4, backlogBytesMax: 1_000_000 };
const runs = (of: Record<string, readonly number[]>) => [new Map(Object.entries(of))];
/** Runs so far apart that six of them tell neither a difference of 6 % nor a tie. */
const WILD = [0.8, 1.2, 0.9, 1.1, 1.0, 1.25];

describe('a comparison is decided', () => {
  test('when every pair differs, or ties closely', () => {
    const kafka = times(1_000, SIX);
    expect(whyDecided(runs({ kafka, sqs: times(300, SIX) }))).toMatch(/^1 of 1 pairs differ/);
    expect(whyDecided(runs({ kafka, again: times(1_000, SIX_AGAIN) }))).toBe(
      '0 of 1 pairs differ, the others tie within 10 %',
    );
    const three = { kafka, again: times(1_000, SIX_AGAIN), sqs: times(300, SIX) };
    expect(whyDecided(runs(three))).toMatch(/^2 of 3 pairs differ/);
  });

  test('and not while one pair is neither, in any of its metrics', () => {
    const [calm] = runs({ kafka: times(1_000, SIX), sqs: times(300, SIX) });
    const [wild] = runs({ kafka: times(10, WILD), sqs: times(10.6, WILD) });
    expect(whyDecided([calm!])).toBeDefined();
    expect(whyDecided([wild!])).toBeUndefined();
    expect(whyDecided([calm!, wild!])).toBeUndefined();
    // Such runs would do for a difference that is large.
    expect(whyDecided(runs({ kafka: times(10, WILD), sqs: times(40, WILD) }))).toBeDefined();
  });

  test('and not while a broker lacks valid runs, unless it has none', () => {
    const kafka = times(1_000, SIX);
    const sqs = times(300, SIX);
    expect(whyDecided(runs({ kafka, sqs, bullmq: [100, 100] }))).toBeUndefined();
    expect(whyDecided(runs({ kafka, sqs, bullmq: [] }))).toMatch(/^1 of 1 pairs differ/);
  });

  test('where there is nobody to compare with', () => {
    expect(whyDecided(runs({ kafka: times(1_000, SIX) }))).toMatch(/nobody/);
    expect(whyDecided([])).toMatch(/nobody/);
  });

  test('falsely in 5 % of cases at most, over all looks at two samples of one thing', () => {
    const random = Random.seeded(31, 1);
    const cases = 200;
    const alarms = Array.from({ length: cases }, () => {
      const [one, other] = [drawnRuns(random, 9, 100, 6), drawnRuns(random, 9, 100, 6)];
      return [6, 9].some((look) =>
        whyDecided(runs({ one: one.slice(0, look), other: other.slice(0, look) }))?.startsWith(
          '1 of 1',
        ),
      );
    }).filter(Boolean).length;
    expect(alarms / cases).toBeLessThanOrEqual(0.05);
  });
});

describe('jobs of a comparison that is decided', () => {
  const contender = { tier: 'kill', likesPerSRough: 1_000, experiment: madeExperiment } as const;
  const sustained = { mode: 'sustained', likes: 10 } as const;
  const published = { mode: 'publish-then-count', likes: 10 } as const;
  function jobsFrom(repeat: number): Job[] {
    const repeats = Array.from({ length: REPEATS_UNDECIDED - repeat }, (_, more) => repeat + more);
    return repeats.flatMap((repeatsBefore) =>
      [sustained, published].flatMap((step) =>
        ['kafka', 'sqs'].map((broker) => ({ ...contender, broker, step, repeatsBefore })),
      ),
    );
  }
  const different = [
    ...sustainedRuns('kafka', times(1_000, SIX)),
    ...sustainedRuns('sqs', times(300, SIX)),
  ];

  test('are taken off the queue after six repeats, all at once, and no others', () => {
    const queue = jobsFrom(6);
    const dropped = dropDecided(queue, different, CHOSEN);
    expect(dropped!.reason).toBe(
      'decided after 6 repeats, so 6 more trials of sustained are left out: ' +
        '1 of 1 pairs differ, the others tie within 10 %',
    );
    expect(dropped!.job).toMatchObject({ broker: 'kafka', repeatsBefore: 6 });
    expect(queue).toHaveLength(6);
    expect(new Set(queue.map(({ step }) => step.mode))).toEqual(new Set(['publish-then-count']));
  });

  test('go on where the difference is not shown yet, to the end', () => {
    const wild = [
      ...sustainedRuns('kafka', times(1_000, WILD)),
      ...sustainedRuns('sqs', times(1_060, WILD)),
    ];
    const queue = jobsFrom(6);
    expect(dropDecided(queue, wild, CHOSEN)).toBeUndefined();
    expect(queue).toHaveLength(12);
  });

  test('are looked at after six repeats only, by the runs of these repeats', () => {
    for (const repeat of [0, 5, 7, 8]) {
      expect(dropDecided(jobsFrom(repeat), different, CHOSEN)).toBeUndefined();
    }
    // Of a run that was interrupted in its seventh repeat and goes on: one broker has seven runs.
    const more = sustainedRuns('kafka', [1]);
    expect(dropDecided(jobsFrom(6), [...different, ...more], CHOSEN)).toBeDefined();
  });

  test('are not dropped for what another tier, setting or name has shown', () => {
    const other = different.map((result) => ({ ...result, tier: 'power' as const }));
    const lanes = different.map((result) => ({ ...result, plan: { ...result.plan, lanes: 9 } }));
    const twins = different.map((result) => ({ ...result, alias: 'another' }));
    for (const results of [other, lanes, twins]) {
      // Nothing is known of these brokers here: nobody competes, and that needs no more repeats.
      expect(dropDecided(jobsFrom(6), results, CHOSEN)?.reason).toMatch(/nobody to compare with/);
    }
    expect(dropDecided(jobsFrom(6), [...different, ...twins], CHOSEN)?.reason).toMatch(/1 of 1/);
  });

  test('are never dropped where the user said how many repeats there are', () => {
    const fixed = jobsFrom(6).map(({ repeatsBefore: _, ...job }) => job);
    expect(dropDecided(fixed, different, CHOSEN)).toBeUndefined();
    expect(dropDecided([], different, CHOSEN)).toBeUndefined();
  });
});
