/**
 * Whom does a limit of likes per user stop, whom does it hit, and what does it cost?
 *
 * A crowd of which 0.1 % of the users make 5 % of the likes, some of them by scripts that know the
 * limit, likes over HTTP through one gateway or two, to a queue, into the count. The limit is the
 * gateway's own default. What was decided is held against a bucket in virtual time.
 */
import { BROKER_HEAD, TIER_HEAD } from '../lab/common-columns.ts';
import type { Experiment, Profile, Step } from '../lab/experiment.ts';
import type { LimiterPlace } from '../lab/limiter-plan.ts';
import { explainLimiter } from './limiter-answers.ts';
import { GATEWAYS_HEAD, LIMITER_COLUMNS, LIMITER_HEAD } from './limiter-columns.ts';
import { keyOf } from './limiter-facts.ts';
import { limiterTables } from './limiter-tables.ts';

/** Those of `gateway/user-limiter.ts`, whose default is what is judged; a test holds them alike. */
export const LIMIT = { likesPerS: 2, burst: 10 };

/** Far below what a gateway bears here: a crowd that is shed says nothing of its limiter. */
const LIKES_PER_S: Readonly<Record<Profile, number>> = { smoke: 400, quick: 500, full: 500 };
const WARM_UP_S = 1;
/** A script a quarter above the limit has used up its burst after 20 s. */
const MEASURE_S: Readonly<Record<Profile, number>> = { smoke: 4, quick: 23, full: 60 };

interface Row {
  readonly where: LimiterPlace;
  readonly gateways: number;
}

const EVERY_ROW: readonly Row[] = [
  { where: 'off', gateways: 1 },
  { where: 'process', gateways: 1 },
  { where: 'redis', gateways: 1 },
  { where: 'redis-away', gateways: 1 },
  { where: 'process', gateways: 2 },
  { where: 'redis', gateways: 2 },
  { where: 'redis-away', gateways: 2 },
];

const ROWS: Readonly<Record<Profile, readonly Row[]>> = {
  smoke: EVERY_ROW.slice(-1),
  quick: EVERY_ROW,
  full: [...EVERY_ROW, { where: 'off', gateways: 2 }],
};

function stepOf(profile: Profile, { where, gateways }: Row): Step {
  return {
    mode: 'path',
    likes: 0,
    rate: { likesPerS: LIKES_PER_S[profile] },
    // No file is read for it; the crowd makes likes of its own.
    workload: 'zipf',
    warmUpS: WARM_UP_S,
    measureS: MEASURE_S[profile],
    // Users press again and take likes back; a like that was stopped leaves a gap of versions.
    store: { engine: 'sqlite', rule: 'states' },
    path: { kind: 'queued', rule: 'states', gateways, limiter: { where, ...LIMIT } },
  };
}

export const limiter: Experiment = {
  name: 'limiter',
  question: 'Whom does a limit of likes per user stop, whom does it hit, and what does it cost?',
  brokers: ['redis-streams'],
  // Trials of half a minute each: who wants intervals asks for --repeats.
  repeats: 1,
  kills: true,
  steps: ({ profile }) => ROWS[profile].map((row) => stepOf(profile, row)),
  shows: ({ limiter: facts }) => facts !== undefined,
  tables: limiterTables,
  explanation: explainLimiter,
  rowKey: keyOf,
  rowHeads: [BROKER_HEAD, TIER_HEAD, GATEWAYS_HEAD, LIMITER_HEAD],
  columns: LIMITER_COLUMNS,
};
