/** Shows what is going on: a table that is drawn anew on a terminal, plain lines elsewhere. */
import { createLogUpdate } from 'log-update';
import { describePath } from '../lab/path-plan.ts';
import type { Job } from '../lab/schedule.ts';
import { formatNumber } from '../lab/table.ts';
import type { TrialProgress } from '../lab/trial-context.ts';
import type { Contender } from '../lab/trial-plan.ts';
import type { TrialResult } from '../lab/trial-result.ts';
import {
  describeLedger,
  describeLive,
  describeProgress,
  type LiveRow,
  type LiveTrial,
  PHASE_WORDS,
  renderLive,
} from './live-table.ts';

/** How often a plain line tells the progress of a trial that takes long. */
const PLAIN_INTERVAL_MS = 10_000;
/** Of terminals that do not say how wide they are. */
const COLUMNS_DEFAULT = 80;

export interface LiveView {
  log(line: string): void;
  trial(event: { index: number; count: number; job: Job }): void;
  skip(job: Job, reason: string): void;
  /** Of a trial; several may run side by side. */
  progress(progress: TrialProgress, job: Job): void;
  result(result: TrialResult, job: Job): void;
  /** Ends the table, so that results can follow. */
  done(): void;
}

type Subject = Pick<Contender, 'broker' | 'tier'>;

interface Running {
  readonly title: string;
  progress: TrialProgress | undefined;
  /** When a plain line last told of it. */
  atMs: number;
}

/** Writes to standard error, so that standard output holds results only. */
export function openLiveView(
  stream: NodeJS.WriteStream,
  contenders: readonly Subject[] = [],
): LiveView {
  const update = stream.isTTY ? createLogUpdate(stream) : undefined;
  const running = new Map<Job, Running>();
  const rows = new Map<string, LiveRow>();
  const setRow = ({ broker, tier }: Subject, changed: Partial<LiveRow>) => {
    const row = rows.get(`${broker} ${tier}`) ?? { broker, tier, now: 'waits' };
    rows.set(`${broker} ${tier}`, { ...row, ...changed });
  };
  for (const contender of contenders) setRow(contender, {});

  function draw(): void {
    if (update === undefined || running.size === 0) return;
    const trials: LiveTrial[] = [...running.values()].map(({ title, progress = NOT_BEGUN }) => {
      return { title, progress };
    });
    update(renderLive(trials, [...rows.values()], stream.columns ?? COLUMNS_DEFAULT));
  }

  function write(line: string): void {
    // Above the table, which is drawn again in the same breath.
    if (update) update.persist(line);
    else stream.write(`${line}\n`);
    draw();
  }

  return {
    log: write,
    trial({ index, count, job }) {
      const title = `[${index + 1}/${count}] ${titleOf(job)}`;
      running.set(job, { title, progress: undefined, atMs: 0 });
      setRow(job, { now: PHASE_WORDS.preparing, ...NOTHING_YET });
      draw();
    },
    skip({ experiment, broker, tier }, reason) {
      write(`${experiment.name} · ${broker} (${tier}) · ${reason}`);
    },
    progress(told, job) {
      const trial = running.get(job);
      if (trial === undefined) return;
      const before = trial.progress;
      // While it is struck, sums come without the strikes, and strikes without the sums.
      const strikes = told.strikes ?? (told.phase === 'striking' ? before?.strikes : undefined);
      trial.progress = { ...told, strikes };
      const { phase, likesPerS, live } = told;
      setRow(job, { now: PHASE_WORDS[phase], ...(live && { ...live, likesPerS }) });
      if (update) return draw();
      const nowMs = performance.now();
      const isNew = phase !== before?.phase || told.strikes !== undefined;
      if (!isNew && nowMs - trial.atMs < PLAIN_INTERVAL_MS) return;
      trial.atMs = nowMs;
      const facts = live && !isNew ? ` · ${describeLive(live)}` : '';
      write(`${trial.title} · ${describeProgress(trial.progress, false)}${facts}`);
    },
    result(result, job) {
      const title = running.get(job)?.title ?? result.trial;
      running.delete(job);
      const { ledger, verdict } = result;
      setRow(job, {
        ...{ now: verdict, likesPerS: undefined, lagMs: undefined },
        ...(ledger && { ledger, backlog: ledger.stuck }),
      });
      // On a terminal the sums stand in the row.
      const counts = ledger && !update ? ` · ${describeLedger(ledger)}` : '';
      write(`${title} · ${endOf(result)}${counts}`);
    },
    done() {
      // An interrupted run leaves trials that nobody ends; what is said after it stands alone.
      running.clear();
      update?.clear();
    },
  };
}

const NOT_BEGUN: TrialProgress = {
  ...{ phase: 'preparing', likesDone: 0, likesTotal: 0, likesPerS: 0 },
};

/** Of the trial before it nothing is left in a row once the next one begins. */
const NOTHING_YET = {
  likesPerS: undefined,
  backlog: undefined,
  lagMs: undefined,
  ledger: undefined,
} as const;

function titleOf({ experiment, broker, alias, tier, step }: Job): string {
  const struck = step.faults && `${step.faults.fault.name} ${step.faults.strikes}×`;
  const way = step.path && describePath(step.path);
  const what = [way, struck].filter((part) => part !== undefined).join(' · ') || step.mode;
  return `${experiment.name} · ${alias ?? broker} (${tier}) · ${what}`;
}

function endOf({ verdict, reasons, durationS }: TrialResult): string {
  const why = reasons.length > 0 ? ` (${reasons.join('; ')})` : '';
  return `${verdict}${why} · ${formatNumber(durationS, 1)} s`;
}
