/** Kafka's own performance tools as opponents, started as its own scripts start them. */
import { delimiter } from 'node:path';
import { fetchJars } from '../brokers/servers/local/jars.ts';
import { findJava } from '../brokers/servers/local/programs.ts';
import { WARM_UP_SHARE } from '../lab/measure-rates.ts';
import { runProgram } from './child.ts';
import { expectExactly, StruckOutError } from './contest.ts';
import type { Stage } from './stage.ts';

/** What kafka-producer-perf-test.sh and its sister give their JVM. */
const JVM_FLAGS = ['-Xmx512m', '-XX:+UseG1GC', '-XX:MaxGCPauseMillis=20'];

interface Order {
  readonly address: string;
  readonly topic: string;
  readonly records: number;
}

/**
 * ProducerPerformance: its own figure after the first tenth, with payloads from a file of lines.
 */
export async function producerPerformance(
  stage: Stage,
  { address, topic, records }: Order,
  payloadFile: string,
): Promise<number> {
  const printed = await runTool(stage, 'ProducerPerformance', [
    ...['--bootstrap-server', address, '--topic', topic, '--num-records', String(records)],
    ...['--throughput', '-1', '--payload-file', payloadFile, '--command-property', 'acks=all'],
    ...['--warmup-records', String(Math.floor(records * WARM_UP_SHARE))],
  ]);
  return producedPerS(printed, records);
}

/** @throws StruckOutError when the tool sent another number, or printed something else. */
export function producedPerS(printed: string, records: number): number {
  const sent = /^(\d+) records sent, .* 99\.9th\.$/m.exec(printed);
  const steady = /^\d+ steady state records sent, ([\d.]+) records\/sec/m.exec(printed);
  if (!sent || !steady) throw unexpected('ProducerPerformance', printed);
  expectExactly('records sent by ProducerPerformance', Number(sent[1]), records);
  return Number(steady[1]);
}

/** ConsumerPerformance: its own figure from the first fetch to the last, all messages included. */
export async function consumerPerformance(
  stage: Stage,
  { address, topic, records }: Order,
): Promise<number> {
  const printed = await runTool(stage, 'ConsumerPerformance', [
    ...['--bootstrap-server', address, '--topic', topic, '--num-records', String(records)],
    '--hide-header',
  ]);
  return consumedPerS(printed, records);
}

/** @throws StruckOutError when the tool read another number, or printed something else. */
export function consumedPerS(printed: string, messages: number): number {
  // Start, end, MB, MB/s, messages, messages/s, ms of joining, ms of fetching, MB/s and messages/s.
  const fields = printed.trim().split('\n').at(-1)!.split(', ').map(Number);
  const [found, perS] = [fields[4], fields[9]];
  if (found === undefined || !(perS! > 0)) throw unexpected('ConsumerPerformance', printed);
  expectExactly('messages read by ConsumerPerformance', found, messages);
  return perS!;
}

async function runTool(stage: Stage, name: string, args: readonly string[]): Promise<string> {
  const classPath = (await fetchJars('kafka', stage.log)).join(delimiter);
  const main = ['-cp', classPath, `org.apache.kafka.tools.${name}`];
  return runProgram(await findJava('Kafka'), [...JVM_FLAGS, ...main, ...args], stage.signal);
}

function unexpected(tool: string, printed: string): StruckOutError {
  const shown = JSON.stringify(printed.slice(-200));
  return new StruckOutError(`${tool} printed ${shown}, not the line that is looked for`);
}
