/** A consumer that ends itself by SIGKILL at a named step of a batch, and leaves word of it. */
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Like } from '../likes/like.ts';
import type { StoreStep } from './worker-messages.ts';

/** By then the template has acknowledged a batch that it was told is stored; it does so at once. */
const ACKNOWLEDGED_AFTER_MS = 500;

/** What the dead process left beside its records: which step, and of which batch. */
export interface StepNote {
  readonly step: StoreStep;
  readonly source: string;
  /** The first like of the batch; whether it comes again tells whether it was acknowledged. */
  readonly seq: number;
  readonly likes: number;
  readonly shardsCommitted: number;
}

export function notePathOf(recordsPath: string): string {
  return `${recordsPath}.step`;
}

/** Passes through every step of every batch; at the one that was asked for, the process ends. */
export class StoreSteps {
  readonly #recordsPath: string;
  #asked: StoreStep | undefined;

  constructor(recordsPath: string) {
    this.#recordsPath = recordsPath;
  }

  dieAt(step: StoreStep | undefined): void {
    this.#asked = step;
  }

  /** Follows one batch from its delivery on. */
  follow(likes: readonly Like[]): BatchSteps {
    return new BatchSteps(likes, (step, shardsCommitted) => {
      if (step === this.#asked) this.#die(step, likes, shardsCommitted);
    });
  }

  /** To be called when a batch is stored and about to be acknowledged. */
  afterAcknowledgement(likes: readonly Like[], shardsCommitted: number): void {
    if (this.#asked !== 'after-acknowledgement') return;
    void sleep(ACKNOWLEDGED_AFTER_MS).then(() => {
      // Whoever has given up waiting for it takes an end from then on for an accident.
      if (this.#asked !== 'after-acknowledgement') return;
      this.#die('after-acknowledgement', likes, shardsCommitted);
    });
  }

  #die(step: StoreStep, likes: readonly Like[], shardsCommitted: number): void {
    const { source, seq } = likes[0]!;
    const note: StepNote = { step, source, seq, likes: likes.length, shardsCommitted };
    writeFileSync(notePathOf(this.#recordsPath), JSON.stringify(note));
    process.kill(process.pid, 'SIGKILL');
  }
}

/** What the commits of shards themselves tell. */
type CommitStep = 'after-commit' | `after-shard-${1 | 2 | 3}`;

/** The steps of one batch. */
export class BatchSteps {
  readonly #likes: readonly Like[];
  readonly #reach: (step: StoreStep, shardsCommitted: number) => void;
  #stored = 0;
  #shardsCommitted = 0;

  constructor(likes: readonly Like[], reach: (step: StoreStep, shardsCommitted: number) => void) {
    this.#likes = likes;
    this.#reach = reach;
  }

  get shardsCommitted(): number {
    return this.#shardsCommitted;
  }

  reach(step: Exclude<StoreStep, CommitStep | 'after-acknowledgement'>): void {
    this.#reach(step, this.#shardsCommitted);
  }

  /** Right after the commit of a shard, before anybody has taken note of it. */
  committed(likes: number): void {
    this.#stored += likes;
    this.#shardsCommitted++;
    const isLast = this.#stored >= this.#likes.length;
    if (isLast) this.#reach('after-commit', this.#shardsCommitted);
    else if (this.#shardsCommitted === 1) this.#reach('after-shard-1', 1);
    else if (this.#shardsCommitted === 2) this.#reach('after-shard-2', 2);
    else if (this.#shardsCommitted === 3) this.#reach('after-shard-3', 3);
  }
}
