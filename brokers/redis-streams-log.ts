/** The streams of a queue as a log: how much of it waits, where it begins, and to read it again. */
import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { HandleLikes, LikeConsumer } from '../likes/like.ts';
import type { LogGap, Reread, RereadProgress } from './broker.ts';

/**
 * How many entries wait behind a group's position, and how many are pending, over all lanes. Redis
 * 6.2 does not tell a group's lag, and later ones only for certain where nothing was ever trimmed.
 * Else the entries on both sides of the position are counted, some at a time, until one side ends:
 * where consumers trim, few stand before it, and where the log is kept, mostly few behind it.
 */
export const WAITING = `
local function after(id) return '(' .. id end
local waiting, pending = 0, 0
for lane = 1, #KEYS do
  local group = {}
  for _, found in ipairs(redis.call('XINFO', 'GROUPS', KEYS[lane])) do
    local facts = {}
    for i = 1, #found, 2 do facts[found[i]] = found[i + 1] end
    if facts['name'] == ARGV[1] then group = facts end
  end
  pending = pending + group['pending']
  local position = group['last-delivered-id']
  local behind = ARGV[2] == '1' and tonumber(group['lag'] or nil)
  local front, back, before, beyond = '-', after(position), 0, 0
  while not behind do
    local early = redis.call('XRANGE', KEYS[lane], front, position, 'COUNT', 1000)
    before = before + #early
    local late = redis.call('XRANGE', KEYS[lane], back, '+', 'COUNT', 1000)
    beyond = beyond + #late
    if #early < 1000 then behind = redis.call('XLEN', KEYS[lane]) - before
    elseif #late < 1000 then behind = beyond
    else front, back = after(early[1000][1]), after(late[1000][1]) end
  end
  waiting = waiting + behind
end
return {waiting, pending}`;

/** For each lane what its log holds, and how far a group is in it; what LaneFacts says. */
const LANES = `
local answer = {}
for lane = 1, #KEYS do
  local told = redis.call('XINFO', 'STREAM', KEYS[lane])
  local facts = {}
  for i = 1, #told, 2 do facts[told[i]] = told[i + 1] end
  local last = redis.call('XREVRANGE', KEYS[lane], '+', '-', 'COUNT', 1)[1]
  local position, pending = '', ''
  for _, found in ipairs(redis.call('XINFO', 'GROUPS', KEYS[lane])) do
    local group = {}
    for i = 1, #found, 2 do group[found[i]] = found[i + 1] end
    if group['name'] == ARGV[1] then
      position = group['last-delivered-id']
      pending = redis.call('XPENDING', KEYS[lane], ARGV[1])[2] or ''
    end
  end
  answer[lane] = {
    facts['length'], facts['first-entry'] and facts['first-entry'][1] or '',
    last and last[1] or '', facts['entries-added'] or -1, position, pending,
  }
end
return answer`;

/** What the server tells of one lane. Ids are as Redis writes them, `ms-number`. */
export interface LaneFacts {
  readonly entries: number;
  /** Undefined when it is empty. */
  readonly first: string | undefined;
  readonly last: string | undefined;
  /** Entries that were ever added; undefined before Redis 7. */
  readonly added: number | undefined;
  /** Up to where the group was given entries, and the oldest of them that it holds. */
  readonly position: string | undefined;
  readonly pending: string | undefined;
}

/** What the lab knows of a queue besides. */
export interface QueueFacts {
  readonly redis: Redis;
  readonly streams: readonly string[];
  /** The group that counts. */
  readonly counters: string;
  readonly keepsLog: boolean;
}

async function askLanes({ redis, streams }: QueueFacts, group: string): Promise<LaneFacts[]> {
  const answer = await redis.eval(LANES, streams.length, ...streams, group);
  const told = (text: string | number) => (text === '' ? undefined : String(text));
  return (answer as [number, string, string, number, string, string][]).map((lane) => ({
    entries: lane[0],
    first: told(lane[1]),
    last: told(lane[2]),
    added: lane[3] < 0 ? undefined : lane[3],
    position: told(lane[4]),
    pending: told(lane[5]),
  }));
}

