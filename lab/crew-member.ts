/** A worker of a trial, and where its records are. */
import type { Clock } from './clock.ts';
import { type ClockComparison, compareClocks } from './compare-clocks.ts';
import { WorkerProcess, type WorkerSetup } from './worker-process.ts';

export class CrewMember extends WorkerProcess {
  readonly recordsPath: string;
  clockFound: ClockComparison | undefined;

  constructor(workerModule: string, setup: WorkerSetup, environment?: NodeJS.ProcessEnv) {
    super(workerModule, setup, environment);
    this.recordsPath = setup.recordsPath;
  }

  /** Whether it sends to the queue: a producer, or in trials over HTTP a gateway. */
  get sends(): boolean {
    return this.role === 'producer' || this.role === 'gateway';
  }

  async compareClock(clock: Clock): Promise<void> {
    this.clockFound = await compareClocks(() => this.readClock(), clock);
  }
}
