/**
 * What a hot post does to itself, to the posts on its shard and to all others, from the records:
 * over the second half of the time in which it is viral, when whatever was done has been done, and
 * second by second over the whole trial.
 */

import type { FlashPost } from '../likes/workloads/workload.ts';
import { detectionAtRates } from './hot-detection.ts';
import type { HotSpotPlan } from './hot-spot-plan.ts';
import {
  HOT_GROUPS,
  type HotGroup,
  type HotSeconds,
  type HotSpotFacts,
} from './hot-spot-schema.ts';
import { Places, setFirst } from './measure-latency.ts';
import { KIND } from './record-format.ts';
import { Names, readMerged } from './record-reader.ts';
import type { TrialEvidence } from './run-trial.ts';
import type { ShardingPlan } from './sharding-plan.ts';
import { rising } from './statistics/median.ts';
import { percentile } from './statistics/percentile.ts';
import type { TrialPlan } from './trial-plan.ts';
import type { HotPostsEvidence, WritesAt } from './watch-hot-posts.ts';

export interface HotSpotInput {
  readonly producerRecords: readonly string[];
  readonly consumerRecords: readonly string[];
  /** Distinct likes at most. */
  readonly likes: number;
  readonly plan: HotSpotPlan;
  readonly sharding?: ShardingPlan | undefined;
  /** Where no post goes viral, the whole trial is looked at. */
  readonly flash?: FlashPost | undefined;
  readonly hot: HotPostsEvidence;
}

/** Of each like by its place, times in µs on the trial's clock; NaN where it never happened. */
interface Likes {
  readonly due: Float64Array;
  readonly visible: Float64Array;
  readonly group: Uint8Array;
  readonly seq: Float64Array;
  readonly size: number;
}

/** The part of the flash that is left out: until then a cure takes hold. */
const SETTLING_SHARE = 0.5;

/** Undefined for trials of other kinds, and for one that ended before anything was due. */
export function hotSpotOf(
  { hotSpot: plan, workload: name, seed, made, sharding }: TrialPlan,
  { workload, hot, ...evidence }: TrialEvidence,
): HotSpotFacts | undefined {
  if (plan === undefined || hot === undefined) return undefined;
  const { likes, flash } = workload;
  const found = measureHotSpot({ ...evidence, likes, flash, plan, hot, sharding });
  if (found === undefined || !plan.calculatesDetection) return found;
  return { ...found, detection: detectionAtRates(name, { seed, ...made }, hot.detection) };
}

/** Undefined when the trial ended before its post became viral. */
export function measureHotSpot(input: HotSpotInput): HotSpotFacts | undefined {
  const { plan, flash, hot, sharding } = input;
  const likes = readLikes(input);
  const firstUs = likes.due[0];
  const fromUs = dueOf(likes, flash?.start ?? 0);
  const toUs = flash ? dueOf(likes, flash.end) : likes.due[likes.size - 1];
  if (firstUs === undefined || fromUs === undefined || toUs === undefined) return undefined;
  const inS = (us: number) => (us - firstUs) / 1e6;
  const measuredUs = fromUs + SETTLING_SHARE * (toUs - fromUs);
  const { likesPerTransaction, transactionsAtOnce } = plan;
  const { transactionsPerSMax, spareShards = 0 } = sharding ?? {};
  return {
    ...(flash && { post: flash.post, flashShare: flash.share }),
    cures: [...plan.cures],
    ...{ likesPerTransaction, transactionsAtOnce, transactionsPerSMax, spareShards },
    ...(flash && { flash: { fromS: inS(fromUs), toS: inS(toUs) } }),
    measured: { fromS: inS(measuredUs), toS: inS(toUs) },
    groups: HOT_GROUPS.map((group) => measureGroup(likes, group, measuredUs, toUs)),
    ...writesPerLike(hot.writes, measuredUs, toUs),
    ...(flash && delaysOf(hot, flash.post, fromUs)),
    events: hot.events.map(({ atMs, shards, ...event }) => ({
      atS: inS(atMs * 1_000),
      ...event,
      ...(shards && { shards: [...shards] }),
    })),
    seconds: {
      post: secondsOf(likes, 'post', firstUs),
      neighbours: secondsOf(likes, 'neighbours', firstUs),
      others: secondsOf(likes, 'others', firstUs),
    },
  };
}

/** From the flash's first like being due to its post being found, and to the end of its cures. */
function delaysOf(
  { events }: HotPostsEvidence,
  post: string,
  flashUs: number,
): Pick<HotSpotFacts, 'foundAfterMs' | 'curedAfterMs'> {
  const own = events.filter((event) => event.post === post && event.atMs * 1_000 >= flashUs);
  const found = own.find(({ kind }) => kind === 'hot');
  const cured = own.findLast(({ kind, cure }) => kind === 'done' && cure !== 'take-back');
  return {
    ...(found && { foundAfterMs: found.atMs - flashUs / 1_000 }),
    ...(cured && { curedAfterMs: cured.atMs - flashUs / 1_000 }),
  };
}

