import { describe, expect, test } from 'vitest';
import { choose, tableOfAnswer } from '../../experiments/choose.ts';
import type { Located, Needs } from '../../experiments/choose-cell.ts';
import { toText } from '../../lab/table.ts';
import type { TrialResult } from '../../lab/trial-result.ts';
import { madeFaults, struckResult } from '../lab/made-faults.ts';
import { pacedResult } from '../lab/made-paced.ts';
import { madePlan, madeRates, madeResult } from '../lab/made-result.ts';

const BROKERS = [
  { broker: 'kafka', tiers: ['kill', 'power'] },
  { broker: 'sqs-fifo', tiers: ['kill', 'memory'] },
  { broker: 'redis-streams', tiers: ['kill', 'everysec', 'power'] },
  { broker: 'bullmq', tiers: ['kill', 'power'] },
  { broker: 'null', tiers: ['memory'] },
] as const;

const NEEDS: Needs = {
  likesPerS: 500,
  ordered: true,
  survive: 'power',
  reRead: false,
  skills: [],
  objectiveMs: 250,
};

const EMULATES = {
  order: 'per-post',
  delivery: 'at-least-once',
  source: 'a page',
  emulates: { system: 'Amazon SQS', promise: 'much', source: 'its page' },
} as const;

type Tier = TrialResult['tier'];

/** Numbered, so that each has a path of its own; the newest first. */
function located(results: readonly TrialResult[]): Located[] {
  return results.map((result, place) => ({ result, path: `results/made/${place}.json` }));
}

function powerCut(broker: string, tier: Tier, changed: Partial<TrialResult> = {}): TrialResult {
  return struckResult(madeFaults('power-cut'), { broker, tier, ...changed });
}

/** All that the lab measures of a broker at a tier, and all of it well. */
function sound(broker: string, tier: Tier, changed: Partial<TrialResult> = {}): TrialResult[] {
  const own = { broker, tier, ...changed };
  const several = { ...madePlan('sustained'), consumers: 2 };
  return [
    madeResult({
      ...own,
      experiment: 'throughput',
      rates: madeRates({ sustainedLikesPerS: 9_000 }),
    }),
    pacedResult(2_000, 30, own),
    madeResult({ ...own, experiment: 'ordering', plan: several }),
    struckResult(madeFaults('server-kill'), own),
    powerCut(broker, tier, changed),
  ];
}

const NO_ORDER = {
  promises: { order: 'none', delivery: 'at-least-once', source: 'a page' },
} as const;
const ALL = [
  ...sound('kafka', 'kill'),
  ...sound('kafka', 'power'),
  ...sound('redis-streams', 'power'),
  ...sound('bullmq', 'power', NO_ORDER),
  ...sound('sqs-fifo', 'kill', { promises: EMULATES }),
];

function answerTo(needs: Partial<Needs>, results: readonly TrialResult[] = ALL) {
  return choose({ ...NEEDS, ...needs }, BROKERS, located(results));
}

function rowOf(broker: string, tier: string, ...args: Parameters<typeof answerTo>) {
  return answerTo(...args).rows.find((row) => row.broker === broker && row.tier === tier)!;
}

describe('500 ordered likes/s that must survive a power cut', () => {
  test('fit kafka or redis-streams at power, and the first sentence says so', () => {
    const { sentence, rows } = answerTo({});
    expect(sentence).toBe(
      'Take kafka at power or redis-streams at power for 500 ordered likes/s, surviving a power ' +
        'cut, 99 % visible within 250 ms: each meets all of it, and nothing that you asked for ' +
        'tells them apart.',
    );
    expect(rows.filter(({ fits }) => fits === 'yes').map(({ name }) => name)).toEqual([
      'kafka at power',
      'redis-streams at power',
    ]);
  });

  test('each reason is a trial, a documented page with its date, or what would measure it', () => {
    for (const { cells } of answerTo({ reRead: true }).rows) {
      for (const { source, reason } of Object.values(cells)) {
        expect(reason).not.toBe('');
        expect(source).toMatch(/^results\/|read 20\d\d-\d\d|^npm run |^a page$/);
      }
    }
  });

  test('the others fail by what was measured or promised', () => {
    expect(rowOf('kafka', 'kill', {}).cells.survival).toMatchObject({ state: 'no' });
    expect(rowOf('bullmq', 'power', {}).cells.order.reason).toMatch(/^no order is promised/);
  });

  test('an answer that nobody asked about is no reason, and no number of a reason', () => {
    const text = toText(tableOfAnswer(answerTo({ ordered: false, survive: 'none' })));
    expect(text).not.toContain('your answer');
    expect(text.split('\n').find((line) => line.startsWith('kafka '))).toMatch(/–/);
  });
});

