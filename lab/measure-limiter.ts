/** What a limiter did to whom, and how that stands to what it should have done. */
import { CROWD_KINDS, type Crowd, type CrowdLike } from '../likes/workloads/crowd.ts';
import { type Decision, idealDecisions, type Judgement, judgeDecisions } from './limiter-oracle.ts';
import type { Limit } from './limiter-plan.ts';
import type { Agreement, LimiterFacts } from './limiter-schema.ts';

/** What became of the request at one place of the schedule; times on one clock. */
export interface SeenRequest {
  readonly sentUs: number;
  readonly answeredUs: number;
  /** Let through, 429, or an answer that does not tell. */
  readonly decision: Decision;
  readonly gateway: number;
}

export interface LimiterEvidence {
  readonly crowd: Crowd;
  readonly limit: Limit;
  /** By place of the crowd's likes. Undefined: never sent, since the load was ended before. */
  readonly seen: readonly (SeenRequest | undefined)[];
  readonly gateways: number;
  readonly decidedAlone: number;
  /** Of the shared memory: from when to when it was away, on the clock of the requests. */
  readonly away?: { readonly fromUs: number; readonly toUs: number } | undefined;
  /** When place 0 would have been due at 0. */
  readonly startUs: number;
}

interface Row extends SeenRequest {
  readonly like: CrowdLike;
  /** Whether one bucket a user without any delay would have let it through. */
  readonly isAllowed: boolean;
}

/** Without the CPU, which other witnesses know. */
export function measureLimiter(evidence: LimiterEvidence): LimiterFacts {
  const { crowd, gateways, decidedAlone } = evidence;
  const rows = rowsOf(evidence);
  const away = awayOf(evidence, rows);
  return {
    users: crowd.users,
    groups: CROWD_KINDS.map((kind) => groupOf(kind, rows)),
    wanted: agreementOf(rows, evidence.limit, ({ like }) => like.user),
    ...(gateways > 1 && {
      apart: agreementOf(rows, evidence.limit, ({ like, gateway }) => `${like.user} ${gateway}`),
    }),
    decidedAlone,
    ...(away && { away }),
  };
}

/** In the order of the sending. */
function rowsOf({ crowd, limit, seen }: LimiterEvidence): Row[] {
  const likes = crowd.likes.map(({ user, dueUs }) => ({ bucket: user, dueUs }));
  const ideal = idealDecisions(likes, limit);
  const rows = crowd.likes.flatMap((like, place): Row[] => {
    const request = seen[place];
    if (request === undefined) return [];
    return [{ ...request, like, isAllowed: ideal[place] === 'passed' }];
  });
  return rows.sort((one, other) => one.sentUs - other.sentUs);
}

function groupOf(kind: CrowdLike['kind'], rows: readonly Row[]): LimiterFacts['groups'][number] {
  const own = rows.filter(({ like }) => like.kind === kind);
  const stopped = own.filter(({ decision }) => decision === 'stopped');
  const users = (some: readonly Row[]) => new Set(some.map(({ like }) => like.user)).size;
  return {
    kind,
    users: users(own),
    ...sumsOf(own),
    stopped: stopped.length,
    usersStopped: users(stopped),
  };
}

function sumsOf(rows: readonly Row[]): { offered: number; passed: number; allowed: number } {
  return {
    offered: rows.length,
    passed: rows.filter(({ decision }) => decision === 'passed').length,
    allowed: rows.filter(({ isAllowed }) => isAllowed).length,
  };
}

function agreementOf(
  rows: readonly Row[],
  limit: Limit,
  bucketOf: (row: Row) => string,
): Agreement {
  const judgements = judgeDecisions(
    rows.map((row) => ({ ...row, bucket: bucketOf(row) })),
    limit,
  );
  const count = (wanted: Judgement) => judgements.filter((one) => one === wanted).length;
  return {
    agrees: count('agrees'),
    onTheEdge: count('on-the-edge'),
    wronglyPassed: count('wrongly-passed'),
    wronglyStopped: count('wrongly-stopped'),
    untold: count('none'),
  };
}

function awayOf(
  { away, startUs }: LimiterEvidence,
  rows: readonly Row[],
): LimiterFacts['away'] | undefined {
  if (away === undefined) return undefined;
  const { fromUs, toUs } = away;
  const meanwhile = rows.filter(
    ({ sentUs, like }) => sentUs >= fromUs && sentUs < toUs && like.kind !== 'honest',
  );
  return {
    beganMs: Math.max(0, (fromUs - startUs) / 1_000),
    tookMs: (toUs - fromUs) / 1_000,
    ...sumsOf(meanwhile),
  };
}
