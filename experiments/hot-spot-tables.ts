/** The tables of `hot-spot`: each cure beside no cure, and how well hot posts are found. */
import {
  BROKER_HEAD,
  brokerOf,
  DOUBLE_EFFECTS,
  LOST,
  TIER_HEAD,
  VERDICT,
} from '../lab/common-columns.ts';
import type { Column } from '../lab/experiment.ts';
import type { HotGroup, HotSpotFacts } from '../lab/hot-spot-schema.ts';
import { cellOf, formatNumber, type Table } from '../lab/table.ts';
import type { TrialResult } from '../lab/trial-result.ts';

export const SHARE_HEAD = {
  head: 'hot post',
  meaning:
    'The share of all likes that one post takes on top of its own while it is viral, the middle ' +
    'third of the trial; or the workload in which no post is hot.',
};

export const CURE_HEAD = {
  head: 'cure',
  meaning:
    '`isolate`: the post gets a shard of its own. `split`: slices by user on several shards, ' +
    'summed on read. `coalesce`: consumers hold its likes for up to 50 ms, then store them as ' +
    'one. `all`: a policy that may use all three: it coalesces at once, and splits what one ' +
    'shard cannot carry. Each is done by the policy itself ' +
    'once it has found the post, and taken back.',
};

/** In the order in which the rows of a share stand. */
const CURE_NAMES = ['none', 'isolate', 'split', 'coalesce', 'all'];

export function cureOf({ hotSpot }: TrialResult): string {
  const cures = hotSpot?.cures ?? [];
  if (cures.length > 1) return 'all';
  return cures[0] ?? 'none';
}

export function shareOf({ hotSpot, workload }: TrialResult): string {
  const share = hotSpot?.flashShare;
  return share === undefined ? `none (${workload.name})` : `${Math.round(share * 100)} %`;
}

type GroupFacts = HotSpotFacts['groups'][number];

export function groupOf(result: TrialResult, group: HotGroup): GroupFacts | undefined {
  const found = result.hotSpot?.groups.find((one) => one.group === group);
  return found !== undefined && found.likes > 0 ? found : undefined;
}

function ofGroup(
  head: string,
  meaning: string,
  group: HotGroup,
  value: (facts: GroupFacts) => number | undefined,
): Column {
  return {
    ...{ head, meaning, digits: 0 },
    value: (result) => {
      const facts = groupOf(result, group);
      return facts && value(facts);
    },
  };
}

const P99 =
  'Due to visible, 99 % are faster, over the second half of the time in which the post is viral. ' +
  'Where fewer are counted than are due it grows as long as that lasts.';

export const HOT_COLUMNS: readonly Column[] = [
  VERDICT,
  {
    head: 'due likes/s',
    meaning: 'Open loop: likes due per second in the measured part, whatever the system does.',
    value: ({ hotSpot }) => hotSpot && sumOf(hotSpot, ({ duePerS }) => duePerS),
  },
  {
    head: 'counted likes/s',
    meaning: 'Likes that became visible per second in the measured part.',
    value: ({ hotSpot }) => hotSpot && sumOf(hotSpot, ({ countedPerS }) => countedPerS),
  },
  ofGroup('post due/s', 'The same of the hot post alone.', 'post', ({ duePerS }) => duePerS),
  ofGroup('post counted/s', 'The same of the hot post alone.', 'post', (one) => one.countedPerS),
  ofGroup('post p99 ms', `The hot post. ${P99}`, 'post', ({ p99Ms }) => p99Ms),
  ofGroup(
    'neighbours p99 ms',
    'The same of the posts that stood on its shard before anything was moved.',
    'neighbours',
    ({ p99Ms }) => p99Ms,
  ),
  ofGroup('others p99 ms', 'The same of all other posts.', 'others', ({ p99Ms }) => p99Ms),
  {
    head: 'transactions/like',
    meaning: 'Store transactions (of a shard) for each like counted in the measured part.',
    value: ({ hotSpot }) => hotSpot?.transactionsPerLike,
    digits: 2,
  },
  {
    head: 'count updates/like',
    meaning: 'Rows of counts that were changed for each like: database writes per like.',
    value: ({ hotSpot }) => hotSpot?.countUpdatesPerLike,
    digits: 2,
  },
  {
    head: 'found after ms',
    meaning:
      "From the moment the viral post's first like was due until the sketch, merged over all " +
      'consumers, says for sure that the post is hot.',
    value: ({ hotSpot }) => hotSpot?.foundAfterMs,
  },
  {
    head: 'cured after ms',
    meaning: 'The same until the last cure was in force.',
    value: ({ hotSpot }) => hotSpot?.curedAfterMs,
  },
  {
    head: 'moved wrongly',
    meaning: 'Posts that the policy did something about although nothing was viral then.',
    value: ({ hotSpot }) => hotSpot && falseAlarms(hotSpot),
    isFinding: true,
  },
  LOST,
  DOUBLE_EFFECTS,
];

