import { describe, expect, test } from 'vitest';
import { check } from '../../../lab/checker.ts';
import { HandedOnWriter, handedOnPath } from '../../../lab/path/handed-on.ts';
import { doubtsOfAway, PathJudge } from '../../../lab/path/judge-path.ts';
import { requestLoadOf } from '../../../lab/path/request-load.ts';
import { type RequestOutcome, RequestWriter } from '../../../lab/path/request-records.ts';
import { RecordWriter } from '../../../lab/record-writer.ts';
import type { TrialEvidence } from '../../../lab/run-trial.ts';
import type { TrialPlan } from '../../../lab/trial-plan.ts';
import type { Like, SendOutcome } from '../../../likes/like.ts';
import { openStore } from '../../../store/open-store.ts';
import { recordsFolder } from '../trial-fixture.ts';

const LIKES = 40;
const STEP_US = 10_000;
const ACCEPTED_AFTER_US = 3_000;
const COUNTED_AFTER_US = 9_000;
const PLAN: TrialPlan = {
  ...{ experiment: 'made', mode: 'path', workload: 'zipf', likes: LIKES, seed: 5, likesPerS: 100 },
  ...{ lanes: 4, consumers: 1, shards: 2, backlogBytesMax: 1 },
  store: { engine: 'sqlite', rule: 'tally' },
  path: { kind: 'queued', rule: 'tally', gateways: 1 },
};

/** Where a fault can be planted; each leaves things as they are unless it is given. */
interface Plants {
  readonly outcome?: (seq: number) => SendOutcome;
  readonly answer?: (place: number) => RequestOutcome;
  /** How long the client puts off a request, µs, and calls it due only then. */
  readonly putOffUs?: (place: number) => number;
  /** At which place of the schedule the client says that a request stood. */
  readonly toldPlace?: (place: number) => number;
  /** What the store is given of what was accepted. */
  readonly stored?: (likes: Like[]) => Like[];
  readonly handedOn?: (like: Like) => Like;
  readonly evidence?: (found: TrialEvidence) => TrialEvidence;
}

/** A whole small trial, in the files that its processes write. */
async function judged({ outcome, answer, stored, handedOn, ...plants }: Plants = {}) {
  const { putOffUs = () => 0, toldPlace = (place: number) => place } = plants;
  using folder = recordsFolder();
  const [gateway, consumer] = [folder.path('gateway'), folder.path('consumer')];
  const requests = folder.path('requests');
  await using store = await openStore({ folder: folder.path('store'), shards: 2 });
  const likes = [...requestLoadOf(PLAN)].map(({ dueUs: _dueUs, ...like }, seq): Like => {
    return { source: 'g', seq, likedAtMs: 0, ...like };
  });
  {
    using sends = new RecordWriter(gateway);
    using numbered = new HandedOnWriter(handedOnPath(gateway), { keepsAtOnce: true });
    using commits = new RecordWriter(consumer);
    using answers = new RequestWriter(requests);
    for (const [place, like] of likes.entries()) {
      const dueUs = place * STEP_US + putOffUs(place);
      sends.attempted(dueUs + 1, [like]);
      numbered.write([handedOn?.(like) ?? like]);
      sends.outcome(dueUs + 2, [like], outcome?.(place) ?? 'ok');
      commits.delivered(dueUs + 3, [like]);
      const accepted = { kind: 'accepted', source: 'g', seq: place } as const;
      answers.write({
        ...{ place: toldPlace(place), dueUs, sentUs: dueUs, answeredUs: dueUs + ACCEPTED_AFTER_US },
        outcome: answer?.(place) ?? accepted,
      });
      const kept = stored?.([like]) ?? [like];
      await store.apply(kept, () => commits.stored(dueUs + COUNTED_AFTER_US, kept, []));
    }
  }
  const evidence = {
    producerRecords: [gateway],
    consumerRecords: [consumer],
    recordsOfKilled: [],
    strikes: [],
    producers: [{ usage: { cpuUs: 4_000 } }],
    consumers: [{ usage: { cpuUs: 2_000 }, sums: { transactions: 20 } }],
    server: { cpuUs: { publishing: 300, counting: 100 } },
    storeServerCpuUs: undefined,
    path: {
      requests,
      client: { generatorLagUsP99: 70, requestsAtOnceMax: 3 },
      database: undefined,
    },
  } as unknown as TrialEvidence;
  const judge = new PathJudge(PLAN, plants.evidence?.(evidence) ?? evidence);
  const { ledger } = await check({
    ...evidence,
    stored: store,
    parked: [],
    drained: true,
    sums: { attempted: LIKES },
    expected: undefined,
    swept: judge.swept,
  });
  return {
    ledger,
    ...judge.judge(ledger, true),
    brokenWithoutPromise: judge.judge(ledger, false).broken,
  };
}

