/** Results as an evening in the lab makes them: rates, latencies, disorder, kills, power cuts. */
import { EVERY_EXPERIMENT } from '../../experiments/index.ts';
import type { LocatedRun } from '../../lab/choose-rows.ts';
import type { Experiment } from '../../lab/experiment.ts';
import { RESULT_FORMAT, type TrialResult } from '../../lab/trial-result.ts';
import type { ReportOptions } from '../../report/page.ts';
import { madeFaults, madeStrike, struckResult } from '../lab/made-faults.ts';
import { cleanLedger, madePlan, madeRates, madeResult } from '../lab/made-result.ts';

export type Made = Partial<TrialResult>;

function latency(ms: number) {
  const us = ms * 1_000;
  return {
    ...{ samples: 400, meanUs: us / 2, p50Us: us / 2, p90Us: us, p99Us: us, maxUs: us },
    ...{ notPositive: 0, tooLong: 0, histogram: '' },
  };
}

export function paced(likesPerS: number, p99Ms: number, changed: Made = {}): TrialResult {
  const pace = `${likesPerS.toLocaleString('en-US')}/s`;
  const [whole, part] = [latency(p99Ms), latency(p99Ms / 3)];
  const { rates: _, ...made } = madeResult();
  return {
    ...made,
    ...{ experiment: 'latency', trial: `paced-${likesPerS}-${p99Ms}` },
    plan: { ...madePlan('paced'), likesPerS, pace },
    latencies: {
      ...{ dueToVisible: whole, dueToSent: part, sentToDelivered: part, deliveredToVisible: part },
      ...{ sentToAcknowledged: part, likesDue: 400 },
    },
    ...changed,
  };
}

/** Published and counted at twice this, so that this is the rate of both ways. */
export function rated(correctLikesPerS: number, changed: Made = {}): TrialResult {
  const rate = 2 * correctLikesPerS;
  return madeResult({
    ...{ trial: `rated-${correctLikesPerS}`, plan: madePlan('publish-then-count') },
    rates: madeRates({ publishedLikesPerS: rate, countedLikesPerS: rate }),
    ...changed,
  });
}

export function pressed(inversions: number, changed: Made = {}): TrialResult {
  const wrong = inversions > 0 ? 7 : 0;
  return madeResult({
    ...{ experiment: 'ordering', trial: `pressed-${inversions}` },
    plan: { ...madePlan('sustained'), consumers: 2 },
    ledger: cleanLedger({ counted: 1_000, inversions }),
    states: { states: 100, wrongByArrival: 9, wrongByFirstArrival: wrong, wrongByVersion: 0 },
    ...changed,
  });
}

export function struck(fault: string, strikes: number, lost: number, changed: Made = {}) {
  const faults = madeFaults(
    fault,
    Array.from({ length: strikes }, () => madeStrike()),
  );
  const ledger = cleanLedger({ lost });
  return struckResult(faults, { trial: `struck-${fault}`, ledger, ...changed });
}

/** What a broker that keeps all its promises shows at both tiers. */
export function soundBroker(broker: string): TrialResult[] {
  return (['kill', 'power'] as const).flatMap((tier) => {
    const own = { broker, tier };
    return [
      rated(80_000, { ...own, trial: `rated-${broker}-${tier}` }),
      ...[100, 2_000].map((rate) =>
        paced(rate, rate / 100, { ...own, trial: `paced-${broker}-${tier}-${rate}` }),
      ),
      pressed(0, { ...own, trial: `pressed-${broker}-${tier}` }),
      struck('server-kill', 20, 0, { ...own, trial: `killed-${broker}-${tier}` }),
      struck('power-cut', 5, 0, { ...own, trial: `cut-${broker}-${tier}` }),
    ];
  });
}

export function runOf(results: readonly TrialResult[], run = 'run-1'): LocatedRun {
  return {
    indexPath: `2026-01-02/${run}.json`,
    run: {
      index: {
        ...{ format: RESULT_FORMAT, run, startedAt: '2026-01-02T03:04:05.000Z' },
        ...{ command: 'npm run lab -- all --seed 7', profile: 'quick', complete: true },
        trials: results.map(({ experiment, trial }) => `${experiment}/${run}/${trial}.json`),
      },
      results,
    },
  };
}

export function optionsOf(
  results: readonly TrialResult[],
  experiments: readonly Experiment[] = EVERY_EXPERIMENT,
): ReportOptions {
  return { experiments, runs: [runOf(results)], tiersOf: () => ['kill', 'power'] };
}
