import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  compact,
  compactTime,
  describeProgress,
  type LiveRow,
  PHASE_WORDS,
  PHASES,
  renderLive,
  renderRows,
} from '../../cli/live-table.ts';
import type { TrialProgress } from '../../lab/trial-context.ts';

const ledger = { attempted: 512_345, ok: 511_000, unknown: 1_345, fail: 0, counted: 498_765 };
const ROWS: readonly LiveRow[] = [
  { broker: 'bullmq', tier: 'kill', now: 'waits' },
  {
    ...{ broker: 'redis-streams', tier: 'kill', now: 'both', likesPerS: 98_765 },
    ...{ backlog: 13_580, lagMs: 1_234, ledger },
  },
  { broker: 'null', tier: 'memory', now: 'unknown', backlog: 0, ledger: { ...ledger, ok: 9_999 } },
];
const PROGRESS: TrialProgress = {
  ...{ phase: 'both', likesDone: 498_765, likesTotal: 600_000, likesPerS: 98_765 },
};
const TITLE = '[12/37] persistence · redis-streams (everysec) · publish-then-count';

test('on a screen of 80 columns every number has its place', () => {
  expect(renderLive([{ title: TITLE, progress: PROGRESS }], ROWS, 80).split('\n')).toEqual([
    TITLE,
    '  ████████████████████░░░░ 83 % · publishing and counting · 2 s left',
    '',
    'broker        now     likes/s backlog   lag attempted    ok unknown fail counted',
    'bullmq        waits         –       –     –         –     –       –    –       –',
    'redis-streams both      98.8k   13.6k  1.2s      512k  511k   1,345    0    499k',
    'null          unknown       –       0     –      512k 9,999   1,345    0    499k',
  ]);
});

test('a broker with two tiers has two rows, and a column that others tell is left out', () => {
  const rows = [...ROWS, { ...ROWS[1]!, tier: 'everysec', now: 'pass' }];
  const lines = renderRows(rows, 80);
  expect(lines[0]).not.toContain('attempted');
  expect(lines[4]).toMatch(/^redis-streams everysec pass +98\.8k +13\.6k +1\.2s +511k/);
  expect(renderRows(rows, 100)[0]).toContain('attempted');
});

describe('whatever is told', () => {
  const number = fc.oneof(fc.nat(), fc.nat({ max: 20_000 }), fc.constant(undefined));
  const sums = fc.record({
    ...{ attempted: fc.nat(), ok: fc.nat(), unknown: fc.nat(), fail: fc.nat(), counted: fc.nat() },
  });
  const row = fc.record({
    broker: fc.constantFrom('kafka', 'sqs-fifo', 'redis-streams'),
    tier: fc.constantFrom('kill', 'everysec'),
    now: fc.constantFrom(...Object.values(PHASE_WORDS), 'pass', 'unknown'),
    ...{ likesPerS: number, backlog: number, lagMs: number },
    ledger: fc.option(sums, { nil: undefined }),
  });

  test('no line is wider than the screen, and no row is left out', () => {
    const columns = fc.integer({ min: 40, max: 200 });
    const rows = fc.uniqueArray(row, {
      selector: ({ broker, tier }) => `${broker} ${tier}`,
      minLength: 1,
    });
    fc.assert(
      fc.property(rows, columns, fc.nat(), fc.nat(), (all, width, likesDone, likesPerS) => {
        const progress = { ...PROGRESS, likesDone, likesPerS, held: true };
        const lines = renderLive([{ title: TITLE, progress }], all, width).split('\n');
        expect(lines).toHaveLength(all.length + 4);
        for (const line of lines) expect([...line].length).toBeLessThanOrEqual(width);
        for (const [at, { broker }] of all.entries()) expect(lines[at + 4]).toContain(broker);
      }),
    );
  });

  test('a number and a time take five characters at most, and keep their first digits', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 99_000_000_000 }), (value) => {
        const text = compact(value);
        expect(text.length).toBeLessThanOrEqual(5);
        const size = { k: 1e3, M: 1e6, G: 1e9 }[text.at(-1)!] ?? 1;
        const read = Number.parseFloat(text.replaceAll(',', '')) * size;
        expect(Math.abs(read - value)).toBeLessThanOrEqual(0.051 * Math.max(value, size));
        expect(compactTime(value / 1_000).length).toBeLessThanOrEqual(5);
      }),
    );
    expect([0, 9_999, 10_000, 99_960, 999_600, 55_043_065].map(compact)).toEqual([
      ...['0', '9,999', '10.0k', '100k', '1.00M', '55.0M'],
    ]);
    expect([0, 999.4, 999.6, 99_960, 1e6, 1e7].map(compactTime)).toEqual([
      ...['0ms', '999ms', '1.0s', '100s', '17min', '3h'],
    ]);
  });
});

test('each phase has a word of its own, short enough for a row', () => {
  const words = Object.values(PHASE_WORDS);
  expect(new Set(words).size).toBe(Object.keys(PHASES).length);
  for (const word of words) expect(word.length).toBeLessThanOrEqual('unknown'.length);
});

test('a trial that is struck tells how often, once it knows', () => {
  const struck = { ...PROGRESS, phase: 'striking' as const };
  expect(describeProgress(struck, false)).toBe('under load, to be struck');
  const strikes = { done: 3, planned: 20 };
  expect(describeProgress({ ...struck, strikes }, false)).toBe('struck under load 3 of 20 times');
});
