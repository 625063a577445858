/**
 * A system-design course compares SQS and Kafka in ten cells. Each is answered here: by what this
 * lab measured where it can, by the system's own documentation where it cannot. A cell whose trial
 * is not among the results says so.
 */

import { brokerOf } from '../lab/common-columns.ts';
import { isUsualStore } from '../lab/store-plan.ts';
import { formatNumber } from '../lab/table.ts';
import type { TrialResult } from '../lab/trial-result.ts';

interface Cell {
  readonly aspect: string;
  readonly system: 'SQS' | 'Kafka';
  /** The course's word. */
  readonly claim: string;
  readonly answer: string;
  /** Whether a result speaks against the answer. */
  contradicts?(result: TrialResult): boolean;
  /** Made from results; undefined where no trial of this lab can tell. */
  measured?(results: readonly TrialResult[]): string | undefined;
  /** What is documented, with its source; dates where the fact may change. */
  readonly documented: string;
}

const SQS_GUIDE = 'Amazon SQS Developer Guide';

const CELLS: readonly Cell[] = [
  {
    aspect: 'Message types',
    system: 'SQS',
    claim: 'one type of message',
    answer: 'wrong',
    measured: (results) => countedLine(results, 'sqs'),
    documented:
      `Any text up to 1 MiB, with up to 10 typed attributes (${SQS_GUIDE}, message quotas). What ` +
      'it lacks is not types but a second reader: a message is gone for all once it is deleted.',
  },
  {
    aspect: 'Message types',
    system: 'Kafka',
    claim: 'many types of messages',
    answer: 'right, and no difference to SQS',
    measured: (results) => countedLine(results, 'kafka'),
    documented:
      'Any bytes with headers; what differs is that each group of consumers reads everything for ' +
      'itself, and again when it likes (Apache Kafka documentation, 4.3, design).',
  },
  {
    aspect: 'Persistence',
    system: 'SQS',
    claim: 'not persistent',
    answer: 'wrong for SQS; right for the emulator as it comes',
    measured: (results) => survivalLine(results, ['sqs', 'sqs-fifo']),
    documented:
      'Stored on several servers before the acknowledgement; kept for 4 days, settable from 60 s ' +
      `to 14 days (${SQS_GUIDE}, message quotas). True is that a deleted message cannot be read ` +
      'again.',
  },
  {
    aspect: 'Persistence',
    system: 'Kafka',
    claim: 'persistent',
    answer: 'right for a killed process; for a power cut only with fsync or replicas',
    measured: (results) => survivalLine(results, ['kafka']),
    contradicts: ({ broker, recovery, ledger }) =>
      broker === 'kafka' && recovery !== undefined && (ledger?.lost ?? 0) > 0,
    documented:
      '`flush.messages` is unset by default and replication is recommended instead (Apache Kafka ' +
      'documentation, 4.3, topic configuration): on one node, what was not yet flushed goes with ' +
      'the power.',
  },
  {
    aspect: 'Ordering',
    system: 'SQS',
    claim: 'FIFO',
    answer: 'right for FIFO queues, per message group; wrong for standard ones',
    measured: (results) => orderLine(results, ['sqs', 'sqs-fifo']),
    contradicts: ({ broker, experiment, ledger }) =>
      broker === 'sqs-fifo' && experiment === 'ordering' && (ledger?.inversions ?? 0) > 0,
    documented:
      `Standard queues: best effort. FIFO queues: in order per message group (${SQS_GUIDE}, ` +
      'queue types).',
  },
  {
    aspect: 'Ordering',
    system: 'Kafka',
    claim: 'partially ordered',
    answer: 'right: per partition, as long as the producer keeps its order',
    measured: (results) => orderLine(results, ['kafka']),
    contradicts: ({ broker, ledger }) => broker === 'kafka' && (ledger?.inversions ?? 0) > 0,
    documented:
      'In order per partition (Apache Kafka documentation, 4.3, introduction). The producer must ' +
      'be idempotent or have one request in flight; kafkajs needs both.',
  },
  {
    aspect: 'Throughput',
    system: 'SQS',
    claim: 'limited',
    answer: 'wrong for standard queues; right for FIFO without high throughput',
    measured: (results) =>
      rateLine(results, ['sqs', 'sqs-fifo'], 'the emulator, which says nothing of SQS'),
    documented:
      'Standard: nearly unlimited. FIFO: 300 requests/s per action, 3,000 messages/s in batches ' +
      'of 10; with high throughput up to 70,000 requests/s in some regions ' +
      `(${SQS_GUIDE}, message quotas, as of 2025).`,
  },
  {
    aspect: 'Throughput',
    system: 'Kafka',
    claim: 'high',
    answer: 'right',
    measured: (results) => rateLine(results, ['kafka'], 'one node, one partition per lane'),
    documented: 'Grows with partitions and brokers (Apache Kafka documentation, 4.3, design).',
  },
  {
    aspect: 'Price',
    system: 'SQS',
    claim: 'low',
    answer: 'right at low rates only',
    documented:
      '0.40 USD per million requests, standard, us-east-1 (public price lists, 2026-03 to ' +
      '2026-06); a like costs a send, a receive and a delete, each shared by up to 10: ' +
      '0.12 USD per million likes with full batches, 1.20 USD with none. FIFO costs a quarter ' +
      'more; empty receives are billed as well, the first million requests a month are not.',
  },
  {
    aspect: 'Price',
    system: 'Kafka',
    claim: 'moderate',
    answer: 'right: fixed up to the capacity of the cluster',
    documented:
      'Three m7g.large brokers of Amazon MSK cost 3 x 0.204 USD an hour (AWS sizing script, ' +
      '2026-08), 447 USD for 730 hours, storage apart: as much as SQS with full batches at about ' +
      '1,400 likes/s, without batches at about 140 likes/s. Above that Kafka is the cheaper one.',
  },
];