describe('what somebody knows already', () => {
  test('breaks a tie, says so, and does nothing else', () => {
    const { sentence, rows } = answerTo({ skills: ['redis'] });
    expect(rows.slice(0, 2).map(({ broker }) => broker)).toEqual(['redis-streams', 'kafka']);
    expect(sentence).toMatch(
      /each meets all of it; what you know \(redis\) only breaks the tie\.$/,
    );
    // BullMQ is of Redis too, and still does not fit.
    expect(rowOf('bullmq', 'power', { skills: ['redis'] }).fits).toBe('no');
    const aws = answerTo({ skills: ['aws'] });
    expect(aws.rows[0]!.broker).toBe('kafka');
  });
});

describe('a service that the lab runs an emulator of', () => {
  const { cells, fits, tier } = rowOf('sqs-fifo', 'documented', {});

  test('is judged by its documentation, and says that it was not measured', () => {
    expect(tier).toBe('documented');
    for (const name of ['rate', 'order', 'survival'] as const) {
      expect(cells[name].reason).toMatch(/^documented, not measured: /);
      expect(cells[name].source).toMatch(/^docs\.aws\.amazon\.com/);
    }
    // What the emulator loses by a power cut says nothing of Amazon SQS.
    expect(cells.survival).toMatchObject({ state: 'yes' });
    expect(cells.order.reason).toContain('on ElasticMQ, an emulator: 0 of 100 likes out of order');
  });

  test('has no latency, however well the emulator did, and so does not fit yet', () => {
    expect(cells.p99).toMatchObject({ state: 'unknown' });
    expect(cells.p99.reason).toContain('on ElasticMQ, an emulator: p99 30 ms at 2,000/s');
    expect(cells.p99.source).toMatch(/--runtime external/);
    expect(fits).toBe('unknown');
    expect(answerTo({}).notes.join('\n')).toMatch(/sqs-fifo: the lab runs ElasticMQ, an emulator/);
  });

  test('has its own latency when trials ran against the service itself', () => {
    const { emulates: _, ...promises } = EMULATES;
    const real = pacedResult(600, 90, { broker: 'sqs-fifo', promises });
    const row = rowOf('sqs-fifo', 'documented', {}, [...ALL, real]);
    expect(row.cells.p99).toMatchObject({ state: 'yes', reason: 'p99 90 ms at 600/s' });
    expect(row.fits).toBe('yes');
  });

  test('has a documented quota above which it does not fit', () => {
    expect(rowOf('sqs-fifo', 'documented', { likesPerS: 3_000 }).cells.rate.state).toBe('yes');
    expect(rowOf('sqs-fifo', 'documented', { likesPerS: 3_001 }).cells.rate.state).toBe('no');
  });
});

describe('without results', () => {
  test('of a broker it is not measured here, and each cell names the command', () => {
    const { cells, fits } = rowOf('kafka', 'power', {}, []);
    expect(fits).toBe('unknown');
    expect(cells.rate.reason).toMatch(/^not measured here/);
    expect(cells.rate.source).toBe(
      'npm run capacity-curve -- --brokers kafka --tier power --objective 250ms',
    );
    expect(cells.order.source).toBe('npm run ordering -- --brokers kafka --tier power');
    expect(cells.survival.source).toBe(
      'npm run faults -- --brokers kafka --tier power --faults power-cut',
    );
    expect(rowOf('kafka', 'kill', { survive: 'kill' }, []).cells.survival.source).toBe(
      'npm run persistence -- --brokers kafka --tier kill',
    );
  });

  test('the sentence says that nothing is shown to fit yet, and what is missing', () => {
    const missing = ALL.filter(({ faults }) => faults?.name !== 'power-cut');
    const { sentence } = answerTo({}, missing);
    expect(sentence).toMatch(/^Nothing is shown to fit yet for 500 ordered likes\/s/);
    expect(sentence).toContain(
      ': nearest are kafka at power and redis-streams at power, short of survival (not measured ' +
        'here: a power cut at tier power: npm run faults -- --brokers kafka ',
    );
    const none = answerTo({ reRead: true, likesPerS: 50_000 }, ALL);
    expect(none.sentence).toMatch(/^Nothing here fits for 50,000 ordered likes\/s/);
  });

  test('the lab’s own ceiling is no choice', () => {
    expect(answerTo({}).rows.some(({ broker }) => broker === 'null')).toBe(false);
  });
});
