import { describe, expect, test } from 'vitest';
import { CHECKS } from '../../../lab/audit/checks.ts';
import { auditResult, claimsOfTrial, withAudit } from '../../../lab/audit/of-trial.ts';
import { trialResultSchema } from '../../../lab/trial-result.ts';
import { madeResult } from '../made-result.ts';
import { closedResult, hitsOf, pacedResult, pathResult } from './audited-result.ts';
import { PLANTS, shortResult, tenths } from './planted-results.ts';

describe('every mistake that is planted in a result of ours', () => {
  test.each(PLANTS)('%s is caught alone: %s', (name, _what, planted) => {
    expect(hitsOf(planted)).toEqual([name]);
  });

  test('and each of the fourteen is planted', () => {
    expect(CHECKS).toHaveLength(14);
    expect(new Set(PLANTS.map(([name]) => name))).toEqual(new Set(CHECKS.map(({ name }) => name)));
  });

  test.each(PLANTS)('%s strikes the numbers out by its name: %s', (name, _what, planted) => {
    const { numbersValid, numbersStruck, verdict } = withAudit(planted);
    expect(numbersValid).toBe(false);
    expect(numbersStruck).toHaveLength(1);
    expect(numbersStruck[0]).toMatch(new RegExp(`^audit, ${name}: .+`));
    // Whether the counts are right is another question.
    expect(verdict).toBe('pass');
  });
});

describe('a clean result', () => {
  test('of an open loop is found clean by every check, and keeps its numbers', () => {
    const audited = withAudit(pacedResult());
    const told = audited.audit!.checks.map(({ name, verdict }) => `${name} ${verdict}`);
    expect(told).toEqual(CHECKS.map(({ name }) => `${name} clean`));
    expect(audited.numbersValid).toBe(true);
    expect(() => trialResultSchema.parse(audited)).not.toThrow();
  });

  test('of a closed loop has no hit', () => {
    expect(hitsOf(closedResult())).toEqual([]);
  });

  test('of before there was an audit has no hit, and is told what is missing', () => {
    const { audit: _, ...old } = pacedResult();
    const found = auditResult(old);
    expect(hitsOf(old)).toEqual([]);
    const untold = found.filter(({ verdict }) => verdict === 'cannot tell');
    expect(untold.map(({ name }) => name)).toEqual([
      'littles-law',
      'warm-up-in-rate',
      'clock',
      'timeout-in-rate',
    ]);
    expect(untold.every(({ evidence }) => evidence.length > 0)).toBe(true);
  });

  test('of before the backlog was measured is not called saturated or not', () => {
    const { backlog: _, ...old } = pacedResult();
    const found = auditResult(old).find(({ name }) => name === 'saturation');
    expect(found?.verdict).toBe('cannot tell');
  });

  test('without ledger, rates and latencies has no hit', () => {
    const bare = madeResult({ trial: '001-kafka-kill-paced', ledger: undefined, rates: undefined });
    expect(hitsOf(bare)).toEqual([]);
  });
});

test('a tier that no setting tells is not called clean', () => {
  const settings = { persistence: 'not told by the server', 'store shards': '4' };
  const found = auditResult(pacedResult({ settings })).find(
    ({ name }) => name === 'settings-label',
  );
  expect(found).toMatchObject({ verdict: 'cannot tell' });
  expect(found?.evidence).toContain('not told by the server');
});

test('what a result says of itself is no witness of its labels', () => {
  const result = pacedResult({ tier: 'memory', trial: '001-null-memory-paced', settings: {} });
  const found = auditResult(result).find(({ name }) => name === 'settings-label');
  expect(found?.verdict).toBe('cannot tell');
});

test.each(['crash', 'faults'] as const)('a load that is struck is no closed loop: %s', (mode) => {
  const { plan, ...rest } = madeResult({ rates: undefined });
  const struck = { ...rest, plan: { ...plan, mode } };
  expect(claimsOfTrial(struck).load?.kind).toBe('open');
  const found = auditResult(struck).find(({ name }) => name === 'generator-late');
  expect(found?.verdict).toBe('cannot tell');
});

test.each([
  ['memory', { appendonly: 'no', appendfsync: 'everysec' }, true],
  ['everysec', { appendonly: 'yes', appendfsync: 'everysec' }, true],
  ['everysec', { appendonly: 'yes', appendfsync: 'no' }, false],
  ['kill', { appendonly: 'yes', appendfsync: 'no' }, true],
  ['kill', { appendonly: 'no', appendfsync: 'no' }, false],
  ['power', { appendonly: 'yes', appendfsync: 'always' }, true],
  ['power', { appendonly: 'yes', appendfsync: 'everysec' }, false],
  ['power', { 'flush.messages': '1' }, true],
  ['kill', { 'flush.messages': '1' }, false],
] as const)('tier %s with %o holds: %s', (tier, settings, holds) => {
  const result = pacedResult({ tier, trial: `001-kafka-${tier}-paced`, settings });
  expect(hitsOf(result)).toEqual(holds ? [] : ['settings-label']);
});

test.each([
  // Tenths of a second in which likes come one by one, or in blocks of 500, twenty to a window.
  [tenths(10_000, 7_000), 85_000, true],
  [tenths(10_000, 7_000), 170, false],
  [tenths(10_000, 1_000), 110, false],
  [tenths(10_000, 0), 100, true],
  [tenths(10, 7), 85, false],
])('windows of %j likes in %s blocks are a spread: %s', (likes, blocks, isHit) => {
  expect(hitsOf(shortResult({ likes, blocks }))).toEqual(isHit ? ['window-spread'] : []);
});

test('what a warm-up in a rate would be without it is told', () => {
  const planted = PLANTS.find(([name]) => name === 'warm-up-in-rate')![2];
  const found = auditResult(planted).find(({ verdict }) => verdict === 'hit')!;
  expect(found.evidence).toContain('warm-up');
  expect(found.wouldBe).toBe('2,000/s');
});

describe('a result over HTTP', () => {
  const clean = pathResult();
  const changed = (path: Partial<NonNullable<typeof clean.path>>) =>
    pathResult({ path: { ...clean.path!, ...path } });

  test('has no hit, and its law of Little and its generator are looked at', () => {
    const told = new Map(auditResult(clean).map(({ name, verdict }) => [name, verdict]));
    expect([...told.values()]).not.toContain('hit');
    for (const name of ['littles-law', 'generator-late', 'settings-label', 'likes-skipped']) {
      if (told.has(name)) expect([name, told.get(name)]).toEqual([name, 'clean']);
    }
    expect(told.get('littles-law')).toBe('clean');
    expect(told.get('generator-late')).toBe('clean');
  });

  test('is struck out where its client was late, also when nothing else is known of costs', () => {
    const late = { ...changed({ generatorLagUsP99: 25_000 }), resources: undefined };
    expect(hitsOf(late)).toEqual(['generator-late']);
  });

  test('is struck out where more requests were under way than their latency allows', () => {
    const inSystem = { ...clean.audit!.inSystem!, likes: 40 };
    expect(hitsOf(pathResult({ audit: { ...clean.audit!, inSystem } }))).toEqual(['littles-law']);
  });

  test('counts what was handed on, so that shedding is no loss and a loss is one', () => {
    const ledger = { ...clean.ledger!, attempted: 90, ok: 80, fail: 10, counted: 80 };
    expect(hitsOf(pathResult({ ledger }))).toEqual([]);
    expect(hitsOf(pathResult({ ledger: { ...ledger, counted: 79 } }))).not.toEqual([]);
  });
});