function readLikes({ producerRecords, consumerRecords, likes, flash, hot }: HotSpotInput): Likes {
  const names = new Names();
  const places = new Places();
  const column = () => new Float64Array(likes).fill(Number.NaN);
  const [due, visible, seqs] = [column(), column(), column()];
  const group = new Uint8Array(likes);
  const groupOf = new Map<number, number>();
  for (const block of readMerged(producerRecords, names)) {
    if (block.kind !== KIND.attempted) continue;
    const { source, seq, post, lateUs, timeUs } = block;
    for (let index = 0; index < block.count; index++) {
      const place = places.add(source, seq(index));
      if (place === undefined) continue;
      due[place] = timeUs - lateUs(index);
      seqs[place] = seq(index);
      const number = post(index);
      if (!groupOf.has(number)) {
        const name = names.nameOf(number);
        const found =
          name === flash?.post ? 'post' : hot.isNeighbour(name) ? 'neighbours' : 'others';
        groupOf.set(number, HOT_GROUPS.indexOf(found));
      }
      group[place] = groupOf.get(number)!;
    }
  }
  for (const block of readMerged(consumerRecords, names)) {
    if (block.kind !== KIND.fresh) continue;
    const { source, seq, timeUs } = block;
    for (let index = 0; index < block.count; index++) {
      setFirst(visible, places.of(source, seq(index)), timeUs);
    }
  }
  return { due, visible, group, seq: seqs, size: places.size };
}

/** When the like with this seq was due; or the last one, where there are not as many. */
function dueOf({ due, seq, size }: Likes, wanted: number): number | undefined {
  for (let place = 0; place < size; place++) if (seq[place]! >= wanted) return due[place];
  return undefined;
}

function measureGroup(
  likes: Likes,
  group: HotGroup,
  fromUs: number,
  toUs: number,
): HotSpotFacts['groups'][number] {
  const number = HOT_GROUPS.indexOf(group);
  const spanS = (toUs - fromUs) / 1e6;
  const latenciesMs: number[] = [];
  let due = 0;
  let counted = 0;
  for (let place = 0; place < likes.size; place++) {
    if (likes.group[place] !== number) continue;
    const dueUs = likes.due[place]!;
    const visibleUs = likes.visible[place]!;
    if (visibleUs >= fromUs && visibleUs < toUs) counted++;
    if (dueUs < fromUs || dueUs >= toUs) continue;
    due++;
    if (!Number.isNaN(visibleUs)) latenciesMs.push(Math.max(0, visibleUs - dueUs) / 1_000);
  }
  latenciesMs.sort((a, b) => a - b);
  return {
    group,
    likes: due,
    duePerS: due / spanS,
    countedPerS: counted / spanS,
    p50Ms: percentile(latenciesMs, 50),
    p99Ms: percentile(latenciesMs, 99),
    maxMs: latenciesMs.at(-1),
  };
}

function secondsOf(likes: Likes, group: HotGroup, firstUs: number): HotSeconds {
  const number = HOT_GROUPS.indexOf(group);
  const seconds: { due: number; counted: number; latenciesMs: number[] }[] = [];
  const at = (us: number) => {
    const second = Math.max(0, Math.floor((us - firstUs) / 1e6));
    while (seconds.length <= second) seconds.push({ due: 0, counted: 0, latenciesMs: [] });
    return seconds[second]!;
  };
  for (let place = 0; place < likes.size; place++) {
    if (likes.group[place] !== number) continue;
    const dueUs = likes.due[place]!;
    const visibleUs = likes.visible[place]!;
    at(dueUs).due++;
    if (Number.isNaN(visibleUs)) continue;
    at(visibleUs).counted++;
    at(dueUs).latenciesMs.push(Math.max(0, visibleUs - dueUs) / 1_000);
  }
  return {
    due: seconds.map(({ due }) => due),
    counted: seconds.map(({ counted }) => counted),
    p99Ms: seconds.map(({ latenciesMs }) => {
      return percentile(rising(latenciesMs), 99) ?? null;
    }),
  };
}

/** From what consumers told of their writes, which is twice a second, within the measured part. */
function writesPerLike(
  told: readonly WritesAt[],
  fromUs: number,
  toUs: number,
): Pick<HotSpotFacts, 'transactionsPerLike' | 'countUpdatesPerLike'> {
  const within = told.filter(({ atUs }) => atUs >= fromUs && atUs <= toUs);
  const [first, last] = [within[0], within.at(-1)];
  if (first === undefined || last === undefined) return {};
  const likes = last.likes - first.likes;
  if (likes <= 0) return {};
  return {
    transactionsPerLike: (last.transactions - first.transactions) / likes,
    countUpdatesPerLike: (last.countUpdates - first.countUpdates) / likes,
  };
}
