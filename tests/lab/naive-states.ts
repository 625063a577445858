/**
 * What became of every like under states, told the slow way: lists, and loops over all pairs. It
 * shares no code with lab/check-states.ts, so that the two can be held against each other.
 */
import type { Ledger } from '../../lab/ledger.ts';
import type { Like, SendOutcome } from '../../likes/like.ts';

interface Row {
  readonly post: string;
  readonly user: string;
  readonly version: number;
  readonly action: Like['action'];
}

export interface NaiveStatesHistory {
  /** Every send of every like; the same like is the same object. */
  readonly sends: readonly { readonly like: Like; readonly outcome: SendOutcome | undefined }[];
  readonly deliveries: readonly Like[];
  /** Attempted likes that a commit told as stored. */
  readonly told: readonly Like[];
  /** Of all shards, one after the other. */
  readonly rows: readonly Row[];
  /** Rows that a shard says it has and does not show. */
  readonly rowsHidden: number;
  readonly counts: readonly (readonly {
    readonly post: string;
    readonly likes: number;
    readonly unlikes: number;
  }[])[];
  owns(shard: number, post: string): boolean;
  readonly parkedLikes: readonly Like[];
  readonly poison: number;
  readonly drained: boolean;
  readonly attemptedSum: number;
  /** Records of sends that are not of the workload. */
  readonly misrecorded: number;
}

function isSame(one: Pick<Like, 'post' | 'user'>, other: Pick<Like, 'post' | 'user'>): boolean {
  return one.post === other.post && one.user === other.user;
}

function unique<T>(items: readonly T[]): T[] {
  return [...new Set(items)];
}

export function naiveStatesLedger(history: NaiveStatesHistory): Partial<Ledger> {
  const { sends, drained } = history;
  const attempted = unique(sends.map(({ like }) => like));
  const had = (like: Like, outcome: SendOutcome) =>
    sends.some((send) => send.like === like && send.outcome === outcome);
  const ok = attempted.filter((like) => had(like, 'ok'));
  const fail = attempted.filter(
    (like) => !had(like, 'ok') && had(like, 'fail') && !had(like, 'unknown'),
  );
  const unknown = attempted.filter((like) => !ok.includes(like) && !fail.includes(like));
  const isTold = (like: Like) => history.told.includes(like);
  const isGiven = (like: Like) => isTold(like) || history.deliveries.includes(like);
  const isParked = (like: Like) => history.parkedLikes.includes(like);

  const keys = attempted.filter(
    (like, place) => attempted.findIndex((other) => isSame(like, other)) === place,
  );
  const rowOf = (key: Pick<Like, 'post' | 'user'>) => history.rows.find((row) => isSame(row, key));
  const covers = (like: Like) => (rowOf(like)?.version ?? 0) >= like.version;
  const isExactly = (like: Like) =>
    rowOf(like)?.version === like.version && rowOf(like)?.action === like.action;
  const counted = attempted.filter(
    (like) => (isTold(like) && covers(like)) || (isGiven(like) && isExactly(like)),
  );
  const isCounted = (like: Like) => counted.includes(like);
  const missing = ok.filter((like) => !isCounted(like) && !isParked(like));
  const { strange, again, phantom, wrong } = rowFindings(history, attempted, keys, isGiven);
  const strangeDeliveries = history.deliveries.filter((like) => !attempted.includes(like));
  const strangeParked = history.parkedLikes.filter((like) => !attempted.includes(like));
  const isWhole = drained && ok.length === attempted.length;
  const unexpected = keys.filter((key) => {
    const own = attempted.filter((like) => isSame(like, key));
    const newest = Math.max(...own.map(({ version }) => version));
    return !own.some((like) => like.version === newest && isExactly(like));
  });
  return {
    attempted: attempted.length,
    ok: ok.length,
    unknown: unknown.length,
    fail: fail.length,
    counted: counted.length,
    lost: drained ? missing.length : 0,
    lostCovered: drained ? missing.filter(covers).length : 0,
    stuck: drained ? 0 : missing.length,
    recovered: unknown.filter(isCounted).length,
    revived: fail.filter((like) => {
      return isCounted(like) || isParked(like) || history.deliveries.includes(like);
    }).length,
    sentAgain: sends.length - attempted.length,
    redelivered:
      history.deliveries.length - strangeDeliveries.length - distinctKnown(history, attempted),
    phantom: strange + phantom + strangeDeliveries.length + strangeParked.length,
    wrongStates: wrong,
    states: history.rows.length,
    expectedStates: isWhole ? keys.length : undefined,
    unexpectedStates: isWhole ? unexpected.length : undefined,
    ...recounted(history, again),
    parked: history.parkedLikes.length + history.poison,
    wronglyParked: history.parkedLikes.length,
    residual:
      Math.abs(history.attemptedSum - attempted.length) +
      counted.filter((like) => !isTold(like)).length +
      history.rowsHidden +
      history.misrecorded,
  };
}

function distinctKnown({ deliveries }: NaiveStatesHistory, attempted: readonly Like[]): number {
  return attempted.filter((like) => deliveries.includes(like)).length;
}

function rowFindings(
  { rows, told }: NaiveStatesHistory,
  attempted: readonly Like[],
  keys: readonly Like[],
  isGiven: (like: Like) => boolean,
) {
  const isFirst = (row: Row) => rows.find((other) => isSame(row, other)) === row;
  const known = (row: Row) => keys.some((key) => isSame(row, key));
  const strange = rows.filter((row) => !known(row)).length;
  const again = rows.filter((row) => known(row) && !isFirst(row)).length;
  const ofVersion = (row: Row) =>
    attempted.filter((like) => isSame(like, row) && like.version === row.version);
  const firsts = rows.filter((row) => known(row) && isFirst(row));
  const phantom = firsts.filter((row) => ofVersion(row).length === 0).length;
  const wrong = keys.filter((key) => {
    const row = rows.find((one) => isSame(one, key));
    const newestTold = Math.max(
      0,
      ...told.filter((like) => isSame(like, key)).map(({ version }) => version),
    );
    if (row === undefined) return newestTold > 0;
    if (ofVersion(row).length === 0) return false;
    const given = ofVersion(row).filter(isGiven);
    return row.version < newestTold || !given.some(({ action }) => action === row.action);
  }).length;
  return { strange, again, phantom, wrong };
}

/** Counts by post against the states, each the slow way. */
function recounted({ rows, counts, owns }: NaiveStatesHistory, again: number) {
  const posts = unique([...rows, ...counts.flat()].map(({ post }) => post));
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
  const errors = posts.map((post) => {
    const own = counts.flat().filter((count) => count.post === post);
    const liked = rows.filter((row) => row.post === post && row.action === 'like').length;
    return [sum(own.map(({ likes }) => likes)) - liked, sum(own.map(({ unlikes }) => unlikes))];
  });
  const misplaced = counts.flatMap((own, shard) => own.filter(({ post }) => !owns(shard, post)));
  return {
    doubleEffects: Math.max(sum(errors.flat().filter((error) => error > 0)), again),
    miscountedPosts: errors.filter((pair) => pair.some((error) => error !== 0)).length,
    miscountedLikes: sum(errors.flat().map(Math.abs)),
    miscountedLikesMax: Math.max(0, ...errors.flat().map(Math.abs)),
    misplacedPosts: misplaced.length,
  };
}