/** A section of Markdown; empty where neither system is among the results. */
export function compareWithCourse(all: readonly TrialResult[]): string {
  const results = all.filter(isUsualStore);
  if (!results.some(({ broker }) => broker === 'kafka' || broker.startsWith('sqs'))) return '';
  const row = (cell: Cell) => {
    const { aspect, system, claim, answer, measured, documented, contradicts } = cell;
    const isContradicted = contradicts !== undefined && results.some(contradicts);
    const mark = isContradicted ? ' (these results speak against it)' : '';
    const found = measured ? (measured(results) ?? 'not in these results') : 'not measurable here';
    return `| ${aspect} | ${system} | ${claim} | **${answer}**${mark} | ${found} | ${documented} |`;
  };
  return [
    '## Is the textbook comparison of SQS and Kafka right?',
    '',
    'The claims are those of a system-design course, the answers are argued in the two columns ' +
      'behind them. SQS was measured on ElasticMQ, an emulator: it shows how the protocol works, ' +
      'and nothing of the rates, the survival and the amount of disorder of Amazon SQS itself. ' +
      'An answer that these results speak against is marked.',
    '',
    '| aspect | system | the course says | answer | measured here | documented |',
    '| --- | --- | --- | --- | --- | --- |',
    ...CELLS.map(row),
  ].join('\n');
}

const rowName = (result: TrialResult) => `${brokerOf(result)} at ${result.tier}`;

/** In the order of their names, each once. */
function lines(results: readonly TrialResult[], line: (result: TrialResult) => string | undefined) {
  const found = results.flatMap((result) => line(result) ?? []);
  return found.length > 0 ? [...new Set(found)].sort().join('; ') : undefined;
}

/** All messages of these trials are likes and unlikes in one JSON format. */
function countedLine(results: readonly TrialResult[], broker: string): string | undefined {
  const ledgers = results.flatMap((result) => (result.broker === broker ? [result.ledger] : []));
  const counted = ledgers.reduce((sum, ledger) => sum + (ledger?.counted ?? 0), 0);
  if (counted === 0) return undefined;
  return `${formatNumber(counted, 0)} likes and unlikes as JSON, told apart by a field`;
}

function survivalLine(results: readonly TrialResult[], brokers: readonly string[]) {
  return lines(results, (result) => {
    const { broker, recovery, ledger, verdict } = result;
    if (!brokers.includes(broker) || !recovery || !ledger || verdict === 'unknown') return;
    const [lost, ok] = [ledger.lost, ledger.ok].map((count) => formatNumber(count, 0));
    return `${rowName(result)}: ${lost} of ${ok} acknowledged likes lost by a SIGKILL`;
  });
}

function orderLine(results: readonly TrialResult[], brokers: readonly string[]) {
  return lines(results, (result) => {
    const { broker, experiment, plan, ledger } = result;
    if (!brokers.includes(broker) || experiment !== 'ordering' || !ledger) return;
    const share = ledger.counted > 0 ? (ledger.inversions * 1e6) / ledger.counted : 0;
    const consumers = plan.consumers === 1 ? '1 consumer' : `${plan.consumers} consumers`;
    return `${rowName(result)}, ${consumers}: ${formatNumber(share, 0)} inversions per million`;
  });
}

function rateLine(
  results: readonly TrialResult[],
  brokers: readonly string[],
  condition: string,
): string | undefined {
  return lines(results, (result) => {
    const { broker, experiment, rates, numbersValid } = result;
    if (!brokers.includes(broker) || experiment !== 'throughput' || !numbersValid) return;
    if (!rates?.publishedLikesPerS || !rates.countedLikesPerS) return;
    const [published, counted] = [rates.publishedLikesPerS, rates.countedLikesPerS].map((rate) =>
      formatNumber(rate, 0),
    );
    return `${rowName(result)}: ${published} published/s, ${counted} counted/s, ${condition}`;
  });
}
