/**
 * What a run of the lab tells Prometheus: the ledger of its trials so far, by broker and tier, under
 * the names that a service has, so that one board shows both. Whether a like is lost is known when
 * its trial has been judged, and not before.
 */
import { Counter, collectDefaultMetrics, Registry } from 'prom-client';
import { LoopDelay } from '../../gateway/loop-delay.ts';
import type { Job } from '../../lab/schedule.ts';
import type { TrialLive, TrialProgress } from '../../lab/trial-context.ts';
import type { TrialResult } from '../../lab/trial-result.ts';
import { addReading, type Reading } from './readings.ts';

/** Where a service has the name of its queue: trials make one each. */
export const LAB_DESTINATION = 'lab';

interface Sums extends Record<keyof TrialLive['ledger'], number> {
  lost: number;
}

const NOTHING: Sums = { attempted: 0, ok: 0, unknown: 0, fail: 0, counted: 0, lost: 0 };

/** As the metrics call what the ledger of a trial holds. */
const STATES: Readonly<Record<keyof Sums, string>> = {
  attempted: 'attempted',
  ok: 'acknowledged',
  unknown: 'unknown',
  fail: 'refused',
  counted: 'counted',
  lost: 'lost',
};

interface Row {
  readonly labels: Readonly<Record<string, string>>;
  /** Of the trials that have ended. */
  readonly ended: Sums;
  readonly running: Map<Job, TrialLive>;
}

export class LabMetrics implements Disposable {
  readonly registry = new Registry();
  readonly #rows = new Map<string, Row>();
  readonly #loopDelay = new LoopDelay();
  readonly #trials;

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    const labelNames = ['messaging_system', 'messaging_destination_name', 'tier'];
    const add = (
      kind: 'gauge' | 'counter',
      name: string,
      help: string,
      more: readonly string[],
      read: (row: Row) => readonly Reading[],
    ) =>
      addReading(this.registry, {
        ...{ kind, name, help },
        labelNames: [...labelNames, ...more],
        read: () =>
          [...this.#rows.values()].flatMap((row) =>
            read(row).map(([labels, value]) => [{ ...row.labels, ...labels }, value] as const),
          ),
      });
    add('counter', 'likes_ledger_total', LEDGER_HELP, ['state'], (row) => {
      const sums = sumsOf(row);
      return Object.entries(STATES).map(([name, state]) => [{ state }, sums[name as keyof Sums]]);
    });
    add(
      'counter',
      'likes_published_total',
      'Likes that were acknowledged, however late',
      [],
      (row) => [[{}, sumsOf(row).ok]],
    );
    add('counter', 'likes_counted_total', 'Likes that changed what the store knows', [], (row) => [
      [{}, sumsOf(row).counted],
    ]);
    add(
      'gauge',
      'likes_backlog',
      'Likes sent, not refused and not counted yet',
      ['state'],
      (row) => [
        [{ state: 'uncounted' }, sumOf([...row.running.values()].map(({ backlog }) => backlog))],
      ],
    );
    add(
      'gauge',
      'likes_pipeline_age_seconds',
      'From a send to its count, of the last counted',
      [],
      (row) => {
        const lagsMs = [...row.running.values()].flatMap(({ lagMs }) => lagMs ?? []);
        return [[{}, Math.max(0, ...lagsMs) / 1_000]];
      },
    );
    addReading(this.registry, {
      kind: 'gauge',
      name: 'likes_event_loop_delay_seconds',
      help: 'How late the event loop is',
      read: () => [[{}, this.#loopDelay.ms / 1_000]],
    });
    this.#trials = new Counter({
      name: 'likes_trials_total',
      help: 'Trials that have ended',
      labelNames: [...labelNames, 'verdict'],
      registers: [this.registry],
    });
  }

  begin(job: Job): void {
    this.#rowOf(job);
  }

  progress({ live }: TrialProgress, job: Job): void {
    if (live !== undefined) this.#rowOf(job).running.set(job, live);
  }

  result({ ledger, verdict }: Pick<TrialResult, 'ledger' | 'verdict'>, job: Job): void {
    const row = this.#rowOf(job);
    const told = row.running.get(job)?.ledger;
    row.running.delete(job);
    // A trial that broke off has no ledger, and still has sent what it said.
    const sums: Sums = { ...NOTHING, ...told, ...(ledger && pick(ledger)) };
    for (const name of Object.keys(STATES) as (keyof Sums)[]) row.ended[name] += sums[name];
    this.#trials.inc({ ...row.labels, verdict });
  }

  [Symbol.dispose](): void {
    this.#loopDelay[Symbol.dispose]();
  }

  #rowOf({ broker, tier }: Pick<Job, 'broker' | 'tier'>): Row {
    const key = `${broker} ${tier}`;
    const found = this.#rows.get(key);
    if (found !== undefined) return found;
    const labels = { messaging_system: broker, messaging_destination_name: LAB_DESTINATION, tier };
    const row = { labels, ended: { ...NOTHING }, running: new Map() };
    this.#rows.set(key, row);
    return row;
  }
}

const LEDGER_HELP = 'Likes by what is known of them, over all processes and their lives';

function pick({ attempted, ok, unknown, fail, counted, lost }: Sums): Sums {
  return { attempted, ok, unknown, fail, counted, lost };
}

function sumsOf({ ended, running }: Row): Sums {
  const all: Sums[] = [
    ended,
    ...[...running.values()].map(({ ledger }) => ({ lost: 0, ...ledger })),
  ];
  const names = Object.keys(STATES) as (keyof Sums)[];
  return Object.fromEntries(
    names.map((name) => [name, sumOf(all.map((sums) => sums[name]))]),
  ) as unknown as Sums;
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