describe('a trial over HTTP', () => {
  test('in which nothing went wrong is exact, with what each like cost', async () => {
    const { path, broken, audit } = await judged();
    expect(broken).toEqual([]);
    expect(path).toMatchObject({
      requests: { offered: LIKES, accepted: LIKES },
      ...{ acceptedTwice: 0, acceptedUncounted: 0, acceptedUnacknowledged: 0, acceptedOther: 0 },
      isExact: true,
      exactAfterMs: (COUNTED_AFTER_US - ACCEPTED_AFTER_US) / 1000,
      databaseTransactions: 20,
      databaseTransactionsPerLike: 0.5,
      cpuUsPerLike: { gateway: 100, workers: 50, broker: 10 },
      ...{ generatorLagUsP99: 70, requestsAtOnceMax: 3 },
    });
    expect(path.api!.meanUs).toBe(ACCEPTED_AFTER_US);
    expect(path.dueToVisible!.meanUs).toBe(COUNTED_AFTER_US);
    expect(audit.due).toEqual({ likes: LIKES, spanS: ((LIKES - 1) * STEP_US) / 1e6 });
    // Little's law: 100/s that take 3 ms each.
    expect(audit.inSystem!.likes).toBeCloseTo(audit.inSystem!.duePerS * 0.003);
  });

  test('whose client calls due what it has put off fails by Little’s law', async () => {
    const { path, audit } = await judged({ putOffUs: (place) => (place < 20 ? 0 : 5_000) });
    expect(path.api!.meanUs).toBe(ACCEPTED_AFTER_US);
    // A half of them waited for 5 ms that no latency tells of.
    expect(audit.inSystem!.likes).toBeCloseTo(audit.inSystem!.duePerS * 0.0055);
  });

  test('in which a request stands nowhere in the schedule is broken, and has figures', async () => {
    const isNowhere = (place: number) => place === LIKES - 1;
    const toldPlace = (place: number) => (isNowhere(place) ? 10 * LIKES : place);
    const { path, audit, broken } = await judged({ toldPlace });
    expect(path.acceptedOther).toBe(1);
    expect(broken).toHaveLength(1);
    expect(audit.inSystem!.likes).toBeCloseTo(audit.inSystem!.duePerS * 0.003);
  });

  test('has no figure of the killed, nor numbers of a client without connections', async () => {
    const killed = await judged({
      evidence: (found) => ({ ...found, recordsOfKilled: [...found.producerRecords] }),
    });
    expect(killed.path.cpuUsPerLike).toEqual({ workers: 50, broker: 10 });
    expect(killed.doubts).toEqual([]);
    const { doubts } = await judged({
      evidence: (found) => {
        const path = found.path!;
        return {
          ...found,
          path: { ...path, client: { ...path.client, requestsAtOnceMax: 8_001 } },
        };
      },
    });
    expect(doubts).toEqual([expect.stringMatching(/^8001 requests .* waited in the client$/)]);
  });

  test('whose outage never ended has no numbers that stand', async () => {
    const strike = { beganUs: 0, recoversFromUs: 1, proof: { struckUs: 0 } };
    const { doubts } = await judged({
      answer: () => ({ kind: 'noAnswer' }),
      evidence: (found) => ({ ...found, strikes: [strike] }) as unknown as TrialEvidence,
    });
    expect(doubts).toEqual(['1 outages were not over when the load ended']);
  });

  test('with a 202 for a like that the broker never acknowledged fails', async () => {
    const outcome = (seq: number) => (seq === 7 ? 'unknown' : 'ok');
    const { path, broken } = await judged({ outcome });
    expect(path).toMatchObject({ acceptedUnacknowledged: 1, acceptedUncounted: 0, isExact: false });
    expect(broken).toEqual([expect.stringMatching(/^1 accepted, and never acknowledged/)]);
  });

  test('with a number that was the answer to two requests fails', async () => {
    const twice = (place: number) =>
      ({ kind: 'accepted', source: 'g', seq: place === 9 ? 8 : place }) as const;
    const { path, broken } = await judged({ answer: twice });
    expect(path).toMatchObject({ acceptedTwice: 1, acceptedOther: 1, isExact: false });
    expect(broken).toHaveLength(2);
  });

  test('with a 202 that is not counted fails, unless nothing was promised of it', async () => {
    const stored = (likes: Like[]) => likes.filter(({ seq }) => seq !== 11);
    const { ledger, path, broken, brokenWithoutPromise } = await judged({ stored });
    expect(ledger.lost).toBe(1);
    expect(path).toMatchObject({ acceptedUncounted: 1, isExact: false });
    expect(path.exactAfterMs).toBeUndefined();
    expect(broken).toEqual([expect.stringMatching(/^1 accepted and not counted/)]);
    expect(brokenWithoutPromise).toEqual([]);
  });

  test('whose gateway counted another like than the one that was sent fails', async () => {
    const handedOn = (like: Like) => (like.seq === 3 ? { ...like, user: 'somebody else' } : like);
    const { path, broken } = await judged({ handedOn });
    expect(path).toMatchObject({ acceptedOther: 1, isExact: false });
    expect(broken).toEqual([expect.stringMatching(/^1 accepted under the number of another/)]);
  });

  test('that sheds is no failure', async () => {
    const answer = (place: number): RequestOutcome =>
      place % 2 === 0
        ? { kind: 'shed', reason: 'full' }
        : { kind: 'accepted', source: 'g', seq: place };
    const { path, broken } = await judged({ answer });
    expect(broken).toEqual([]);
    expect(path.isExact).toBe(true);
    expect(path.requests).toMatchObject({ accepted: LIKES / 2, shed: { full: LIKES / 2 } });
  });
});

test('a limiter that decided nothing while its Redis was to be away is not tested', () => {
  const limiter = { where: 'redis-away', likesPerS: 2, burst: 10 } as const;
  const away = { beganMs: 1, tookMs: 1, offered: 9, passed: 9, allowed: 9 };
  expect(doubtsOfAway({ limiter }, { decidedAlone: 3, away })).toEqual([]);
  expect(doubtsOfAway({ limiter }, { decidedAlone: 0, away })).toHaveLength(1);
  expect(doubtsOfAway({ limiter }, { decidedAlone: 3 })).toHaveLength(1);
  const shared = { ...limiter, where: 'redis' } as const;
  expect(doubtsOfAway({ limiter: shared }, { decidedAlone: 0 })).toEqual([]);
});
