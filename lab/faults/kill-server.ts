/** SIGKILL of the server as several faults need it, and what proves it. */
import type { Proof, ProofFacts, Stage } from './fault.ts';

export interface KilledServer {
  /** On the trial's clock: when its process was reaped, from where a recovery counts. */
  readonly reapedUs: number;
  /** To be called once it has been started again. */
  restarted(facts?: ProofFacts): Proof;
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
      const doubts: [boolean, string][] = [
        [proof.endedBy !== 'SIGKILL', `the server ended by ${proof.endedBy}, not by SIGKILL`],
        [proof.pid === pidAfter, 'the same process was there afterwards'],
        [pidAfter === 0, 'no process was there afterwards'],
      ];
      return {
        facts: { ...proof, pidAfter, ...facts },
        doubts: doubts.filter(([holds]) => holds).map(([, text]) => text),
        recoversFromUs: reapedUs,
        struckUs,
      };
    },
  };
}
