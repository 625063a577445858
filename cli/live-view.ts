/** Shows what is going on: one line that is drawn anew on a terminal, plain lines elsewhere. */
import { createLogUpdate } from 'log-update';
import type { Job } from '../lab/schedule.ts';
import { formatNumber } from '../lab/table.ts';
import type { TrialProgress } from '../lab/trial-context.ts';
import type { TrialResult } from '../lab/trial-result.ts';

/** How often a plain line tells the progress of a trial that takes long. */
const PLAIN_INTERVAL_MS = 10_000;
const BAR_CHARACTERS = 24;

const PHASES: Readonly<Record<TrialProgress['phase'], string>> = {
  preparing: 'preparing',
  publishing: 'publishing',
  counting: 'counting',
  both: 'publishing and counting',
  striking: 'struck under load',
  draining: 'counting the rest',
  checking: 'checking every like',
};

export interface LiveView {
  log(line: string): void;
  trial(event: { index: number; count: number; job: Job }): void;
  skip(job: Job, reason: string): void;
  /** Of a trial; several may run side by side. */
  progress(progress: TrialProgress, job: Job): void;
  result(result: TrialResult, job: Job): void;
  /** Ends the live line, so that tables can follow. */
  done(): void;
}

/** Writes to standard error, so that standard output holds results only. */
export function openLiveView(stream: NodeJS.WriteStream): LiveView {
  const update = stream.isTTY ? createLogUpdate(stream) : undefined;
  const running = new Map<Job, { title: string; phase: string; atMs: number; line: string }>();
  const write = (line: string) => {
    update?.clear();
    stream.write(`${line}\n`);
  };
  return {
    log: write,
    trial({ index, count, job }) {
      const { experiment, broker, alias, tier, step } = job;
      const what = step.faults ? `${step.faults.fault.name} ${step.faults.strikes}×` : step.mode;
      const name = alias ?? broker;
      const title = `[${index + 1}/${count}] ${experiment.name} · ${name} (${tier}) · ${what}`;
      running.set(job, { title, phase: '', atMs: 0, line: '' });
    },
    skip({ experiment, broker, tier }, reason) {
      write(`${experiment.name} · ${broker} (${tier}) · ${reason}`);
    },
    progress(progress, job) {
      const trial = running.get(job);
      if (trial === undefined) return;
      if (update) {
        trial.line = `${trial.title}\n  ${describe(progress, true)}`;
        return update([...running.values()].map(({ line }) => line).join('\n'));
      }
      const nowMs = performance.now();
      const isNew = progress.phase !== trial.phase || progress.strikes !== undefined;
      if (!isNew && nowMs - trial.atMs < PLAIN_INTERVAL_MS) return;
      Object.assign(trial, { phase: progress.phase, atMs: nowMs });
      write(`${trial.title} · ${describe(progress, false)}`);
    },
    result(result, job) {
      const title = running.get(job)?.title ?? result.trial;
      running.delete(job);
      const reasons = result.reasons.length > 0 ? ` (${result.reasons.join('; ')})` : '';
      write(`${title} · ${result.verdict}${reasons} · ${formatNumber(result.durationS, 1)} s`);
    },
    done: () => update?.clear(),
  };
}

function describe(progress: TrialProgress, withBar: boolean): string {
  const { phase, likesDone, likesTotal, likesPerS, held, strikes } = progress;
  const [done, total] = strikes ? [strikes.done, strikes.planned] : [likesDone, likesTotal];
  const share = total > 0 ? Math.min(1, done / total) : 0;
  const full = Math.round(share * BAR_CHARACTERS);
  const bar = `${'█'.repeat(full)}${'░'.repeat(BAR_CHARACTERS - full)} `;
  if (strikes) return `${withBar ? bar : ''}${PHASES[phase]} ${done} of ${total} times`;
  const words = [`${withBar ? bar : ''}${Math.floor(share * 100)} %`, PHASES[phase]];
  if (likesPerS > 0) {
    words.push(`${formatNumber(likesPerS, 0)} likes/s`);
    words.push(`${formatDuration((likesTotal - likesDone) / likesPerS)} left`);
  }
  if (held) words.push('the producer waits, since the backlog is at its limit');
  return words.join(' · ');
}

function formatDuration(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
