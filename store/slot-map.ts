/** Slot -> shard, with a version, and the few posts that do not live in their slot. Pure. */
import { z } from 'zod';
import type { Like } from '../likes/like.ts';
import { openRouting } from './routing/index.ts';
import type { RoutingChoice } from './routing/routing.ts';
import { routingSchema } from './sharding-options.ts';
import { hashOf, SLOT_COUNT, slotOf } from './slot.ts';

/** A shard keeps at least four slots, so that slots stay the unit in which load is moved. */
export const SHARDS_MAX = SLOT_COUNT / 4;

/** Which shard holds which slot. A changed map is a new one with the next version. */
export interface SlotMap {
  /** From 1 up. Two maps of one store with the same version are the same map. */
  readonly version: number;
  readonly shards: number;
  /** The shard of each of the 4,096 slots. */
  readonly shardOfSlot: Uint16Array;
  /**
   * Post -> shards, for posts that do not live where their slot does. One shard: a post that was
   * isolated. Several: a hot post, split into slices by user, one per shard.
   */
  readonly exceptions: ReadonlyMap<string, readonly number[]>;
  /** Another way than slots, for experiments; then only exceptions can be moved. */
  readonly routing?: RoutingChoice;
}

/** How a map looks on disk: runs of neighbouring slots, so that a person can read it. */
export interface SlotMapDocument {
  readonly version: number;
  readonly shards: number;
  readonly runs: readonly { readonly from: number; readonly to: number; readonly shard: number }[];
  readonly exceptions: readonly { readonly post: string; readonly shards: readonly number[] }[];
  readonly routing?: RoutingChoice | undefined;
}

const count = z.number().int().nonnegative();

/** Checks the document's shape and that its runs name every slot once, in order. */
export const slotMapSchema: z.ZodType<SlotMapDocument> = z
  .strictObject({
    version: z.number().int().positive(),
    shards: z.number().int().min(1).max(SHARDS_MAX),
    runs: z.array(z.strictObject({ from: count, to: count, shard: count })),
    exceptions: z.array(
      z.strictObject({ post: z.string().min(1), shards: z.array(count).min(1).max(SHARDS_MAX) }),
    ),
    routing: routingSchema.optional(),
  })
  .superRefine((document, context) => {
    const problem = problemOf(document);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  });

/**
 * The map of a new store: version 1, neighbouring slots together, sizes that differ by 1 at most.
 */
export function evenSlotMap(shards: number, routing?: RoutingChoice): SlotMap {
  const shardOfSlot = Uint16Array.from({ length: SLOT_COUNT }, (_, slot) =>
    Math.floor((slot * shards) / SLOT_COUNT),
  );
  return { version: 1, shards, shardOfSlot, exceptions: new Map(), ...withRouting(routing) };
}

/**
 * The same for a store whose last shards hold no slots at first: posts can be isolated on them.
 * @throws RangeError when no shard would be left that holds slots
 */
export function newSlotMap(
  shards: number,
  options: {
    readonly routing?: RoutingChoice | undefined;
    readonly spareShards?: number | undefined;
  },
): SlotMap {
  const { routing, spareShards = 0 } = options;
  if (spareShards >= shards) {
    throw new RangeError(`${spareShards} of ${shards} shards cannot be spare: one must hold slots`);
  }
  return { ...evenSlotMap(shards - spareShards, routing), shards };
}

function withRouting(routing: RoutingChoice | undefined): Pick<SlotMap, 'routing'> {
  return routing === undefined || routing.name === 'slots' ? {} : { routing };
}

/** Where a post stands that is no exception. */
function homeOf({ routing, shards, shardOfSlot }: SlotMap, post: string): number {
  if (routing === undefined) return shardOfSlot[slotOf(post)]!;
  return openRouting(routing).shardOf(post, shards);
}

/** All shards that count a post: one, or those of its slices, each once. */
export function shardsOfPost(map: SlotMap, post: string): readonly number[] {
  return map.exceptions.get(post) ?? [homeOf(map, post)];
}

/** The posts that are in slices, each in several shards. */
export function splitPosts({ exceptions }: SlotMap): string[] {
  return [...exceptions].flatMap(([post, shards]) => (shards.length > 1 ? [post] : []));
}

/** The shard that counts a like. A user's likes of a split post all go to one slice. */
export function shardOfLike(map: SlotMap, { post, user }: Pick<Like, 'post' | 'user'>): number {
  if (map.exceptions.size > 0) {
    const shards = map.exceptions.get(post);
    if (shards?.length === 1) return shards[0]!;
    if (shards !== undefined) return shards[hashOf(user) % shards.length]!;
  }
  return homeOf(map, post);
}

/**
 * The next version, in which `post` alone belongs to these shards: to one, or in slices to several.
 * Moves no counts: that is the mover's part.
 */
export function withPostMoved(map: SlotMap, post: string, shards: readonly number[]): SlotMap {
  const exceptions = new Map(map.exceptions);
  if (shards.length === 1 && homeOf(map, post) === shards[0]) exceptions.delete(post);
  else exceptions.set(post, shards);
  return { ...map, version: map.version + 1, exceptions };
}

export function slotMapToDocument(map: SlotMap): SlotMapDocument {
  const runs: { from: number; to: number; shard: number }[] = [];
  map.shardOfSlot.forEach((shard, slot) => {
    const last = runs.at(-1);
    if (last?.shard === shard) last.to = slot;
    else runs.push({ from: slot, to: slot, shard });
  });
  const exceptions = [...map.exceptions].map(([post, owners]) => ({ post, shards: owners }));
  const { version, shards, routing } = map;
  return { version, shards, runs, exceptions, ...withRouting(routing) };
}

/** @throws ZodError when the document is not a slot map. */
export function slotMapFromDocument(value: unknown): SlotMap {
  const { version, shards, runs, exceptions, routing } = slotMapSchema.parse(value);
  const shardOfSlot = new Uint16Array(SLOT_COUNT);
  for (const run of runs) shardOfSlot.fill(run.shard, run.from, run.to + 1);
  const pairs = exceptions.map((exception) => [exception.post, exception.shards] as const);
  return { version, shards, shardOfSlot, exceptions: new Map(pairs), ...withRouting(routing) };
}

function problemOf({ shards, runs, exceptions }: SlotMapDocument): string | undefined {
  let next = 0;
  for (const run of runs) {
    if (run.from !== next) return `expected a run from slot ${next}, found one from ${run.from}`;
    if (run.to < run.from) return `the run from slot ${run.from} ends before it, at ${run.to}`;
    if (run.shard >= shards) return `slot ${run.from} is in shard ${run.shard} of ${shards}`;
    next = run.to + 1;
  }
  if (next !== SLOT_COUNT) return `the runs name ${next} of ${SLOT_COUNT} slots`;
  for (const { post, shards: owners } of exceptions) {
    const name = `post ${JSON.stringify(post)}`;
    const missing = owners.find((owner) => owner >= shards);
    if (missing !== undefined) return `${name} is in shard ${missing} of ${shards}`;
    if (new Set(owners).size !== owners.length) return `${name} has two slices in one shard`;
  }
  if (new Set(exceptions.map(({ post }) => post)).size !== exceptions.length) {
    return 'a post has two exceptions';
  }
  return undefined;
}
