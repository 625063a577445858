/** How many counts can be shown, how soon and how old, while likes are counted? */
import {
  BROKER_HEAD,
  brokerOf,
  DOUBLE_EFFECTS,
  LOST,
  TIER_HEAD,
  VERDICT,
} from '../lab/common-columns.ts';
import type { Column, Experiment, Profile, Step } from '../lab/experiment.ts';
import { describeStaleness, type Reads } from '../lab/reads-schema.ts';

/** Likes due per second meanwhile: enough that counts change all the time. */
const LIKES_PER_S: Readonly<Record<Profile, number>> = { smoke: 500, quick: 2_000, full: 2_000 };

const POSTS_PER_REQUEST: Readonly<Record<Profile, readonly number[]>> = {
  smoke: [10],
  quick: [1, 10, 100, 1_000],
  full: [1, 10, 100, 1_000],
};

/** Undefined asks the store itself; 0 shares queries and keeps nothing. */
const STALENESS_MS: Readonly<Record<Profile, readonly (number | undefined)[]>> = {
  smoke: [100],
  quick: [undefined, 0, 100, 1_000],
  full: [undefined, 0, 100, 1_000],
};

const WARM_UP_S: Readonly<Record<Profile, number>> = { smoke: 0.5, quick: 1, full: 2 };
/** Half of it a closed loop, half an open one. */
const MEASURE_S: Readonly<Record<Profile, number>> = { smoke: 1, quick: 4, full: 10 };

function stepsOf(profile: Profile): Step[] {
  return POSTS_PER_REQUEST[profile].flatMap((postsPerRequest) =>
    STALENESS_MS[profile].map((maxStalenessMs): Step => {
      return {
        mode: 'reads',
        likes: 0,
        workload: 'zipf',
        rate: { likesPerS: LIKES_PER_S[profile] },
        warmUpS: WARM_UP_S[profile],
        measureS: MEASURE_S[profile],
        reads: { postsPerRequest, ...(maxStalenessMs !== undefined && { maxStalenessMs }) },
      };
    }),
  );
}

function figure(
  head: string,
  meaning: string,
  value: (reads: Reads) => number | undefined,
  digits = 0,
): Column {
  return { head, meaning, digits, value: ({ reads: found }) => found && value(found) };
}

const milliseconds = (us: number | undefined) => (us === undefined ? undefined : us / 1_000);
const percent = (share: number | undefined) => (share === undefined ? undefined : share * 100);

export const reads: Experiment = {
  name: 'reads',
  question: 'How many counts can be shown, how soon and how old, while likes are counted?',
  tallyOnly:
    'reads bounds how many likes a count may miss, and under states a count is of users and may ' +
    'fall; latency measures there, or use --rule tally',
  brokers: ['kafka'],
  steps: ({ profile }) => stepsOf(profile),
  shows: ({ plan }) => plan.reads !== undefined,
  rowKey: (result) => [
    brokerOf(result),
    result.tier,
    String(result.plan.reads?.postsPerRequest ?? '–'),
    result.plan.reads === undefined ? '–' : describeStaleness(result.plan.reads),
  ],
  rowHeads: [
    BROKER_HEAD,
    TIER_HEAD,
    {
      head: 'posts/request',
      meaning:
        'Different posts in a request, as popular in requests as in likes (Zipf, 0.99, over ' +
        '10,000 posts).',
    },
    {
      head: 'read from',
      meaning:
        '`the store`: asked anew for each request. A cache: a count left the store at most that ' +
        'long before the request; requests for the same post share a query, also at 0 ms.',
    },
  ],
  columns: [
    VERDICT,
    {
      head: 'likes/s meanwhile',
      meaning: 'Likes due per second, through the queue into the store, while counts are read.',
      value: ({ plan }) => plan.likesPerS,
      isFinding: true,
    },
    figure(
      'requests/s',
      'Closed loop, 8 requests always under way in one process: answered per second.',
      ({ requestsPerS }) => requestsPerS,
    ),
    figure(
      'offered/s',
      'Requests due per second in the open loop, Poisson: half of that, and 5,000 at most, from ' +
        'which all columns to the right are taken.',
      ({ offeredPerS }) => offeredPerS,
    ),
    figure(
      'p99 ms',
      '99 % of the requests are answered sooner after they are due.',
      ({ latency }) => milliseconds(latency.p99Us),
      2,
    ),
    figure(
      'age ms p50',
      'Of the oldest count of each request: how long ago all that the queue had accepted was ' +
        'counted, but for the bound. A sample of the backlog, asked for every 200 ms, is in it.',
      ({ age }) => milliseconds(age?.p50Us),
    ),
    figure('age ms p99', 'The same, of 99 % of the requests.', ({ age }) =>
      milliseconds(age?.p99Us),
    ),
    figure(
      'missing at most p50',
      'The bound that is served with each count: so many likes of the whole queue it may miss.',
      ({ missing }) => missing?.p50,
    ),
    figure('missing at most p99', 'The same, of 99 % of the requests.', ({ missing }) => {
      return missing?.p99;
    }),
    figure('posts from cache %', 'Of the posts asked for.', ({ postsCachedShare }) =>
      percent(postsCachedShare),
    ),
    figure('requests from cache %', 'Requests of which every post was cached.', (found) =>
      percent(found.requestsCachedShare),
    ),
    figure(
      'queries/request',
      'Calls of the store, each one query of every shard that it touches.',
      ({ queriesPerRequest }) => queriesPerRequest,
      2,
    ),
    {
      head: 'bounds broken',
      meaning:
        'Counts that lacked more likes than their bound said, of those held against the records ' +
        'of what had been acknowledged.',
      value: ({ reads: found }) =>
        found?.bounds && `${found.bounds.broken} of ${found.bounds.checked}`,
      isFinding: true,
    },
    LOST,
    DOUBLE_EFFECTS,
  ],
};
