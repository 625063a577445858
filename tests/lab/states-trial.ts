/**
 * A trial under states in which much happens and nothing goes wrong: two producers, of which one
 * took the other's place, sends that time out and land or do not, presses that arrive in no order
 * and more than once, and commits in two shards. Whatever is found in it is a false alarm, unless a
 * test plants a fault on the way.
 */
import { type CheckStatesInput, checkStates } from '../../lab/check-states.ts';
import type { CheckOutput } from '../../lab/checker.ts';
import type { StoredCounts } from '../../lab/checker-store.ts';
import { type Judgement, judge } from '../../lab/ledger.ts';
import type { Like, SendOutcome } from '../../likes/like.ts';
import { openWorkload, type WorkloadName } from '../../likes/workloads/workload.ts';
import type { UserState } from '../../store/count-store.ts';
import { MemoryStatesShard } from '../../store/memory-states-shard.ts';
import { evenSlotMap, shardOfLike } from '../../store/slot-map.ts';
import { randomFrom } from '../store/made-likes.ts';
import { MadeRecords } from './made-records.ts';

const PRODUCERS = 2;
const CONSUMERS = 2;
const SHARDS = 2;
const POSTS = 40;
const SLOT_MAP = evenSlotMap(SHARDS);
const LIKES_PER_SEND = 20;
const LIKES_PER_DELIVERY_MAX = 60;
const TIMEOUT_SHARE = 0.03;
const LANDED_SHARE = 0.5;
const REDELIVERED_SHARE = 0.1;
/** How far a like may be behind those that were sent after it. */
const DISORDER = 200;

export interface StatesPlants {
  readonly workload?: WorkloadName;
  readonly likes?: number;
  readonly seed?: number;
  /** Everything is acknowledged. */
  readonly allOk?: boolean;
  /** What the queue hands on of all that reached it, in the order of arrival. */
  readonly deliver?: (arrivals: Like[]) => Like[];
  /** Whether a consumer records what a commit told it. */
  readonly tells?: (like: Like) => boolean;
  /** In place of the shard's own rule. */
  readonly openShard?: (index: number) => MemoryStatesShard;
  /** What stands in the shards, after somebody was at them. */
  readonly rows?: (ofShards: UserState[][]) => UserState[][];
  readonly counts?: (ofShards: Count[][]) => Count[][];
  /** Rows that a shard says it has and does not show. */
  readonly hidden?: number;
  readonly input?: Partial<CheckStatesInput>;
}

interface Count {
  post: string;
  likes: number;
  unlikes: number;
}

export interface StatesTrial extends CheckOutput, Judgement {
  readonly sent: readonly Like[];
}

export async function runStatesTrial(plants: StatesPlants = {}): Promise<StatesTrial> {
  const random = randomFrom(plants.seed ?? 1);
  const sends = sendAll(plants, random);
  const arrivals = (plants.deliver ?? same)(disordered(sends.arrivals, random));
  const { records, shards } = await deliverAll(arrivals, plants, random);
  const { records: producerRecords, likes: sent } = sends;
  const checked = await checkStates({
    producerRecords,
    consumerRecords: records,
    stored: await storedOf(shards, plants),
    parked: [],
    drained: true,
    sums: { attempted: sent.length },
    planned: (producer) => workloadOf(plants, producer).stream(),
    ...plants.input,
  });
  const promised = { order: false, survival: true };
  return { ...checked, ...judge(checked.ledger, promised, []), sent };
}

function workloadOf(
  { workload = 'toggles', likes = 4_000, seed = 1 }: StatesPlants,
  number: number,
) {
  const options = { likes: likes / PRODUCERS, seed: seed + number };
  return openWorkload(workload, workload === 'trending' ? options : { ...options, posts: POSTS });
}

function sendAll(plants: StatesPlants, random: () => number) {
  const arrivals: Like[] = [];
  const likes: Like[] = [];
  const records = Array.from({ length: PRODUCERS }, (_, producer) => {
    const recorder = new MadeRecords(`producer-${producer}`);
    let batch: Like[] = [];
    let timeUs = producer * 1_000_000;
    const send = () => {
      recorder.attempted(timeUs, batch);
      const isTimeout = !plants.allOk && random() < TIMEOUT_SHARE;
      const outcome: SendOutcome = isTimeout ? 'unknown' : 'ok';
      recorder.outcome(timeUs + 5, batch, outcome);
      if (!isTimeout || random() < LANDED_SHARE) arrivals.push(...batch);
      batch = [];
      timeUs += 10;
    };
    for (const { retry, ...planned } of workloadOf(plants, producer).stream()) {
      const like = { ...planned, source: `gateway-${producer}`, likedAtMs: 0 };
      if (!retry) likes.push(like);
      batch.push(like);
      if (batch.length === LIKES_PER_SEND) send();
    }
    send();
    return recorder.source;
  });
  return { arrivals, likes, records };
}

/** Later ones overtake earlier ones, and some come twice. */
function disordered(arrivals: readonly Like[], random: () => number): Like[] {
  const again = arrivals.filter(() => random() < REDELIVERED_SHARE);
  const keyed = [...arrivals, ...again].map((like, place) => {
    const at = place < arrivals.length ? place : arrivals.indexOf(like);
    return { like, key: at + random() * DISORDER };
  });
  return keyed.sort((one, other) => one.key - other.key).map(({ like }) => like);
}

async function deliverAll(arrivals: readonly Like[], plants: StatesPlants, random: () => number) {
  const recorders = Array.from({ length: CONSUMERS }, (_, i) => new MadeRecords(`consumer-${i}`));
  const open = plants.openShard ?? ((index: number) => new MemoryStatesShard(index, SLOT_MAP));
  const shards = Array.from({ length: SHARDS }, (_, index) => open(index));
  let timeUs = 10_000_000;
  for (let from = 0; from < arrivals.length; ) {
    const batch = arrivals.slice(from, from + 1 + Math.floor(random() * LIKES_PER_DELIVERY_MAX));
    from += batch.length;
    const recorder = recorders[Math.floor(random() * CONSUMERS)]!;
    recorder.delivered(timeUs, batch);
    for (const shard of shards) {
      const isOwn = (place: number) => shardOfLike(SLOT_MAP, batch[place]!) === shard.index;
      const { fresh, seen } = await shard.apply(batch, [...batch.keys()].filter(isOwn), 1);
      const told = [fresh, seen].map((places) => {
        return places.map((place) => batch[place]!).filter(plants.tells ?? (() => true));
      });
      recorder.stored(timeUs + 5, told[0]!, told[1]!);
    }
    timeUs += 10;
  }
  return { records: recorders.map(({ source }) => source), shards };
}

async function storedOf(
  shards: readonly MemoryStatesShard[],
  { rows = same, counts = same, hidden = 0 }: StatesPlants,
): Promise<StoredCounts> {
  const states = rows(await Promise.all(shards.map((shard) => Array.fromAsync(shard.states()))));
  const own = counts(await Promise.all(shards.map((shard) => Array.fromAsync(shard.counts()))));
  const owns = await Promise.all(shards.map((shard) => shard.ownership()));
  return {
    totals: () => ({ marks: 0, states: states.flat().length + hidden }),
    shards: shards.map((_, index) => ({
      marks: () => [],
      states: () => states[index]!,
      counts: () => own[index]!,
      ownership: () => owns[index]!,
    })),
  };
}

function same<T>(value: T): T {
  return value;
}
