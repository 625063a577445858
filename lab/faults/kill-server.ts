/** SIGKILL of the server as several faults need it, and what proves it. */
import { LabError, messageOf } from '../lab-error.ts';
import { whatHolds } from '../what-holds.ts';
import type { Proof, ProofFacts, Stage } from './fault.ts';

/** A start that met a busy machine is tried once more; a server that fails twice does not start. */
const STARTS_MAX = 2;

export interface KilledServer {
  /** On the trial's clock: when its process was reaped, from where a recovery counts. */
  readonly reapedUs: number;
  /** To be called once it has been started again. */
  restarted(facts?: ProofFacts): Proof;
}

/**
 * Starts a server that was killed on what it left on its disk.
 * @throws LabError SERVER_LOST when it does not start, which loses all that it held
 */
export async function startAgain({
  server,
  signal,
}: Pick<Stage, 'server' | 'signal'>): Promise<void> {
  for (let starts = 1; ; starts++) {
    try {
      return await server.start();
    } catch (error) {
      if (signal.aborted) throw error;
      if (starts < STARTS_MAX) continue;
      throw new LabError(
        'SERVER_LOST',
        `${server.title} does not start on its own data after the fault: ${messageOf(error)}`,
        error,
      );
    }
  }
}

/** Kills it and lets the consumers go on: what they hold is stored now and has to come again. */
export async function killServer({ server, crew, clock }: Stage): Promise<KilledServer> {
  const struckUs = clock.nowUs();
  const proof = await server.kill();
  const reapedUs = clock.nowUs();
  crew.holdConsumers(false);
  return {
    reapedUs,
    restarted(facts = {}) {
      const pidAfter = server.pid ?? 0;
      const doubts = whatHolds([
        [proof.endedBy !== 'SIGKILL', `the server ended by ${proof.endedBy}, not by SIGKILL`],
        [proof.pid === pidAfter, 'the same process was there afterwards'],
        [pidAfter === 0, 'no process was there afterwards'],
      ]);
      return {
        facts: { ...proof, pidAfter, ...facts },
        doubts,
        recoversFromUs: reapedUs,
        struckUs,
      };
    },
  };
}
