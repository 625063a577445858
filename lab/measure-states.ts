/**
 * What disorder costs: how many (user, post) states end wrong. A state is right when it is the
 * action with the largest version that the user sent; a store that takes the last arrival has
 * whatever came last, one that checks versions keeps the later action whichever came first.
 */
import type { Workload } from '../likes/workloads/workload.ts';
import { KIND } from './record-format.ts';
import { readMerged } from './record-reader.ts';

/** Up to here the states of all users are held in memory, at some 100 bytes each. */
export const STATES_LIKES_MAX = 20_000_000;

export interface States {
  /** Distinct (user, post) that any like was sent for. */
  readonly states: number;
  /** Wrong when each arrival, those that came again included, overwrites the state. */
  readonly wrongByArrival: number;
  /** The same when a like that came before is ignored: what the order alone does. */
  readonly wrongByFirstArrival: number;
  /** Wrong when only a larger version overwrites the state. */
  readonly wrongByVersion: number;
}

const NOTHING = 2;

/** Undefined when the workload is too large for it. Reads the consumers' records once. */
export function measureStates(input: {
  readonly workload: Workload;
  readonly consumerRecords: readonly string[];
}): States | undefined {
  const { workload } = input;
  if (workload.likes > STATES_LIKES_MAX) return undefined;
  const presses = pressesOf(workload);
  const { stateOf, versionOf, actionOf, states } = presses;
  const truth = newestOf(presses);
  const byArrival = new Uint8Array(states).fill(NOTHING);
  const byFirstArrival = new Uint8Array(states).fill(NOTHING);
  const byVersion = new Uint8Array(states).fill(NOTHING);
  const versionSeen = new Uint32Array(states);
  const seen = new Uint8Array(workload.likes);
  for (const { kind, count, seq } of readMerged(input.consumerRecords)) {
    if (kind !== KIND.delivered) continue;
    for (let index = 0; index < count; index++) {
      const like = seq(index);
      if (like >= workload.likes) continue;
      const state = stateOf[like]!;
      byArrival[state] = actionOf[like]!;
      if (seen[like] === 0) byFirstArrival[state] = actionOf[like]!;
      seen[like] = 1;
      if (versionOf[like]! < versionSeen[state]!) continue;
      versionSeen[state] = versionOf[like]!;
      byVersion[state] = actionOf[like]!;
    }
  }
  const wrong = (found: Uint8Array) =>
    truth.reduce((sum, action, state) => (found[state] === action ? sum : sum + 1), 0);
  return {
    states,
    wrongByArrival: wrong(byArrival),
    wrongByFirstArrival: wrong(byFirstArrival),
    wrongByVersion: wrong(byVersion),
  };
}

interface Presses {
  readonly states: number;
  /** By seq. */
  readonly stateOf: Uint32Array;
  readonly versionOf: Uint32Array;
  readonly actionOf: Uint8Array;
}

/** Who pressed what, by seq: the workload makes the same likes each time it is asked. */
function pressesOf(workload: Workload): Presses {
  const stateOf = new Uint32Array(workload.likes);
  const versionOf = new Uint32Array(workload.likes);
  const actionOf = new Uint8Array(workload.likes);
  const numberOf = new Map<string, number>();
  for (const { seq, post, user, version, action, retry } of workload.stream()) {
    if (retry) continue;
    const name = `${user}\n${post}`;
    const known = numberOf.get(name);
    if (known === undefined) numberOf.set(name, numberOf.size);
    stateOf[seq] = known ?? numberOf.size - 1;
    versionOf[seq] = version;
    actionOf[seq] = action === 'like' ? 1 : 0;
  }
  return { states: numberOf.size, stateOf, versionOf, actionOf };
}

function newestOf({ states, stateOf, versionOf, actionOf }: Presses): Uint8Array {
  const newest = new Uint8Array(states).fill(NOTHING);
  const versions = new Uint32Array(states);
  for (const [seq, state] of stateOf.entries()) {
    if (versionOf[seq]! < versions[state]!) continue;
    versions[state] = versionOf[seq]!;
    newest[state] = actionOf[seq]!;
  }
  return newest;
}
