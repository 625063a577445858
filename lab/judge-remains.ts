/**
 * A trial that broke off, for instance since a worker died, cannot pass; but what its records and
 * its store show already may break a promise all the same, and fail beats unknown.
 */
import { checkByRule } from './check-evidence.ts';
import { countAttempted } from './count-deliveries.ts';
import { faultOf, promisesOrder, survivalOf } from './judge-faults.ts';
import { LabError, messageOf } from './lab-error.ts';
import { judge } from './ledger.ts';
import type { StoreAddress, TrialContext } from './trial-context.ts';
import type { TrialPlan } from './trial-plan.ts';
import type { TrialResult } from './trial-result.ts';

/** What is left of such a trial. */
export interface Remains {
  readonly producerRecords: readonly string[];
  readonly consumerRecords: readonly string[];
  readonly store: StoreAddress;
  /** Texts in the dead-letter place; empty when the server could not be asked. */
  readonly parked: readonly string[];
}

/** Thrown in place of what broke the trial, which is its `cause`. */
export class BrokenTrialError extends Error {
  override readonly name = 'BrokenTrialError';
  readonly remains: Remains;

  constructor(cause: unknown, remains: Remains) {
    super(messageOf(cause), { cause });
    this.remains = remains;
  }
}

/**
 * A failure by what holds however a trial goes on: a server that is to survive and does not start
 * on its own data, double effects, phantoms, refused likes that arrived, wrongly parked ones,
 * miscounts, and disorder where order was promised. What is missing may still be under way, so it
 * is held against nobody.
 */
export async function judgeRemains(
  plan: TrialPlan,
  context: TrialContext,
  { remains, message, cause }: BrokenTrialError,
): Promise<Pick<TrialResult, 'verdict' | 'reasons' | 'ledger'>> {
  const { tier, promises } = context.broker;
  const isLost = cause instanceof LabError && cause.code === 'SERVER_LOST';
  const survival = survivalOf(tier, faultOf(plan), promises);
  if (isLost && survival === 'survival') {
    return { verdict: 'fail', reasons: [message] };
  }
  const unknown = { verdict: 'unknown' as const, reasons: [message] };
  try {
    await using store = await context.openStore(remains.store);
    const attempted = remains.producerRecords.reduce((sum, path) => sum + countAttempted(path), 0);
    const { ledger } = await checkByRule(plan, {
      ...remains,
      stored: store,
      drained: false,
      sums: { attempted },
      expected: undefined,
    });
    const order = promisesOrder(promises, faultOf(plan), survival);
    const judged = judge({ ...ledger, stuck: 0 }, { order, survival: false }, [message]);
    if (judged.verdict !== 'fail') return unknown;
    return { verdict: 'fail', reasons: [...judged.reasons], ledger };
  } catch {
    return unknown; // No store was made yet, or a worker died while it made its records.
  }
}
