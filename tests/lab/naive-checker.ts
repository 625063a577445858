/**
 * What became of every like, told the slow way: sets of ids and loops over all pairs. It shares no
 * code with lab/checker.ts, so that the two can be held against each other.
 */
import type { LostBefore } from '../../lab/checker.ts';
import type { Ledger } from '../../lab/ledger.ts';
import type { Like, SendOutcome } from '../../likes/like.ts';
import { type NaiveLog, naiveLog } from './naive-log.ts';

export interface NaiveHistory {
  /** Every send of every like; without an outcome when its producer died. */
  readonly sends: readonly {
    readonly like: Like;
    readonly outcome?: SendOutcome | undefined;
    /** When it was answered. */
    readonly outcomeUs: number;
  }[];
  /** In the order of their times, whichever consumer it was. */
  readonly deliveries: readonly { readonly like: Like; readonly timeUs: number }[];
  /** Likes that a commit told the consumers it has counted now. */
  readonly fresh: readonly Like[];
  /** By shard: the ids that have a mark, and what each post counts. */
  readonly shards: readonly {
    owns(post: string): boolean;
    readonly marks: readonly { readonly source: string; readonly seq: number }[];
    readonly counts: readonly {
      readonly post: string;
      readonly likes: number;
      readonly unlikes: number;
    }[];
  }[];
  readonly parkedLikes: readonly Like[];
  readonly poison: number;
  readonly drained: boolean;
  readonly drainedUs: number | undefined;
  readonly log: NaiveLog;
  readonly attemptedSum: number;
  readonly expected: ReadonlyMap<string, { likes: number; unlikes: number }> | undefined;
}

function idOf({ source, seq }: { source: string; seq: number }): string {
  return `${source} ${seq}`;
}

/** How often a list has something a second time. */
function repeats(ids: readonly string[]): number {
  return ids.length - new Set(ids).size;
}

function count<T>(items: Iterable<T>, wanted: (item: T) => boolean): number {
  return [...items].filter(wanted).length;
}

export function naiveLedger(history: NaiveHistory): Ledger {
  const { sends, drained } = history;
  const attempted = new Set(sends.map(({ like }) => idOf(like)));
  const isKnown = (id: string) => attempted.has(id);
  const withOutcome = (outcome: SendOutcome) =>
    new Set(sends.filter((send) => send.outcome === outcome).map(({ like }) => idOf(like)));
  const [acknowledged, refused, timedOut] = [
    withOutcome('ok'),
    withOutcome('fail'),
    withOutcome('unknown'),
  ];
  const isFail = (id: string) => refused.has(id) && !acknowledged.has(id) && !timedOut.has(id);
  const isUnknown = (id: string) => !acknowledged.has(id) && !isFail(id);

  const deliveries = history.deliveries.map(({ like }) => idOf(like));
  const marks = history.shards.flatMap((shard) => shard.marks.map(idOf));
  const fresh = history.fresh.map(idOf).filter(isKnown);
  const parked = history.parkedLikes.map(idOf);
  const [delivered, counted] = [new Set(deliveries), new Set(marks)];
  const isStored = (id: string) => counted.has(id) || parked.includes(id);
  const sentTwice = new Set(
    sends.map(({ like }) => idOf(like)).filter((id, place, all) => all.indexOf(id) !== place),
  );
  const wasResent = (id: string) => sentTwice.has(id) && (refused.has(id) || timedOut.has(id));
  const missing = count(acknowledged, (id) => !isStored(id));
  const posts = postErrors(history, counted);
  const { phantom: phantomInLog, ...log } = naiveLog(
    history.log,
    (like) => sends.filter((send) => idOf(send.like) === idOf(like)).length,
  );
  return {
    attempted: attempted.size,
    ok: acknowledged.size,
    unknown: count(attempted, isUnknown),
    fail: count(attempted, isFail),
    counted: count(counted, isKnown),
    lost: drained ? missing : 0,
    stuck: drained ? 0 : missing,
    doubleEffects: Math.max(posts.excess, repeats(fresh), repeats(marks.filter(isKnown))),
    redelivered: repeats(deliveries.filter(isKnown)),
    late: lateOf(history, isKnown),
    sentAgain: sends.length - attempted.size,
    recovered: count(attempted, (id) => isUnknown(id) && counted.has(id)),
    revived: count(attempted, (id) => isFail(id) && (isStored(id) || delivered.has(id))),
    phantom: count([...deliveries, ...marks, ...parked], (id) => !isKnown(id)) + phantomInLog,
    parked: parked.length + history.poison,
    wronglyParked: parked.length,
    ...inversionsOf(
      history.deliveries
        .map(({ like }) => like)
        .filter((like) => isKnown(idOf(like)) && !wasResent(idOf(like))),
    ),
    ...log,
    ...posts.miscounted,
    misplacedPosts: misplacedOf(history),
    ...unexpected(history),
    residual: Math.abs(history.attemptedSum - attempted.size),
  };
}

