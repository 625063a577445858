/** One broker at one tier under one fault, over all its trials: the cells of the matrix. */

import type { Ledger } from './ledger.ts';
import { median, rising } from './statistics/median.ts';
import { describeStore } from './store-plan.ts';
import type { Survival } from './trial-plan.ts';
import type { TrialResult } from './trial-result.ts';
import { stepsOfStore } from './worker-messages.ts';

/** With no failure in n tries, its chance is below 3/n, with 95 % confidence (the rule of three:
 * (1 - p)^n = 0.05 gives p = 3.0/n; Hanley and Lippman-Hand, JAMA 249, 1983). */
const RULE_OF_THREE = 3;

export type CellState = 'kept' | 'broken' | 'nothing promised' | 'not tested' | 'not judged';

type Strike = NonNullable<TrialResult['faults']>['strikes'][number];
type StrikeNumber = NonNullable<
  {
    [Field in keyof Strike]: Strike[Field] extends number | undefined ? Field : never;
  }[keyof Strike]
>;

export class FaultCell {
  readonly results: readonly TrialResult[];
  readonly #strikes: readonly Strike[];

  /** All of the same broker, tier and fault; one at least. */
  constructor(results: readonly TrialResult[]) {
    this.results = results;
    this.#strikes = results.flatMap(({ faults }) => faults?.strikes ?? []);
  }

  get state(): CellState {
    if (this.results.some(({ verdict }) => verdict === 'fail')) return 'broken';
    if (this.whyNot !== undefined) return 'not tested';
    // Where most strikes prove nothing, the few others are no ground for a judgement either.
    const isVague = this.valid === 0 || this.void > this.valid;
    if (isVague || this.results.some(({ verdict }) => verdict === 'unknown')) return 'not judged';
    return this.promises === 'nothing' ? 'nothing promised' : 'kept';
  }

  /** What the tier says of acknowledged likes under such a fault. */
  get promises(): Survival {
    // A trial that broke off has never asked the broker for exceptions from what its tier says.
    const told = this.results.find(({ ledger }) => ledger !== undefined) ?? this.results[0]!;
    return told.faults!.promised;
  }

  get whyNot(): string | undefined {
    return this.results.find(({ faults }) => faults?.whyNot !== undefined)?.faults?.whyNot;
  }

  get reasons(): readonly string[] {
    return [...new Set(this.results.flatMap(({ reasons }) => reasons))];
  }

  get seeds(): readonly number[] {
    return this.results.map(({ workload }) => workload.seed);
  }

  get valid(): number {
    return this.results.reduce((sum, { faults }) => sum + (faults?.valid ?? 0), 0);
  }

  get void(): number {
    return this.results.reduce((sum, { faults }) => sum + (faults?.void ?? 0), 0);
  }

  /**
   * The most that the chance of a loss by one such fault can be, at 95 %; undefined after a loss,
   * where likes are stuck, which may be lost as well, where a trial could not be judged, and after
   * so few faults that they bound nothing.
   */
  get lossChanceMax(): number | undefined {
    if (this.valid <= RULE_OF_THREE || this.sum('lost') + this.sum('stuck') > 0) return undefined;
    if (this.results.some(({ verdict }) => verdict === 'unknown')) return undefined;
    return RULE_OF_THREE / this.valid;
  }

  /** Over all its trials; undefined where no trial has a ledger. */
  sum(field: keyof Ledger): number {
    return this.results.reduce((sum, { ledger }) => sum + (ledger?.[field] ?? 0), 0);
  }

  get wasJudged(): boolean {
    return this.results.some(({ ledger }) => ledger !== undefined);
  }

  /** Of all strikes that tell it, in rising order. */
  numbers(field: StrikeNumber): number[] {
    return rising(this.#strikes.flatMap((strike) => strike[field] ?? []));
  }

  medianOf(field: StrikeNumber): number | undefined {
    const found = this.numbers(field);
    return found.length > 0 ? median(found) : undefined;
  }

  /** From the last strike of each trial to its drained queue, the median. */
  get drainedMs(): number | undefined {
    const found = this.results.flatMap(({ faults }) => faults?.drainedMs ?? []);
    return found.length > 0 ? median(found) : undefined;
  }

  /** Named steps that a valid strike met; empty where the fault has none. */
  get steps(): ReadonlySet<string> {
    const valid = this.#strikes.filter(({ doubts }) => doubts.length === 0);
    return new Set(
      valid.flatMap(({ proof }) => (proof.step === undefined ? [] : [`${proof.step}`])),
    );
  }

  /** Named steps that the store of these trials has. */
  get stepsMax(): number {
    return stepsOfStore(this.results[0]!.plan.store).length;
  }

  /**
   * Whether this cell of an older run says more than the same cell of a newer one: more valid
   * strikes. A broken promise is never outweighed, and one that no newer run saw again is mended.
   */
  outweighs(newer: FaultCell): boolean {
    const eitherBroke = this.state === 'broken' || newer.state === 'broken';
    return !eitherBroke && this.valid > newer.valid && this.state !== 'not judged';
  }

  get timeoutsMs(): Readonly<Record<string, number>> {
    return this.results.find(({ faults }) => faults?.timeoutsMs)?.faults?.timeoutsMs ?? {};
  }

  get consumersReopened(): number {
    return this.results.reduce((sum, { faults }) => sum + (faults?.consumersReopened ?? 0), 0);
  }
}

/** In the order in which they first ran. */
export function cellsOf(results: readonly TrialResult[]): FaultCell[] {
  const groups = new Map<string, TrialResult[]>();
  for (const result of results) {
    if (result.faults === undefined) continue;
    const store = describeStore(result.plan.store);
    const key = JSON.stringify([result.broker, store, result.tier, result.faults.name]);
    groups.set(key, [...(groups.get(key) ?? []), result]);
  }
  return [...groups.values()].map((group) => new FaultCell(group));
}
