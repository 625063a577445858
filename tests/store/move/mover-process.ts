/** A mover of its own that may die: `node mover-process.ts '<MoverOrder as JSON>'`. */
import { type MoveWish, resumeMove, rollBackMove, startMove } from '../../../store/move/index.ts';
import type { MoveStep } from '../../../store/move/steps.ts';
import type { StoreOptions } from '../../../store/open-store.ts';

export interface MoverOrder {
  readonly store: StoreOptions;
  readonly task: MoveWish | 'resume' | 'roll back';
  /** Ends itself by SIGKILL right after this step was done for the first time. */
  readonly dieAfter?: MoveStep;
}

const { store, task, dieAfter } = JSON.parse(process.argv[2]!) as MoverOrder;
const watch = (step: MoveStep) => {
  if (step === dieAfter) process.kill(process.pid, 'SIGKILL');
};
if (task === 'resume') await resumeMove(store, watch);
else if (task === 'roll back') await rollBackMove(store, watch);
else await startMove(store, task, watch);