function lateOf(
  { deliveries, drained, drainedUs }: NaiveHistory,
  isKnown: (id: string) => boolean,
): number | undefined {
  if (!drained || drainedUs === undefined) return undefined;
  const inTime = new Set(
    deliveries.filter(({ timeUs }) => timeUs <= drainedUs).map(({ like }) => idOf(like)),
  );
  const all = new Set(deliveries.map(({ like }) => idOf(like)));
  return count(all, (id) => isKnown(id) && !inTime.has(id));
}

function misplacedOf({ shards }: NaiveHistory): number {
  return shards.flatMap(({ owns, counts }) => counts.filter(({ post }) => !owns(post))).length;
}

/** Sorts lost likes by the moments before which they were last acknowledged. */
export function naiveLostBefore(
  { sends, shards, parkedLikes, drained }: NaiveHistory,
  { momentsUs }: { readonly momentsUs: readonly number[] },
): LostBefore[] {
  const stored = new Set([
    ...shards.flatMap(({ marks }) => marks.map(idOf)),
    ...parkedLikes.map(idOf),
  ]);
  const lastOkUs = new Map<string, number>();
  for (const { like, outcome, outcomeUs } of sends) {
    const id = idOf(like);
    if (!drained || outcome !== 'ok' || stored.has(id)) continue;
    lastOkUs.set(id, Math.max(outcomeUs, lastOkUs.get(id) ?? outcomeUs));
  }
  const borders = [Number.NEGATIVE_INFINITY, ...momentsUs, Number.POSITIVE_INFINITY];
  return borders.slice(1).map((before, index) => {
    const within = [...lastOkUs.values()].filter((us) => us >= borders[index]! && us < before);
    const [okUsFirst, okUsLast] = [Math.min(...within), Math.max(...within)];
    if (within.length === 0) return { count: 0, okUsFirst: undefined, okUsLast: undefined };
    return { count: within.length, okUsFirst, okUsLast };
  });
}

function inversionsOf(deliveries: readonly Like[]) {
  const seen = new Set<string>();
  const firsts = deliveries.filter((like) => {
    const isFirst = !seen.has(idOf(like));
    seen.add(idOf(like));
    return isFirst;
  });
  const distances = firsts.map((like, place) => {
    const before = firsts
      .slice(0, place)
      .filter(({ source, post }) => source === like.source && post === like.post);
    return Math.max(0, ...before.map(({ seq }) => seq - like.seq));
  });
  return {
    inversions: count(distances, (distance) => distance > 0),
    inversionSeqsMax: Math.max(0, ...distances),
  };
}

/** What the shards say of a post, all of them added up. */
function storedOf(history: NaiveHistory, post: string, column: 'likes' | 'unlikes'): number {
  const rows = history.shards.flatMap(({ counts }) => counts.filter((row) => row.post === post));
  return rows.reduce((sum, row) => sum + row[column], 0);
}

function postErrors(history: NaiveHistory, counted: ReadonlySet<string>) {
  const likes = new Map(history.sends.map(({ like }) => [idOf(like), like]));
  const posts = new Set([
    ...[...likes.values()].map(({ post }) => post),
    ...history.shards.flatMap(({ counts }) => counts.map(({ post }) => post)),
  ]);
  const errors = [...posts].map((post) => {
    const sumOf = (action: Like['action']) =>
      count(likes, ([id, like]) => counted.has(id) && like.post === post && like.action === action);
    return [
      storedOf(history, post, 'likes') - sumOf('like'),
      storedOf(history, post, 'unlikes') - sumOf('unlike'),
    ];
  });
  const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);
  return {
    excess: sum(errors.flat().filter((error) => error > 0)),
    miscounted: {
      miscountedPosts: count(errors, (pair) => pair.some((error) => error !== 0)),
      miscountedLikes: sum(errors.flat().map(Math.abs)),
      miscountedLikesMax: Math.max(0, ...errors.flat().map(Math.abs)),
    },
  };
}

function unexpected(history: NaiveHistory) {
  const { expected } = history;
  if (expected === undefined) return { expectedPosts: undefined, unexpectedPosts: undefined };
  const differs = ([post, { likes, unlikes }]: [string, { likes: number; unlikes: number }]) =>
    storedOf(history, post, 'likes') !== likes || storedOf(history, post, 'unlikes') !== unlikes;
  return { expectedPosts: expected.size, unexpectedPosts: count(expected, differs) };
}
