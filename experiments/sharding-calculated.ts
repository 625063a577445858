/** The tables of `sharding` that were calculated: loads of the shards, and the keys that move. */
import type { Column } from '../lab/experiment.ts';
import type { CalculatedLoads } from '../lab/sharding-schema.ts';
import { formatNumber, type Table } from '../lab/table.ts';
import type { TrialResult } from '../lab/trial-result.ts';

const SHARDS = [2, 4, 8, 16, 32, 64];
const SHARDS_BEFORE = [4, 8, 16, 32];
/** Its figure stands for the row where a single one is asked for. */
const ROUTING_DEFAULT = 'slots';

export const loadsOf = (results: readonly TrialResult[]): CalculatedLoads[] =>
  results.flatMap(({ calculatedLoads }) => calculatedLoads ?? []);

/** The workload with its exponent, such as `zipf 1.2`. */
export function streamIn({ calculatedLoads, workload }: TrialResult): string {
  if (calculatedLoads !== undefined) return calculatedLoads.stream;
  const [, exponent] = /exponent ([\d.]+)/.exec(workload.variant ?? '') ?? [];
  return exponent === undefined ? workload.name : `${workload.name} ${exponent}`;
}

/** Undefined where the calculation has no such routing or number of shards. */
export function ratioOf(
  loads: CalculatedLoads | undefined,
  routing: string,
  shards: number,
  of: 'ratios' | 'ratiosWorstTenth' | 'postRatios' = 'ratios',
): number | undefined {
  const found = loads?.routings.find((one) => one.routing === routing);
  return found?.[of][loads!.shards.indexOf(shards)];
}

export const LOAD_COLUMNS: readonly Column[] = SHARDS.map((shards) => ({
  head: `${shards} shards`,
  meaning:
    'Largest over mean load of so many shards: 1 is even, and as many as there are shards means ' +
    'that one has everything. Counted over all likes that the workload sends.',
  digits: 2,
  value: ({ calculatedLoads }) => ratioOf(calculatedLoads, ROUTING_DEFAULT, shards),
  isFinding: true,
}));

export const MOVE_COLUMNS: readonly Column[] = SHARDS_BEFORE.map((shards) => ({
  head: `${shards} → ${shards + 1}`,
  meaning:
    'Keys, in %, that stand in another shard once one is added; in brackets what is expected: ' +
    'S / (S + 1) modulo, 1 / (S + 1) where only the new shard is filled, half of them where ' +
    'ranges are cut anew, of letters by how many people have such names.',
  digits: 1,
  value: ({ calculatedLoads }) => {
    const { moves } = calculatedLoads ?? {};
    const found = moves?.routings.find(({ routing }) => routing === ROUTING_DEFAULT);
    const share = found?.moved[moves!.shardsBefore.indexOf(shards)];
    return share === undefined ? undefined : share * 100;
  },
  isFinding: true,
}));

/** The least that the largest of `shards` can have, while one post has `share` of all likes. */
export function floorOf(share: number, shards: number): number {
  return Math.max(1, share * shards);
}

interface View {
  readonly title: string;
  readonly of: 'ratios' | 'ratiosWorstTenth';
  share(top: CalculatedLoads['topPost']): { share: number; isClosedForm: boolean };
  /** Whether it says something of this workload that the other view does not. */
  isTold(loads: CalculatedLoads): boolean;
}

const VIEWS: readonly View[] = [
  {
    title: 'Largest over mean load of the shards, over all likes (calculated)',
    of: 'ratios',
    share: ({ share, expectedShare }) => ({
      share: expectedShare ?? share,
      isClosedForm: expectedShare !== undefined,
    }),
    isTold: () => true,
  },
  {
    title: 'The same in the tenth of the likes in which it is worst (calculated)',
    of: 'ratiosWorstTenth',
    share: ({ shareWorstTenth, expectedShareMost }) => ({
      share: expectedShareMost ?? shareWorstTenth,
      isClosedForm: expectedShareMost !== undefined,
    }),
    // Where the top post has the same share all the time, a tenth differs from the whole by chance.
    isTold: ({ topPost: { expectedShare, expectedShareMost } }) =>
      expectedShare === undefined || expectedShare !== expectedShareMost,
  },
];

