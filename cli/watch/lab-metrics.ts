/**
 * What a run of the lab tells Prometheus: the ledger of its trials so far, by broker and tier, by
 * the names that a service has, so that one board shows both. Whether a like is lost is known when
 * its trial has been judged, and not before.
 */
import { Counter, collectDefaultMetrics, Registry } from 'prom-client';
import { LoopDelay } from '../../gateway/loop-delay.ts';
import type { Job } from '../../lab/schedule.ts';
import type { TrialLive, TrialProgress } from '../../lab/trial-context.ts';
import type { TrialResult } from '../../lab/trial-result.ts';
import { addReading, type Reading, type ReadMetric } from './readings.ts';

/** Where a service has the name of its queue: trials make one each. */
const LAB_DESTINATION = 'lab';

/** As the metrics call what the ledger of a trial holds. */
const STATES = {
  attempted: 'attempted',
  ok: 'acknowledged',
  unknown: 'unknown',
  fail: 'refused',
  counted: 'counted',
  lost: 'lost',
} as const;
const NAMES = Object.keys(STATES) as (keyof typeof STATES)[];
type Sums = Record<keyof typeof STATES, number>;

/** One broker at one tier. */
interface Row {
  readonly labels: Readonly<Record<string, string>>;
  /** Of the trials that have ended. */
  readonly ended: Sums;
  readonly running: Map<Job, TrialLive>;
}

type RowMetric = Omit<ReadMetric, 'read'> & { readonly of: (row: Row) => readonly Reading[] };

/** Service and run have the same names, and where they mean the same, the same words. */
const METRICS: readonly RowMetric[] = [
  {
    kind: 'counter',
    name: 'likes_ledger_total',
    help: 'Likes by what is known of them, over all processes and their lives',
    labelNames: ['state'],
    of(row) {
      const sums = sumsOf(row);
      return NAMES.map((name) => [{ state: STATES[name] }, sums[name]]);
    },
  },
  {
    kind: 'counter',
    name: 'likes_offered_total',
    help: 'Likes that a send was begun for',
    of: (row) => [[{}, sumsOf(row).attempted]],
  },
  {
    kind: 'counter',
    name: 'likes_published_total',
    help: 'Likes that were acknowledged, however late',
    of: (row) => [[{}, sumsOf(row).ok]],
  },
  {
    kind: 'counter',
    name: 'likes_counted_total',
    help: 'Likes that changed what the store knows',
    of: (row) => [[{}, sumsOf(row).counted]],
  },
  {
    kind: 'gauge',
    name: 'likes_backlog',
    help: 'Likes sent, not refused and not counted yet',
    labelNames: ['state'],
    of({ running }) {
      const backlogs = [...running.values()].map(({ backlog }) => backlog);
      return [[{ state: 'uncounted' }, sumOf(backlogs)]];
    },
  },
  {
    kind: 'gauge',
    name: 'likes_pipeline_age_seconds',
    help: 'From a send to its count, of the last counted',
    of({ running }) {
      const lagsMs = [...running.values()].flatMap(({ lagMs }) => lagMs ?? []);
      return [[{}, Math.max(0, ...lagsMs) / 1_000]];
    },
  },
];

export class LabMetrics implements Disposable {
  readonly registry = new Registry();
  readonly #rows = new Map<string, Row>();
  readonly #loopDelay = new LoopDelay();
  readonly #trials;

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    const labelNames = ['messaging_system', 'messaging_destination_name', 'tier'];
    for (const { of, labelNames: more = [], ...metric } of METRICS) {
      addReading(this.registry, {
        ...metric,
        labelNames: [...labelNames, ...more],
        read: () =>
          [...this.#rows.values()].flatMap((row) =>
            of(row).map(([labels, value]) => [{ ...row.labels, ...labels }, value] as const),
          ),
      });
    }
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

  progress({ live }: Pick<TrialProgress, 'live'>, job: Job): void {
    if (live !== undefined) this.#rowOf(job).running.set(job, live);
  }

  result({ ledger, verdict }: Pick<TrialResult, 'ledger' | 'verdict'>, job: Job): void {
    const row = this.#rowOf(job);
    // A trial that broke off has no ledger, and still has sent what it said.
    const sums: Partial<Sums> = ledger ?? row.running.get(job)?.ledger ?? {};
    row.running.delete(job);
    for (const name of NAMES) row.ended[name] += sums[name] ?? 0;
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
    const ended = Object.fromEntries(NAMES.map((name) => [name, 0])) as Sums;
    const row: Row = { labels, ended, running: new Map() };
    this.#rows.set(key, row);
    return row;
  }
}

function sumsOf({ ended, running }: Row): Sums {
  const ledgers: Partial<Sums>[] = [...running.values()].map(({ ledger }) => ledger);
  return Object.fromEntries(
    NAMES.map((name) => [name, sumOf([ended, ...ledgers].map((sums) => sums[name] ?? 0))]),
  ) as Sums;
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
