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

/** Markdown: a paragraph for each broker and tier. */
export function explainFaults(cells: readonly FaultCell[]): string {
  const subjects = new Map<string, FaultCell[]>();
  for (const cell of cells) {
    const { broker, tier } = cell.results[0]!;
    const key = `${broker} ${tier}`;
    subjects.set(key, [...(subjects.get(key) ?? []), cell]);
  }
  return [...subjects.keys()]
    .sort()
    .map((key) => `- ${paragraphOf(subjects.get(key)!)}`)
    .join('\n');
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
