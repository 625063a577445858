import { describe, expect, test } from 'vitest';
import { limiterSchema } from '../../lab/limiter-schema.ts';
import { type LimiterEvidence, measureLimiter } from '../../lab/measure-limiter.ts';
import type { CrowdKind, CrowdLike } from '../../likes/workloads/crowd.ts';

const like = (seq: number, dueMs: number, user: string, kind: CrowdKind): CrowdLike => {
  const rest = { post: 'p', action: 'like', version: seq + 1, retry: false } as const;
  return { seq, dueUs: dueMs * 1_000, user, kind, ...rest };
};

/** A script of which every second like may pass, and somebody honest. */
const likes = [
  like(0, 0, 'script', 'beat'),
  like(1, 500, 'script', 'beat'),
  like(2, 700, 'honest', 'honest'),
  like(3, 1_000, 'script', 'beat'),
  like(4, 1_500, 'script', 'beat'),
];

const crowd = { likes, users: 1_000, heavyUsers: 1, heavyLikes: 4, honestLikes: 1 };

const START_US = 5_000_000;

function evidenceOf(
  stopped: readonly number[],
  changed: Partial<LimiterEvidence> = {},
): LimiterEvidence {
  const seen = likes.map(({ seq, dueUs }) => {
    const sentUs = START_US + dueUs + 100;
    const decision = stopped.includes(seq) ? ('stopped' as const) : ('passed' as const);
    return { sentUs, answeredUs: sentUs + 1_000, decision, gateway: seq % 2 };
  });
  return {
    ...{ crowd, seen, gateways: 1, decidedAlone: 0, startUs: START_US },
    limit: { likesPerS: 1, burst: 1 },
    ...changed,
  };
}

const groupOf = (facts: ReturnType<typeof measureLimiter>, kind: CrowdKind) =>
  facts.groups.find((group) => group.kind === kind)!;

describe('what a limiter did', () => {
  test('is told by who sent the requests, beside what the limit allows', () => {
    const facts = measureLimiter(evidenceOf([1, 4]));
    expect(limiterSchema.parse(facts)).toEqual(facts);
    expect(groupOf(facts, 'beat')).toEqual({
      ...{ kind: 'beat', users: 1, offered: 4 },
      ...{ passed: 2, stopped: 2, usersStopped: 1, allowed: 2 },
    });
    expect(groupOf(facts, 'honest')).toMatchObject({ offered: 1, passed: 1, usersStopped: 0 });
    expect(groupOf(facts, 'bursts')).toMatchObject({ users: 0, offered: 0 });
    // A token takes a second, and so did the script between its first and its third like.
    expect(facts.wanted).toEqual({
      ...{ agrees: 4, onTheEdge: 1, untold: 0 },
      ...{ wronglyPassed: 0, wronglyStopped: 0 },
    });
  });

  test('is wrong where it stops the honest or lets a script through', () => {
    const { wanted, groups } = measureLimiter(evidenceOf([2]));
    expect(wanted).toMatchObject({ wronglyStopped: 1, wronglyPassed: 2 });
    expect(groups[0]).toMatchObject({ kind: 'honest', stopped: 1, usersStopped: 1 });
  });

  test('with buckets for each gateway is right by these, and wrong by the limit', () => {
    // Likes 0 and 4 of the script went to one gateway, 1 and 3 to the other.
    const facts = measureLimiter(evidenceOf([3], { gateways: 2 }));
    expect(facts.apart).toMatchObject({ wronglyPassed: 0, wronglyStopped: 0 });
    expect(facts.wanted.wronglyPassed).toBeGreaterThan(0);
  });

  test('counts neither what was never sent nor what was answered otherwise', () => {
    const evidence = evidenceOf([1, 4]);
    const seen = evidence.seen.map((request, place) => {
      if (place === 4) return undefined;
      return place === 2 ? { ...request!, decision: 'none' as const } : request;
    });
    const facts = measureLimiter({ ...evidence, seen });
    expect(facts.wanted).toMatchObject({ agrees: 2, onTheEdge: 1, untold: 1 });
    expect(groupOf(facts, 'honest')).toMatchObject({ offered: 1, passed: 0, stopped: 0 });
    expect(groupOf(facts, 'beat')).toMatchObject({ offered: 3, passed: 2, stopped: 1 });
  });

  test('while its memory is away is told apart, of those beyond the limit alone', () => {
    const away = { fromUs: START_US + 400_000, toUs: START_US + 1_200_000 };
    const facts = measureLimiter(evidenceOf([4], { away, decidedAlone: 3 }));
    expect(facts.away).toEqual({
      ...{ beganMs: 400, tookMs: 800 },
      ...{ offered: 2, passed: 2, allowed: 1 },
    });
    expect(facts.decidedAlone).toBe(3);
  });
});
