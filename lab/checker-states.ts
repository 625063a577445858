/** The checker's passes over the states that a store holds, for lab/check-states.ts. */
import type { StoredCounts } from './checker-store.ts';
import { type LikeStates, STATE } from './like-states.ts';
import type { PostSums } from './post-sums.ts';
import { ACTION_BIT, type Presses } from './presses.ts';
import { KIND } from './record-format.ts';
import type { Names, RecordBlock } from './record-reader.ts';

type Records = readonly Iterable<RecordBlock>[];

/** What the shards hold of each (user, post) of the trial, at its number. */
export interface StoredRows {
  /** 0 where there is none. */
  readonly versions: Float64Array;
  /** ACTION_BIT. */
  readonly actions: Uint8Array;
  /** All of them. */
  found: number;
  /** Of users and posts of which no like was attempted. */
  strange: number;
  /** Beyond the first of a user and post. */
  again: number;
}

/** Reads every state once, and counts anew from them how many users like each post. */
export async function readRows(
  stored: StoredCounts,
  presses: Presses,
  names: Names,
  recount: PostSums,
): Promise<StoredRows> {
  const rows: StoredRows = {
    versions: new Float64Array(presses.states),
    actions: new Uint8Array(presses.states),
    found: 0,
    strange: 0,
    again: 0,
  };
  for (const shard of stored.shards) {
    for await (const { post, user, version, action } of shard.states!()) {
      rows.found++;
      if (action === 'like') recount.addCounted(names.numberOf(post), false);
      const state = presses.stateOf(post, user);
      if (state === undefined) {
        rows.strange++;
      } else if (rows.versions[state] !== 0) {
        rows.again++;
      } else {
        rows.versions[state] = version;
        rows.actions[state] = ACTION_BIT[action];
      }
    }
  }
  return rows;
}

/** Marks, as `fresh`, each attempted like that a commit told as stored; with how many those are. */
export function readTold(files: Records, attempted: LikeStates, told: LikeStates): number {
  let likes = 0;
  for (const file of files) {
    for (const { kind, count, source, seq } of file) {
      if (kind !== KIND.fresh && kind !== KIND.seen) continue;
      for (let index = 0; index < count; index++) {
        const like = seq(index);
        if (!attempted.isAttempted(source, like)) continue;
        if (!told.mark(source, like, STATE.fresh)) likes++;
      }
    }
  }
  return likes;
}

/** Sends whose record has another post or action than the workload's like of that seq. */
export function countMismatches(files: Records, presses: Presses, names: Names): number {
  let mismatches = 0;
  for (const file of files) {
    for (const { kind, count, source, seq, post, isUnlike } of file) {
      if (kind !== KIND.attempted) continue;
      const { likes, states, actions } = presses.ofSource(source)!;
      for (let index = 0; index < count; index++) {
        const like = seq(index);
        const action = isUnlike(index) ? ACTION_BIT.unlike : ACTION_BIT.like;
        const isSame =
          like < likes &&
          actions[like] === action &&
          presses.postOf(states[like]!) === names.nameOf(post(index));
        if (!isSame) mismatches++;
      }
    }
  }
  return mismatches;
}

export interface PressSums {
  /** Told as stored by a commit, and the store has an older state of their user, or none. */
  undone: number;
  /** States with a version that nobody attempted. */
  phantom: number;
  /** States that are not what the consumers were told: an action turned, a version gone back. */
  wrong: number;
  /** States that were pressed, and those whose stored one is not the newest attempted press. */
  states: number;
  unexpected: number;
}

/**
 * Holds every press against its stored state, and marks as counted those that are in force or
 * overtaken.
 */
export function judgePresses(
  presses: Presses,
  rows: StoredRows,
  likes: LikeStates,
  told: LikeStates,
): PressSums {
  const sums = { undone: 0, phantom: 0, wrong: 0, states: 0, unexpected: 0 };
  const seen = new SeenStates(presses.states);
  for (const [source, { likes: count, states, versions, actions }] of presses.sources) {
    for (let seq = 0; seq < count; seq++) {
      if (!likes.isAttempted(source, seq)) continue;
      const [state, version, action] = [states[seq]!, versions[seq]!, actions[seq]!];
      const isTold = told.has(source, seq, STATE.fresh);
      const isGiven = isTold || likes.has(source, seq, STATE.delivered);
      const row = rows.versions[state]!;
      const isInForce = isGiven && row === version && rows.actions[state] === action;
      if (isInForce || (isTold && row >= version)) likes.mark(source, seq, STATE.counted);
      if (isTold && row < version) sums.undone++;
      seen.add(state, { version, action, isTold, isGiven, isStored: row === version });
    }
  }
  for (let state = 0; state < presses.states; state++) seen.judge(state, rows, sums);
  return sums;
}

/** What the presses of each state come to. */
class SeenStates {
  /** The largest version attempted, and the actions that were with it. */
  readonly #newest: Uint32Array;
  readonly #newestActions: Uint8Array;
  /** The largest version that a commit told. */
  readonly #told: Uint32Array;
  /** Actions with the version that is stored: those attempted, and those given to consumers. */
  readonly #attempted: Uint8Array;
  readonly #given: Uint8Array;

  constructor(states: number) {
    this.#newest = new Uint32Array(states);
    this.#newestActions = new Uint8Array(states);
    this.#told = new Uint32Array(states);
    this.#attempted = new Uint8Array(states);
    this.#given = new Uint8Array(states);
  }

  add(
    state: number,
    press: {
      readonly version: number;
      readonly action: number;
      readonly isTold: boolean;
      readonly isGiven: boolean;
      /** Whether the stored state has its version. */
      readonly isStored: boolean;
    },
  ): void {
    const { version, action, isTold, isGiven, isStored } = press;
    if (version > this.#newest[state]!) {
      this.#newest[state] = version;
      this.#newestActions[state] = 0;
    }
    // Two producers may have made the same user press the same post: then either action is right.
    if (version === this.#newest[state]) this.#newestActions[state]! |= action;
    if (isTold) this.#told[state] = Math.max(this.#told[state]!, version);
    if (isStored) this.#attempted[state]! |= action;
    if (isStored && isGiven) this.#given[state]! |= action;
  }

  judge(state: number, rows: StoredRows, sums: PressSums): void {
    const [newest, row, action] = [
      this.#newest[state]!,
      rows.versions[state]!,
      rows.actions[state]!,
    ];
    const isRow = row > 0;
    if (newest === 0 && !isRow) return;
    if (isRow && this.#attempted[state] === 0) sums.phantom++;
    else if (row < this.#told[state]! || (isRow && (this.#given[state]! & action) === 0)) {
      sums.wrong++;
    }
    if (newest === 0) return;
    sums.states++;
    if (row !== newest || (this.#newestActions[state]! & action) === 0) sums.unexpected++;
  }
}

/** Of the likes that are acknowledged and neither counted nor parked: those that a row covers. */
export function countCovered(presses: Presses, rows: StoredRows, likes: LikeStates): number {
  let covered = 0;
  for (const [source, { likes: count, states, versions }] of presses.sources) {
    for (let seq = 0; seq < count; seq++) {
      if (!likes.has(source, seq, STATE.ok)) continue;
      if (likes.has(source, seq, STATE.counted | STATE.parked)) continue;
      if (rows.versions[states[seq]!]! >= versions[seq]!) covered++;
    }
  }
  return covered;
}
