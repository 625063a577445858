/**
 * The counting process dies at a named step of a batch; every step has its turn, since the moments
 * that matter last less than a millisecond and no kill at random meets them.
 */
import { readFileSync } from 'node:fs';
import { notePathOf, type StepNote } from '../store-steps.ts';
import { STORE_STEPS, type StoreStep, stepsOfStore } from '../worker-messages.ts';
import type { Fault, Stage } from './fault.ts';
import { inTurn } from './victims.ts';

/** A consumer that was opened a moment ago may wait this long for the lanes of a dead one. */
const DIE_TIMEOUT_MS = 12_000;

export const storeSteps: Fault = {
  name: 'store-steps',
  summary: 'SIGKILL of the counting process at each named step of a batch, one after the other',
  target: 'store',
  strikesLeast: STORE_STEPS.length,
  // A batch that was acknowledged does not come again, and one that was not has to.
  doubtsAfterwards({ step, source }, timesAgain) {
    if (source === undefined) return [];
    const wasAcknowledged = timesAgain === 0;
    if (wasAcknowledged === (step === 'after-acknowledgement')) return [];
    return [`the batch came ${timesAgain} times afterwards, so ${step} is not when it died`];
  },
  async strike(stage) {
    const { crew, clock, signal } = stage;
    const steps = stepsOfStore(stage.store);
    const step = steps[(stage.seed + stage.strike) % steps.length]!;
    const dead = await dieAt(step, stage);
    const recoversFromUs = clock.nowUs();
    if (dead === undefined) {
      return { facts: { step }, doubts: ['no consumer met this step in time'] };
    }
    await crew.whileAlive(crew.openConsumer(), signal);
    const doubts = dead.endedBy === 'SIGKILL' ? [] : [`the consumer ended by ${dead.endedBy}`];
    if (dead.note?.step !== step) doubts.push('it left no word of the step that it died at');
    return { facts: { ...dead.note, step, endedBy: dead.endedBy }, doubts, recoversFromUs };
  },
};

/** The word of the dead; undefined when no consumer met the step. */
async function dieAt(
  step: StoreStep,
  stage: Stage,
): Promise<{ endedBy: string; note: StepNote | undefined } | undefined> {
  for (const victim of inTurn(stage)) {
    victim.tell({ kind: 'die-at', step });
    const ended = await stage.crew.whileAlive(victim.untilEnded(DIE_TIMEOUT_MS), stage.signal);
    if (ended !== undefined) return { endedBy: ended.endedBy, note: readNote(victim.recordsPath) };
    victim.tell({ kind: 'die-at', step: undefined });
  }
  return undefined;
}

function readNote(recordsPath: string): StepNote | undefined {
  try {
    return JSON.parse(readFileSync(notePathOf(recordsPath), 'utf8')) as StepNote;
  } catch {
    return undefined; // It died before the step, which makes the strike void.
  }
}