export function loadTables(results: readonly TrialResult[]): Table[] {
  const all = loadsOf(results);
  return VIEWS.map((view) => ({
    title: view.title,
    heads: ['workload', 'routing', ...LOAD_COLUMNS.map(({ head }) => head)],
    rows: [
      ...all.filter(view.isTold).flatMap((loads) => rowsOf(loads, view)),
      ...(view.of === 'ratios' ? letterRows(all) : []),
    ],
    notes: view.of === 'ratios' ? notesOf(all) : [],
  }));
}

function rowsOf(loads: CalculatedLoads, view: View): string[][] {
  const { stream, routings, topPost } = loads;
  const row = (name: string, ratio: (shards: number) => number | undefined) => {
    const cells = SHARDS.map((shards) => {
      const found = ratio(shards);
      return found === undefined ? '–' : formatNumber(found, 2);
    });
    return [stream, name, ...cells];
  };
  const { share, isClosedForm } = view.share(topPost);
  const top = isClosedForm ? 'expected: top post × shards' : 'top post × shards';
  return [
    ...routings.map(({ routing }) =>
      row(routing, (shards) => ratioOf(loads, routing, shards, view.of)),
    ),
    row(`(${top})`, (shards) => floorOf(share, shards)),
    row('(and its part of the rest)', (shards) => 1 + share * (shards - 1)),
  ];
}

/** One row for all: surnames are the same in every workload that has them. */
function letterRows(all: readonly CalculatedLoads[]): string[][] {
  const told = all.find(({ lettersExpected }) => lettersExpected !== undefined);
  if (told === undefined) return [];
  const cells = SHARDS.map((shards) => {
    const found = told.lettersExpected![told.shards.indexOf(shards)];
    return found === undefined ? '–' : formatNumber(found, 2);
  });
  return [['all posts alike', '(expected: letters of surnames)', ...cells]];
}

function notesOf(all: readonly CalculatedLoads[]): string[] {
  if (all.length === 0) return [];
  const sizes = all.map(
    ({ stream, sent, posts }) =>
      `${stream} ${formatNumber(sent, 0)} likes on ${formatNumber(posts, 0)} posts`,
  );
  return [
    `Counted over ${sizes.join(', ')}, clients' retries included.`,
    'By letters, whatever begins with none stands before A; above 26 shards some have no letter. ' +
      'Ids of `trending` are those of YouTube, random in their first characters; their numbers ' +
      'are the order of their first days on the list.',
    'No routing can be below `top post × shards`: the most liked post has one shard. Where the ' +
      'rest is spread evenly, that shard has its part of it too: 1 + share × (shards − 1). The ' +
      'share is expected by the law that makes a workload, and counted where there is none.',
  ];
}

export function moveTables(results: readonly TrialResult[]): Table[] {
  const [moves] = loadsOf(results).flatMap((loads) => loads.moves ?? []);
  if (moves === undefined) return [];
  const percent = (share: number) => formatNumber(share * 100, 1);
  return [
    {
      title: 'Keys that move when a shard is added, in % (calculated)',
      heads: ['routing', ...MOVE_COLUMNS.map(({ head }) => head)],
      rows: moves.routings.map(({ routing, moved, expected }) => [
        routing,
        ...SHARDS_BEFORE.map((shards) => {
          const at = moves.shardsBefore.indexOf(shards);
          return at < 0 ? '–' : `${percent(moved[at]!)} (${percent(expected[at]!)})`;
        }),
      ]),
      notes: [
        `The same ${formatNumber(moves.keys, 0)} keys under each routing. Ranges are cut anew ` +
          'into equal ones; who splits one range alone moves half of it, and leaves the others ' +
          'as full as they are.',
      ],
    },
  ];
}