/**
 * What is missing at the beginning of a lane. Before Redis 7 nobody tells how many entries a stream
 * ever had: then it is whole where its consumers keep the log, or nothing was ever given to them.
 */
export function gapOf(lane: number, facts: LaneFacts, keepsLog: boolean): LogGap | undefined {
  const begins = facts.first === undefined ? 'nothing' : `entry ${facts.first}`;
  if (facts.added !== undefined) {
    const gone = facts.added - facts.entries;
    return gone === 0 ? undefined : { lane, begins, gone };
  }
  const isUntouched = facts.position === undefined || facts.position === '0-0';
  return keepsLog || isUntouched ? undefined : { lane, begins, gone: undefined };
}

/** `before`: the lanes when the log was opened. `now`: the same, and how far the group is. */
export function progressOf(
  before: readonly LaneFacts[],
  now: readonly LaneFacts[],
): Omit<RereadProgress, 'parked'> {
  const pairs = before.map((lane, index) => ({ was: lane, is: now[index]! }));
  return {
    isDone: pairs.every(({ was, is }) => {
      if (was.last === undefined) return true;
      const isGiven = is.position !== undefined && !isBefore(is.position, was.last);
      return isGiven && (is.pending === undefined || isBefore(was.last, is.pending));
    }),
    hasGrown: pairs.some(({ was, is }) => is.last !== undefined && is.last !== was.last),
    hasShrunk: pairs.some(({ was, is }) => was.first !== undefined && is.first !== was.first),
  };
}

/** Whether one id of a stream stands before another. */
function isBefore(one: string, other: string): boolean {
  const [oneMs, oneNumber] = one.split('-').map(BigInt) as [bigint, bigint];
  const [otherMs, otherNumber] = other.split('-').map(BigInt) as [bigint, bigint];
  return oneMs === otherMs ? oneNumber < otherNumber : oneMs < otherMs;
}

/** `open` opens the template for a group whose keys begin with `prefix`. */
export async function reread(
  queue: string,
  facts: QueueFacts,
  open: (
    group: { readonly group: string; readonly prefix: string },
    handleLikes: HandleLikes,
  ) => Promise<LikeConsumer>,
): Promise<Reread> {
  const { redis, streams, counters, keepsLog } = facts;
  const group = `again-${randomUUID()}`;
  const prefix = `${queue}:${group}`;
  const before = await askLanes(facts, counters);
  for (const stream of streams) await redis.xgroup('CREATE', stream, group, '0');
  return {
    messages: before.reduce((sum, { entries }) => sum + entries, 0),
    gaps: before.flatMap((lane, index) => gapOf(index, lane, keepsLog) ?? []),
    openConsumer: (handleLikes) => open({ group, prefix }, handleLikes),
    async progress() {
      const now = await askLanes(facts, group);
      return { ...progressOf(before, now), parked: await redis.xlen(`${prefix}:dead`) };
    },
    async [Symbol.asyncDispose]() {
      const destroyed = streams.map((stream) => redis.xgroup('DESTROY', stream, group));
      // A server or a queue that is gone by now has no such group either.
      await Promise.allSettled([...destroyed, redis.unlink(...keysOf(prefix))]);
    },
  };
}

/** What groups that read again have left behind, when their process was killed. */
export async function leftByOthers(redis: Redis, queue: string): Promise<string[]> {
  const groups = (await redis.xinfo('GROUPS', `${queue}:0`).catch(() => [])) as string[][];
  return groups.flatMap((facts) => keysOf(`${queue}:${facts[facts.indexOf('name') + 1]}`));
}

/** What a group keeps besides the streams. */
export const keysOf = (prefix: string): string[] =>
  ['dead', 'consumers', 'owners'].map((name) => `${prefix}:${name}`);
