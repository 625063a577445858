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
  draining: 'counting the rest',
  checking: 'checking every like',
};

export interface LiveView {
  log(line: string): void;
  trial(event: { index: number; count: number; job: Job }): void;
  skip(job: Job, reason: string): void;
  progress(progress: TrialProgress): void;
  result(result: TrialResult): void;
  /** Ends the live line, so that tables can follow. */
  done(): void;
}

/** Writes to standard error, so that standard output holds results only. */
export function openLiveView(stream: NodeJS.WriteStream): LiveView {
  const update = stream.isTTY ? createLogUpdate(stream) : undefined;
  let title = '';
  let plain = { phase: '', atMs: 0 };
  const write = (line: string) => {
    update?.clear();
    stream.write(`${line}\n`);
  };
  return {
    log: write,
    trial({ index, count, job }) {
      const { experiment, broker, tier, step } = job;
      title = `[${index + 1}/${count}] ${experiment.name} · ${broker} (${tier}) · ${step.mode}`;
      plain = { phase: '', atMs: 0 };
    },
    skip({ experiment, broker, tier }, reason) {
      write(`${experiment.name} · ${broker} (${tier}) · ${reason}`);
    },
    progress(progress) {
      if (update) return update(`${title}\n  ${describe(progress, true)}`);
      const nowMs = performance.now();
      const isNew = progress.phase !== plain.phase;
      if (!isNew && nowMs - plain.atMs < PLAIN_INTERVAL_MS) return;
      plain = { phase: progress.phase, atMs: nowMs };
      write(`${title} · ${describe(progress, false)}`);
    },
    result(result) {
      const reasons = result.reasons.length > 0 ? ` (${result.reasons.join('; ')})` : '';
      write(`${title} · ${result.verdict}${reasons} · ${formatNumber(result.durationS, 1)} s`);
    },
    done: () => update?.clear(),
  };
}

function describe(progress: TrialProgress, withBar: boolean): string {
  const { phase, likesDone, likesTotal, likesPerS, held } = progress;
  const share = likesTotal > 0 ? Math.min(1, likesDone / likesTotal) : 0;
  const full = Math.round(share * BAR_CHARACTERS);
  const bar = `${'█'.repeat(full)}${'░'.repeat(BAR_CHARACTERS - full)} `;
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
