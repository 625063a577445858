/** What `--help` says of the names that flags take. */
import { BROKERS } from '../brokers/index.ts';
import { PROFILES } from '../lab/experiment.ts';
import { WORKLOADS } from '../likes/workloads/workload.ts';

export function helpOfNames(): string {
  const brokers = Object.entries(BROKERS).map(
    ([name, { summary, tiers }]) => [name, `${summary} (tiers: ${tiers.join(', ')})`] as const,
  );
  return [
    '',
    'Brokers:',
    listOf(brokers),
    '',
    'Tiers (what an acknowledgement survives):',
    listOf([
      ['memory', 'nothing'],
      ['everysec', 'the death of the server process, unless an fsync is late just then (Redis)'],
      ['kill', 'the death of the server process'],
      ['power', 'a power cut: written to disk before the acknowledgement'],
    ]),
    '',
    'Workloads:',
    listOf(WORKLOADS.map(({ name, summary }) => [name, summary] as const)),
    '',
    'Profiles:',
    listOf(Object.entries(PROFILES)),
    '',
    'Runtimes:',
    listOf([
      ['local', 'this machine by itself: Java 17 and Maven, Redis from PATH or fetched'],
      ['compose', 'containers, by docker-compose.yml'],
      ['external', 'your own servers, named by environment variables; see README.md'],
    ]),
    '',
    'Exit codes: 0 every count is right, 1 a promise was broken, 2 something could not be judged,',
    '64 a wrong flag or value.',
  ].join('\n');
}

/** A line for each, the names in a column of their own. */
export function listOf(names: readonly (readonly [string, string])[]): string {
  return names.map(([name, text]) => `  ${name.padEnd(18)}${text}`).join('\n');
}
