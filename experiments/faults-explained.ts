/** The matrix in words: what each broker promises, and what the trials behind it saw. */
import { brokerOf } from '../lab/common-columns.ts';
import type { FaultCell } from '../lab/fault-cells.ts';
import { formatNumber } from '../lab/table.ts';
import type { TrialResult } from '../lab/trial-result.ts';

/** Brokers that share the file of another one. */
const TEMPLATES: Readonly<Record<string, string>> = { 'sqs-fifo': 'sqs' };

/** The consumer whose head says what it promises, and by which settings. */
export function templateOf(broker: string): string {
  return `consumers/${TEMPLATES[broker] ?? broker}.ts`;
}

const SURVIVES: Readonly<Record<TrialResult['tier'], string>> = {
  memory: 'nothing, since the server keeps likes in memory only',
  everysec:
    'the death of the server, but for 2 s when an fsync is late, and the same of a power cut',
  kill: 'the death of the server process, not a power cut',
  power: 'the death of the server process and a power cut',
};

/**
 * What nobody here had expected, told without figures: those stand in the rows. Each is about a
 * broker, and is left out where no cell is.
 */
const SURPRISES: readonly (readonly [broker: RegExp, text: string])[] = [
  [
    /kafka/,
    'Kafka is back long before its consumers are. The server acknowledges again within ' +
      'seconds of a kill, while consumers wait until the session of their lost connection ' +
      'has run out. Where kills come faster than that, next to nothing is counted between ' +
      'them, and all of it afterwards.',
  ],
  [
    /kafka/,
    'At tier `power` Kafka keeps every like and forgets what was counted. ' +
      '`flush.messages` is a setting of the topic; the committed positions stand in another' +
      ' one that has it not. After a power cut much is delivered again, and only the marks ' +
      'in the store keep the counts right.',
  ],
  [
    /kafka/,
    'Left to its defaults kafkajs waits 30 s for each answer, over and over: a send into ' +
      'a silent network ended after more than three minutes. With a limit of 12 s it takes ' +
      'a minute and a half at most.',
  ],
  [
    /sqs/,
    'A full disk ends the persistence of ElasticMQ. Its database closes at the first ' +
      'write that fails and does not open again when there is room; the server hangs, and ' +
      'what it still acknowledges may stand in memory only. So its promise ends there, ' +
      'until it is restarted.',
  ],
  [
    /sqs/,
    'A setting of H2 that looked harmless lost acknowledged likes. To keep its file small' +
      ' the lab had told it to use free space again at once; after a kill in the wrong ' +
      'moment H2 then missed the end of the chain by which it finds its last commits. Many ' +
      'kills had passed before one met it.',
  ],
  [
    /redis|bullmq/,
    'Most likes that Redis clients call unknown after a cut were never sent: with no ' +
      'queue of their own they refuse what comes while the connection is down. Few of them ' +
      'are recovered.',
  ],
  [
    /redis|bullmq|kafka/,
    'SIGKILL and a power cut are different questions. At tier `kill` a killed server ' +
      'loses nothing, since the system still has what it wrote; cut back to the last fsync,' +
      ' it loses what waited.',
  ],
  [
    /./,
    'A zombie does no harm to the counts, and not because it is stopped: no broker here ' +
      'keeps a consumer that slept too long from storing the batch in its hands. The marks ' +
      'do.',
  ],
];

/** Markdown: a paragraph for each broker and tier, and what surprised. */
export function explainFaults(cells: readonly FaultCell[]): string {
  const subjects = new Map<string, FaultCell[]>();
  for (const cell of cells) {
    const { broker, tier } = cell.results[0]!;
    const key = `${broker} ${tier}`;
    subjects.set(key, [...(subjects.get(key) ?? []), cell]);
  }
  const paragraphs = [...subjects.keys()]
    .sort()
    .map((key) => `- ${paragraphOf(subjects.get(key)!)}`);
  const brokers = [...new Set(cells.map(({ results }) => results[0]!.broker))];
  const surprises = SURPRISES.filter(([about]) => brokers.some((broker) => about.test(broker)));
  return [
    'What each promises, and what these trials saw:',
    '',
    ...paragraphs,
    '',
    'What surprised:',
    '',
    ...surprises.map(([, text]) => `- ${text}`),
  ].join('\n');
}

function paragraphOf(cells: readonly FaultCell[]): string {
  const results = cells.flatMap((cell) => cell.results);
  const [first] = results;
  const promises = results.find((result) => result.promises !== undefined)?.promises;
  const template = templateOf(first!.broker);
  const order =
    promises?.order === 'per-post'
      ? `in order per post${promises.orderEndsWithServer ? ' until the server restarts' : ''}`
      : 'in no order';
  const sum = (of: (cell: FaultCell) => number) =>
    formatNumber(
      cells.reduce((total, cell) => total + of(cell), 0),
      0,
    );
  const proved = cells.filter(({ state }) => state !== 'not tested');
  return [
    `**${brokerOf(first!)} ${first!.tier}** promises to deliver at least once, ${order}; an`,
    `acknowledgement survives ${SURVIVES[first!.tier]}. ${proved.length} faults struck it`,
    `${sum(({ valid }) => valid)} times with proof and ${sum((cell) => cell.void)} times without:`,
    `${sum((cell) => cell.sum('ok'))} likes acknowledged, ${lossesOf(cells)},`,
    `${sum((cell) => cell.sum('doubleEffects'))} counted twice,`,
    `${sum((cell) => cell.sum('redelivered'))} deliveries beyond the first.`,
    `What it rests on stands in the head of [${template}](../${template}).`,
  ].join(' ');
}

/** Losses where something was promised, and those where nothing was. */
function lossesOf(cells: readonly FaultCell[]): string {
  const lostIn = (some: readonly FaultCell[]) =>
    some.reduce((total, cell) => total + cell.sum('lost'), 0);
  const bare = cells.filter(({ promises }) => promises === 'nothing');
  const kept = cells.filter(({ promises }) => promises !== 'nothing');
  const words = [`${formatNumber(lostIn(kept), 0)} lost where they were promised to survive`];
  if (bare.length > 0) {
    words.push(`${formatNumber(lostIn(bare), 0)} lost where nothing was promised`);
  }
  return words.join(', ');
}