function sumOf({ groups }: HotSpotFacts, part: (group: GroupFacts) => number): number {
  return groups.reduce((sum, group) => sum + part(group), 0);
}

/** Cures decided for any post but the viral one, or before that was viral. */
export function falseAlarms({ events, post, flash }: HotSpotFacts): number {
  return events.filter((event) => {
    if (event.kind !== 'decided' || event.cure === 'take-back') return false;
    return event.post !== post || event.atS < (flash?.fromS ?? 0);
  }).length;
}

export function hotTables(results: readonly TrialResult[]): Table[] {
  return [curesTable(results), detectionTable(results)].filter(({ rows }) => rows.length > 0);
}

const keyOf = (result: TrialResult) => [
  brokerOf(result),
  result.tier,
  shareOf(result),
  cureOf(result),
];

function curesTable(results: readonly TrialResult[]): Table {
  const groups = [...Map.groupBy(results, (result) => JSON.stringify(keyOf(result))).values()];
  const place = ([first]: readonly TrialResult[]) => {
    const share = first!.hotSpot?.flashShare ?? 0;
    return share * CURE_NAMES.length * 10 + CURE_NAMES.indexOf(cureOf(first!));
  };
  groups.sort((one, other) => {
    const byBroker = brokerOf(one[0]!).localeCompare(brokerOf(other[0]!), 'en');
    return byBroker || place(one) - place(other);
  });
  const notes = groups.flatMap((group) =>
    group.flatMap((result) =>
      [
        ...result.numbersStruck.map((reason) => `numbers struck out, ${reason}`),
        ...result.notes,
        ...failuresOf(result),
      ].map((note) => `${keyOf(result).join(' ')}: ${note}`),
    ),
  );
  const [first] = results;
  const { transactionsPerSMax, likesPerTransaction, spareShards } = first?.hotSpot ?? {};
  const limit =
    transactionsPerSMax === undefined
      ? []
      : [
          `modelled limit: a shard admits ${formatNumber(transactionsPerSMax, 0)} transactions ` +
            `a second, each of at most ${likesPerTransaction} like(s); ${first!.plan.shards} ` +
            `shards, of which ${spareShards} empty until a post is isolated`,
        ];
  return {
    title: 'A hot post and its cures',
    heads: [BROKER_HEAD, TIER_HEAD, SHARE_HEAD, CURE_HEAD, ...HOT_COLUMNS].map(({ head }) => head),
    rows: groups.map((group) => [
      ...keyOf(group[0]!),
      ...HOT_COLUMNS.map((column) => cellOf(column, group)),
    ]),
    notes: [...new Set([...limit, ...notes])],
  };
}

/** A cure that did not come about must not look like one that does not help. */
function failuresOf({ hotSpot }: TrialResult): string[] {
  const failed = hotSpot?.events.filter(({ kind }) => kind === 'failed') ?? [];
  return [...new Set(failed.map(({ cure, problem }) => `${cure} failed: ${problem}`))];
}

function detectionTable(results: readonly TrialResult[]): Table {
  const told = results.filter(({ hotSpot }) => hotSpot?.detection !== undefined);
  const byWorkload = new Map(told.map((result) => [result.workload.name, result]));
  const whole = (value: number | undefined) => (value === undefined ? '–' : formatNumber(value, 0));
  return {
    title: 'How well hot posts are found, by calculation over the same likes',
    heads: [
      ...['workload', 'likes/s', 'processes', 'precision at 10', 'recall at 10'],
      ...['delay ms', 'longest delay ms', 'not found'],
    ],
    rows: [...byWorkload].flatMap(([workload, { hotSpot }]) =>
      hotSpot!.detection!.map((one) => [
        workload,
        formatNumber(one.likesPerS, 0),
        String(one.processes),
        formatNumber(one.precisionAt10, 3),
        formatNumber(one.recallAt10, 3),
        whole(one.delayMs),
        whole(one.delayMsMax),
        whole(one.notFound),
      ]),
    ),
    notes: [
      'against exact counts of the same windows (0.5 s, merged twice a second over all ' +
        'processes); the delay is from the first like of the viral post to the merge that says ' +
        'for sure that it is hot, for five places between two merges',
    ],
  };
}
