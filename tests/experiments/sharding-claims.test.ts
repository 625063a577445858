import { describe, expect, test } from 'vitest';
import { answersToClaims, claimsTable } from '../../experiments/sharding-claims.ts';
import { calculated, type Ratios, sharded } from './made-loads.ts';

function answers(routings: Readonly<Record<string, Ratios>>, stream = 'newest') {
  return answersToClaims([calculated(stream, routings)]);
}

const EVEN = { letters: { likes: 1.1 }, ids: { likes: 1.1 }, slots: { likes: 1.05 } };
const HOT = {
  letters: { likes: 1.8 },
  ids: { likes: 14 },
  slots: { likes: 3.8, worst: 8.6, posts: 1.06 },
};

describe('the claims of the course', () => {
  test('are each answered by the figures', () => {
    const [hash, range, letters] = answers({ ...HOT, slots: { likes: 1.2, worst: 8.6 } });
    expect(hash!.answer).toMatch(/^Hash spreads keys, not load: of posts .* 1\.00 times the mean/);
    expect(hash!.answer).toContain('20.0 % × 16 = 3.20');
    expect(hash!.answer).toContain('8.60 in the worst tenth of newest');
    expect(range!.answer).toContain('takes 87.5 % of all likes, 14.0 times the mean of 16 shards');
    expect(range!.inShort).toBe('Ranges of ids make new posts a hot spot');
    expect(letters!.inShort).toBe('Names are not spread over the alphabet');
  });

  test('and the other way round when the figures say so', () => {
    expect(answers(EVEN).map(({ inShort }) => inShort)).toEqual([
      'Hash spreads keys and load here',
      'Ranges of ids do well here',
      'Ranges of letters do as well as a hash here',
    ]);
    const [hash] = answers({ ...HOT, slots: { likes: 3.8, posts: 1.6 } });
    expect(hash!.inShort).toBe('Hash spreads neither here');
  });

  test('take the workload that is worst for a hash', () => {
    const all = [calculated('zipf 0.6', EVEN), calculated('zipf 1.2', HOT)];
    const [hash] = answersToClaims(all);
    expect(hash!.answer).toContain('3.80 times with zipf 1.2');
  });

  test('have no answer where nothing was calculated', () => {
    expect(answersToClaims([sharded('newest', 'slots', 1)])).toEqual([]);
    expect(answers(EVEN, 'zipf 0.6').map(({ inShort }) => inShort)).toHaveLength(1);
    expect(claimsTable([]).rows).toEqual([]);
  });
});

describe('what an uneven spread costs', () => {
  const newest = calculated('newest', HOT);
  const at = (shards: number, ...of: Parameters<typeof sharded>) => {
    const result = sharded(...of);
    return { ...result, plan: { ...result.plan, shards } };
  };

  test('is told at the largest number of shards that all have, by medians', () => {
    const results = [
      newest,
      ...[1_000, 3_000, 9_000].map((rate) => at(4, 'newest', 'letters', rate)),
      ...[at(4, 'newest', 'slots', 8_000), at(8, 'newest', 'slots', 16_000)],
    ];
    const [, range, letters] = answersToClaims(results);
    expect(letters!.answer).toContain(
      '4 shards with a modelled limit counted, in likes/s: newest by letters 3,000, ' +
        'newest by slots 8,000.',
    );
    expect(range!.answer).not.toContain('modelled limit');
  });

  test('of a hash is told by the workload that it spreads well and by one that it cannot', () => {
    const results = [newest, at(8, 'newest', 'slots', 39_000), at(8, 'zipf 1.2', 'slots', 17_000)];
    expect(answersToClaims(results)[0]!.answer).toContain(
      'in likes/s: newest by slots 39,000, zipf 1.2 by slots 17,000.',
    );
  });

  test('is never told by numbers that were struck out', () => {
    const struck = { numbersValid: false, numbersStruck: ['why'] };
    const results = [
      newest,
      at(4, 'newest', 'letters', 1_000, struck),
      at(4, 'newest', 'slots', 8_000),
    ];
    expect(answersToClaims(results)[2]!.answer).not.toContain('modelled limit');
  });
});
