/** What a trial over HTTP leaves behind beyond others: its requests, and what the database told. */
import type { Crew } from '../crew.ts';
import type { TrialContext } from '../trial-context.ts';
import type { TrialPlan } from '../trial-plan.ts';
import type { ClientReport } from '../worker-messages.ts';
import { type DatabaseFacts, watchDatabase } from './database-probe.ts';

export interface PathEvidence {
  /** The file of the client's requests. */
  readonly requests: string;
  readonly client: ClientReport;
  /** Undefined where the counts are in no database that can be asked. */
  readonly database: DatabaseFacts | undefined;
}

export interface PathWatch extends AsyncDisposable {
  /** What the drained trial does afterwards is no load. */
  stopLooking(): Promise<void>;
  /** To be called when all workers have ended. */
  finish(crew: Crew): Promise<PathEvidence>;
}

/** Right before the load; undefined for all other trials. */
export async function watchPath(
  plan: TrialPlan,
  context: TrialContext,
): Promise<PathWatch | undefined> {
  if (plan.path === undefined) return undefined;
  const probe = await context.openDatabaseProbe?.();
  const watch = probe && (await watchDatabase(probe));
  return {
    stopLooking: async () => void (await watch?.stopLooking()),
    async finish(crew) {
      return {
        requests: crew.paths.requests[0]!,
        client: await crew.clientReport(context.signal),
        database: await watch?.finish(),
      };
    },
    [Symbol.asyncDispose]: async () => void (await watch?.[Symbol.asyncDispose]()),
  };
}
