/** The matrix in words: what each broker promises, and what the trials behind it saw. */
import { brokerOf, orderEndsWith } from '../lab/common-columns.ts';
import type { FaultCell } from '../lab/fault-cells.ts';
import { formatNumber } from '../lab/table.ts';
import type { TrialResult } from '../lab/trial-result.ts';

/** Brokers that share the file of another one. */
const TEMPLATES: Readonly<Record<string, string>> = { 'sqs-fifo': 'sqs' };

/** The consumer whose head says what it promises, and by which settings. */
function templateOf(broker: string): string {
  return `consumers/${TEMPLATES[broker] ?? broker}.ts`;
}

const SURVIVES: Readonly<Record<TrialResult['tier'], string>> = {
  memory: 'nothing, since the server keeps likes in memory only',
  everysec:
    'the death of the server, but for 2 s when an fsync is late, and the same of a power cut',
  kill: 'the death of the server process, not a power cut',
  power: 'the death of the server process and a power cut',
};

interface Surprise {
  readonly broker: RegExp;
  readonly faults: readonly string[];
  /** Any, unless told. */
  readonly tier?: TrialResult['tier'];
  readonly text: string;
}

/**
 * What nobody here had expected, told without figures: those stand in the rows. Each stands only
 * where a cell does that shows it, judged and not broken.
 */
const SURPRISES: readonly Surprise[] = [
  {
    broker: /kafka/,
    faults: ['server-kill'],
    text:
      'Kafka is back long before its consumers are. The server acknowledges again within ' +
      'seconds of a kill, while consumers wait until the session of their lost connection ' +
      'has run out. Where kills come faster than that, next to nothing is counted between ' +
      'them, and all of it afterwards.',
  },
  {
    broker: /kafka/,
    faults: ['power-cut'],
    tier: 'power',
    text:
      'At tier `power` Kafka keeps every like and forgets what was counted. ' +
      '`flush.messages` is a setting of the topic; the committed positions stand in another' +
      ' one that has it not. After a power cut much is delivered again, and only the marks ' +
      'in the store keep the counts right.',
  },
  {
    broker: /kafka/,
    faults: ['power-cut'],
    tier: 'kill',
    text:
      'Where a power cut takes acknowledged likes, the order may go as well. Kafka gives their ' +
      'places in the log out again; a consumer whose position lies beyond the cut reads on from ' +
      'there once the log has grown past it, and what it passed over comes later or never. ' +
      "Clients notice by the leader's epoch (KIP-320), which kafkajs does not ask for. At tier " +
      '`power` nothing is cut.',
  },
  {
    broker: /kafka/,
    faults: ['network-cut', 'network-replies'],
    text:
      'Left to its defaults kafkajs waits 30 s for each answer, over and over: a send into ' +
      'a silent network ended after more than three minutes. With a limit of 12 s it takes ' +
      'a minute and a half at most.',
  },
  {
    broker: /sqs/,
    faults: ['server-disk-full'],
    text:
      'A full disk ends the persistence of ElasticMQ. Its database closes at the first ' +
      'write that fails and does not open again when there is room; the server hangs, and ' +
      'what it still acknowledges may stand in memory only. So its promise ends there, ' +
      'until it is restarted.',
  },
  {
    broker: /sqs/,
    faults: ['server-kill'],
    text:
      'A setting of H2 that looked harmless lost acknowledged likes. To keep its file small' +
      ' the lab had told it to use free space again at once; after a kill in the wrong ' +
      'moment H2 then missed the end of the chain by which it finds its last commits. Many ' +
      'kills had passed before one met it.',
  },
  {
    broker: /redis|bullmq/,
    faults: ['network-cut', 'network-replies'],
    text:
      'Most likes that Redis clients call unknown after a cut were never sent: with no ' +
      'queue of their own they refuse what comes while the connection is down. Few of them ' +
      'are recovered.',
  },
  {
    broker: /redis|bullmq|kafka/,
    faults: ['power-cut'],
    tier: 'kill',
    text:
      'SIGKILL and a power cut are different questions. At tier `kill` a killed server ' +
      'loses nothing, since the system still has what it wrote; cut back to the last fsync,' +
      ' it loses what waited.',
  },
  {
    broker: /./,
    faults: ['zombie'],
    text:
      'A zombie does no harm to the counts, and not because it is stopped: no broker here ' +
      'keeps a consumer that slept too long from storing the batch in its hands. The marks ' +
      'do.',
  },
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
  const surprises = SURPRISES.filter((surprise) => cells.some((cell) => isShownBy(cell, surprise)));
  return [
    'What each promises, and what these trials saw:',
    '',
    ...paragraphs,
    '',
    ...(surprises.length > 0 ? ['What surprised:', ''] : []),
    ...surprises.map(({ text }) => `- ${text}`),
  ]
    .join('\n')
    .trimEnd();
}

function isShownBy({ results, state }: FaultCell, surprise: Surprise): boolean {
  const { broker, tier, faults } = results[0]!;
  const wasSeen = state === 'kept' || state === 'nothing promised';
  const isMeant = surprise.broker.test(broker) && surprise.faults.includes(faults!.name);
  return wasSeen && isMeant && (surprise.tier ?? tier) === tier;
}

function paragraphOf(cells: readonly FaultCell[]): string {
  const results = cells.flatMap((cell) => cell.results);
  const [first] = results;
  const promises = results.find((result) => result.promises !== undefined)?.promises;
  const template = templateOf(first!.broker);
  const order =
    promises?.order === 'per-post'
      ? ['in order per post', ...orderEndsWith(promises).map((end) => `until a ${end}`)].join(' ')
      : 'in no order';
  const sum = (of: (cell: FaultCell) => number) =>
    formatNumber(
      cells.reduce((total, cell) => total + of(cell), 0),
      0,
    );
  const proved = cells.filter(({ valid }) => valid > 0);
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

/** Losses where each was promised to survive, where the last 2 s were not, and where none was. */
function lossesOf(cells: readonly FaultCell[]): string {
  const lostWhere = (promised: FaultCell['promises'], words: string): string[] => {
    const own = cells.filter(({ promises }) => promises === promised);
    const lost = own.reduce((total, cell) => total + cell.sum('lost'), 0);
    return own.length === 0 ? [] : [`${formatNumber(lost, 0)} lost where ${words}`];
  };
  return [
    ...lostWhere('survival', 'they were promised to survive'),
    ...lostWhere('all but 2 s', 'all but the last 2 s were promised to survive'),
    ...lostWhere('nothing', 'nothing was promised'),
  ].join(', ');
}
