import { describe, expect, test } from 'vitest';
import type { CrowdRow } from '../../demo/crowd-record.ts';
import type { Facts, LedgerView } from '../../demo/snapshot.ts';
import { compareRows, tellStory } from '../../demo/story.ts';

const LEDGER: LedgerView = {
  attempted: 1_000,
  accepted: 1_000,
  refused: 0,
  unknown: 0,
  landedUnknown: 0,
  counted: 1_000,
  onItsWay: 0,
  lost: 0,
  countedTwice: 0,
  cameAgain: 0,
};

const ON_THE_WAY = { ...LEDGER, counted: 400, onItsWay: 600, lost: null, countedTwice: null };

const FACTS: Facts = {
  busy: undefined,
  problem: undefined,
  way: 'queued',
  brokerTitle: 'Kafka',
  gateway: 'up',
  broker: 'up',
  worker: 'up',
  crowd: null,
  rates: { attempted: 0, accepted: 0, turnedAway: 0, delivered: 0, counted: 0, transactions: 0 },
  ledger: LEDGER,
  backlog: 0,
  ageS: 0,
  lockWaits: 0,
  transactions: 90,
  heldAtKill: null,
  takeoverS: 10,
};

const CROWD = { likesPerS: 500, leftS: 9 };
const RATES = { ...FACTS.rates, attempted: 500, accepted: 500 };

const told = (facts: Partial<Facts>) => tellStory({ ...FACTS, ...facts });
const headline = (facts: Partial<Facts>) => told(facts).headline;

describe('the headline says', () => {
  test('what is under way, and what went wrong, before all else', () => {
    expect(headline({ busy: 'Killing…', broker: 'dead' })).toBe('Killing…');
    expect(told({ problem: 'No Java.', busy: 'x' })).toMatchObject({ tone: 'trouble' });
  });

  test('that a dead broker makes the gateway say no', () => {
    const { headline: said, tone, hops } = told({ broker: 'dead', worker: 'dead', backlog: null });
    expect(said).toMatch(/^Kafka is dead\. .*503.*acknowledges nothing/);
    expect(tone).toBe('trouble');
    expect(hops.gateway).toMatch(/not now.*503/i);
    expect(hops.queue).toMatch(/SIGKILL/);
  });

  test('that nobody takes a like when the gateway has died, on either way', () => {
    for (const way of ['queued', 'direct'] as const) {
      const { headline: said, tone, hops } = told({ way, gateway: 'dead', crowd: CROWD });
      expect(said).toMatch(/^The gateway has died, .* Clear all/);
      expect(tone).toBe('trouble');
      expect(hops.gateway).toMatch(/died/);
    }
  });

  test("that likes wait and nobody's is lost while the worker is dead", () => {
    const facts = { worker: 'dead', ledger: ON_THE_WAY, heldAtKill: 41, crowd: CROWD } as const;
    expect(headline(facts)).toMatch(/worker is dead: likes wait .* nobody's like is lost/);
    expect(told(facts).hops.worker).toMatch(/stored 41 likes and before .* come again/);
    expect(headline({ ...facts, ledger: LEDGER })).toMatch(/will wait in the queue/);
    expect(told({ ...facts, heldAtKill: null }).hops.worker).toBe('Killed (SIGKILL).');
  });

  test('why a new worker gets nothing yet, and then that it works off what waits', () => {
    const waits = { ledger: ON_THE_WAY, backlog: 600, ageS: 4 };
    expect(headline(waits)).toMatch(/^600 likes wait\. .*up to 10 seconds/);
    const delivers = { ...waits, rates: { ...RATES, delivered: 300 } };
    expect(headline(delivers)).toMatch(/works off what waits.*: 600 to go/);
  });

  test('how the queue takes a crowd, and how many likes one transaction brings', () => {
    const rates = { ...RATES, delivered: 500, counted: 500, transactions: 25 };
    const { headline: said, hops } = told({ crowd: CROWD, ledger: ON_THE_WAY, rates });
    expect(said).toMatch(/crowd is here/);
    expect(hops.database).toBe('One transaction brings 20 likes.');
  });

  test('that all are counted once, in how many transactions, and what came twice', () => {
    expect(headline({})).toBe(
      'All 1,000 likes are counted, each exactly once. Lost: none. ' +
        'The database needed 90 transactions for them.',
    );
    expect(headline({ ledger: { ...LEDGER, cameAgain: 41 } })).toMatch(
      /41 came to a worker twice, since the queue promises "at least once".*none counted twice/,
    );
    const one = { ...LEDGER, attempted: 1, accepted: 1, counted: 1 };
    expect(headline({ ledger: one, transactions: 1 })).toBe(
      'The acknowledged like is counted, each exactly once. Lost: none.',
    );
  });

  test('loudly that something is lost or counted twice', () => {
    for (const wrong of [{ lost: 1 }, { countedTwice: 1 }]) {
      const { headline: said, tone } = told({ ledger: { ...LEDGER, ...wrong } });
      expect(said).toMatch(/Something is wrong/);
      expect(tone).toBe('trouble');
    }
  });

  test('that a database alone sends users away when it cannot keep up, and else keeps up', () => {
    const direct = { way: 'direct', crowd: CROWD, lockWaits: 9 } as const;
    const rates = { ...RATES, accepted: 300, turnedAway: 100 };
    expect(told({ ...direct, rates })).toMatchObject({
      tone: 'trouble',
      headline: expect.stringMatching(/cannot keep up.*sends 25 % of the users away/),
    });
    const { headline: said, hops } = told({ ...direct, rates: RATES });
    expect(said).toMatch(/keeps up with this crowd, although they wait in line/);
    expect(hops.database).toMatch(/9 wait for the lock/);
    expect(headline({ ...direct, rates: { ...RATES, accepted: 100 } })).toMatch(/each user waits/);
    const some = { ...LEDGER, attempted: 4_000, refused: 3_000 };
    expect(headline({ way: 'direct', ledger: some, transactions: 1_000 })).toMatch(
      /75 % of all presses got no yes/,
    );
  });

  test('where to begin', () => {
    const empty = { ...LEDGER, attempted: 0, accepted: 0, counted: 0 };
    expect(headline({ ledger: empty })).toMatch(/through a queue.*Press the button/);
    expect(headline({ ledger: empty, way: 'direct' })).toMatch(/directly.*Press the button/);
  });
});

describe('the comparison', () => {
  const row = (more: Partial<CrowdRow>): CrowdRow => ({
    way: 'queued',
    broker: 'Kafka',
    likesPerS: 500,
    pressed: 1_000,
    accepted: 1_000,
    refused: 0,
    unknown: 0,
    p50Ms: 5,
    p99Ms: 20,
    transactionsPerLike: 0.031,
    exactAfterMs: 100,
    lateMs: 0,
    struck: false,
    ...more,
  });
  const direct = row({ way: 'direct', transactionsPerLike: 1, refused: 400, accepted: 600 });

  test('is of the newest crowds of both ways with the same rate', () => {
    const rows = [row({ transactionsPerLike: 9 }), row({}), direct, row({ likesPerS: 600 })];
    expect(compareRows(rows)).toBe(
      'At 500 likes/s: with Kafka 0.031 database transactions a like and 0 % of the users sent ' +
        'away; directly 1, and 40 %.',
    );
  });

  test('leaves out crowds in which something was killed, and those that are not over', () => {
    expect(compareRows([row({}), { ...direct, struck: true }])).toBeNull();
    expect(compareRows([row({ exactAfterMs: null }), direct])).toBeNull();
    expect(compareRows([row({}), { ...direct, likesPerS: 50 }])).toBeNull();
  });
});
