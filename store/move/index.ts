/**
 * Moves slots and posts between the shards of a store while everybody goes on counting. How that is
 * done, and why each like is still counted once, stands in run-move.ts.
 *
 * One move at a time: a process that moves holds the store's mover lock, and a move that was
 * interrupted is to be resumed or rolled back before another one can begin.
 */
import type { StoreOptions } from '../open-store.ts';
import { SHARDS_MAX, type SlotMap, shardsOfPost } from '../slot-map.ts';
import { readStoreFile } from '../store-file.ts';
import { forecastMove, type MoveForecast } from './forecast.ts';
import { goBack } from './go-back.ts';
import { StoreMoveError } from './move-error.ts';
import type { MoveRecord } from './move-record.ts';
import { type MoveFigures, MoveTally } from './move-tally.ts';
import type { MovingStore } from './moving-store.ts';
import { postMoved, postTakenBack, rebalanced, shardOfItsOwn, shardsOfSlices } from './next-map.ts';
import { runMove } from './run-move.ts';
import type { MoveStep } from './steps.ts';
import { type Move, waysOf } from './transfers.ts';

/** What somebody wants to be moved. */
export type MoveWish =
  /** All slots evenly over so many shards: shards are added, or the last ones drained. */
  | { readonly kind: 'shards'; readonly shards: number }
  /** A post alone in a shard: the one named, or an empty one, which is added where none is. */
  | { readonly kind: 'isolate'; readonly post: string; readonly shard?: number | undefined }
  /** A post in slices by user, one each in so many shards. */
  | { readonly kind: 'split'; readonly post: string; readonly slices: number }
  /** A post in exactly these shards. */
  | { readonly kind: 'post'; readonly post: string; readonly shards: readonly number[] }
  /** A post back to where its slot is. */
  | { readonly kind: 'take back'; readonly post: string };

/** What became of a move. */
export interface MoveReport extends MoveFigures {
  /** In the words of a person: `4 to 5 shards`. */
  readonly title: string;
  readonly outcome: 'moved' | 'gone back' | 'nothing to move';
  readonly tookMs: number;
}

/** Hears of each step when it has been done. Whoever throws leaves the move where it is. */
export type WatchMove = (step: MoveStep) => void;

/**
 * Opens the store for its mover, and holds the store's mover lock until it is disposed.
 * @throws StoreMoveError MOVE_UNDER_WAY while another process moves, MOVE_IMPOSSIBLE for engines
 * whose posts nobody can move; StoreFolderError when there is no such store
 */
export async function openMovingStore(options: StoreOptions): Promise<MovingStore> {
  switch (options.engine) {
    case undefined:
    case 'sqlite': {
      const { openSqliteMovingStore } = await import('./sqlite-moving-store.ts');
      return openSqliteMovingStore(options);
    }
    case 'postgres': {
      const { openPostgresMovingStore } = await import('./postgres-moving-store.ts');
      return await openPostgresMovingStore(options);
    }
    default:
      throw nothingMoves(options);
  }
}

/** The map that is in force now. @throws the errors of openMovingStore but MOVE_UNDER_WAY */
export async function readSlotMap(options: StoreOptions): Promise<SlotMap> {
  switch (options.engine) {
    case undefined:
    case 'sqlite':
      return readStoreFile(options.folder).slotMap;
    case 'postgres': {
      const { readPostgresSlotMap } = await import('./postgres-moving-store.ts');
      return await readPostgresSlotMap(options);
    }
    default:
      throw nothingMoves(options);
  }
}

function nothingMoves({ engine }: StoreOptions): StoreMoveError {
  return new StoreMoveError(
    'MOVE_IMPOSSIBLE',
    `nothing can be moved in a store of the engine ${engine}; use one of sqlite or postgres`,
  );
}

/**
 * The move that a wish comes to, or undefined when all is there already.
 * @throws StoreMoveError MOVE_IMPOSSIBLE when the store cannot have it so
 */
export function moveFor(map: SlotMap, wish: MoveWish): MoveRecord | undefined {
  checkWish(map, wish);
  const to = mapFor(map, wish);
  const shardsAfter = wish.kind === 'shards' ? wish.shards : to.shards;
  checkRouting(map, wish, to);
  const move: Move = { from: map, to, shardsAfter };
  if (waysOf(move).length === 0 && shardsAfter === map.shards) return undefined;
  return { ...move, title: titleOf(map, wish, to), stage: 'copying' };
}

/** What a move would take, in numbers. */
export interface MovePlan extends MoveForecast {
  readonly title: string;
  readonly move: Move;
}

/**
 * What a wish would take, without changing anything; undefined when all is there already. Rejects
 * as startMove.
 */
export async function planMove(
  options: StoreOptions,
  wish: MoveWish,
): Promise<MovePlan | undefined> {
  await using store = await openMovingStore(options);
  const { slotMap, move: unfinished } = await store.state();
  if (unfinished !== undefined) throw unfinishedError(unfinished);
  const record = moveFor(slotMap, wish);
  if (record === undefined) return undefined;
  const { title, from, to, shardsAfter } = record;
  return { title, move: { from, to, shardsAfter }, ...(await forecastMove(store, record)) };
}

/**
 * Moves what is wished for. Resolves when nothing of it is left where it was. Done again, it moves
 * nothing. A SIGKILL at any time leaves the move to be resumed or rolled back, and counts exact.
 * Rejects with the errors of openMovingStore and moveFor; with StoreMoveError MOVE_UNFINISHED when
 * an interrupted move is to be ended first, MOVE_CANNOT_CATCH_UP when likes come too fast, and
 * MOVE_SUMS_DIFFER when what arrived is not what was sent; and with StoreUnavailableError on an
 * outage. After each of the last three the move is unfinished.
 */
export async function startMove(
  options: StoreOptions,
  wish: MoveWish,
  watch?: WatchMove,
): Promise<MoveReport> {
  await using store = await openMovingStore(options);
  return await startMoveIn(store, wish, watch);
}

/** As startMove, in a store whose mover the caller is. */
export async function startMoveIn(
  store: MovingStore,
  wish: MoveWish,
  watch?: WatchMove,
): Promise<MoveReport> {
  const begunMs = performance.now();
  const { slotMap, move: unfinished } = await store.state();
  if (unfinished !== undefined) throw unfinishedError(unfinished);
  const record = moveFor(slotMap, wish);
  if (record === undefined) return nothingToMove(titleOf(slotMap, wish, slotMap));
  await store.write({ slotMap, move: record });
  watch?.('begun');
  return await goOn(store, record, begunMs, watch);
}

/**
 * Ends a move that was interrupted: on from where it stands, or back when it was on the way back.
 * Rejects as startMove, and with StoreMoveError NO_MOVE when there is none.
 */
export async function resumeMove(options: StoreOptions, watch?: WatchMove): Promise<MoveReport> {
  await using store = await openMovingStore(options);
  return await resumeMoveIn(store, watch);
}

/** As resumeMove, in a store whose mover the caller is. */
export async function resumeMoveIn(store: MovingStore, watch?: WatchMove): Promise<MoveReport> {
  const begunMs = performance.now();
  return await goOn(store, await unfinishedMove(store), begunMs, watch);
}

/**
 * Takes an interrupted move back, as if it had never begun.
 * Rejects with StoreMoveError NO_MOVE when there is none, MOVE_CANNOT_GO_BACK when likes are
 * counted by the new map already, and as startMove.
 */
export async function rollBackMove(options: StoreOptions, watch?: WatchMove): Promise<MoveReport> {
  await using store = await openMovingStore(options);
  const begunMs = performance.now();
  const record = await unfinishedMove(store);
  if (!['copying', 'fencing', 'going back'].includes(record.stage)) {
    throw new StoreMoveError(
      'MOVE_CANNOT_GO_BACK',
      `${record.title}: the new map is in force, and likes are counted by it; resume the move, ` +
        'then move back what you want back',
    );
  }
  return await goOn(store, { ...record, stage: 'going back' }, begunMs, watch);
}

async function goOn(
  store: MovingStore,
  record: MoveRecord,
  begunMs: number,
  watch?: WatchMove,
): Promise<MoveReport> {
  const tally = new MoveTally();
  const isBack = record.stage === 'going back';
  const steps = isBack ? goBack(store, record) : runMove(store, record, tally);
  for await (const step of steps) watch?.(step);
  return {
    title: record.title,
    outcome: isBack ? 'gone back' : 'moved',
    tookMs: performance.now() - begunMs,
    ...tally.figures(),
  };
}

async function unfinishedMove(store: MovingStore): Promise<MoveRecord> {
  const { move } = await store.state();
  if (move !== undefined) return move;
  throw new StoreMoveError('NO_MOVE', 'no move was interrupted here; begin one');
}

function mapFor(map: SlotMap, wish: MoveWish): SlotMap {
  switch (wish.kind) {
    case 'shards':
      return rebalanced(map, wish.shards);
    case 'isolate':
      return postMoved(map, wish.post, [wish.shard ?? shardOfItsOwn(map, wish.post)]);
    case 'split':
      return postMoved(map, wish.post, shardsOfSlices(map, wish.post, wish.slices));
    case 'post':
      return postMoved(map, wish.post, wish.shards);
    case 'take back':
      return postTakenBack(map, wish.post);
  }
}

function checkWish(map: SlotMap, wish: MoveWish): void {
  if (wish.kind === 'shards') {
    if (wish.shards >= 1 && wish.shards <= SHARDS_MAX) return;
    throw impossible(`${wish.shards} shards: a store has 1 to ${SHARDS_MAX}`);
  }
  if (wish.kind === 'split') {
    if (wish.slices >= 2 && wish.slices <= map.shards) return;
    throw impossible(`${wish.slices} slices: allowed are 2 to ${map.shards}, one for each shard`);
  }
  const shards = wish.kind === 'post' ? wish.shards : 'shard' in wish ? [wish.shard ?? 0] : [0];
  const isKnown = shards.every((shard) => shard >= 0 && shard <= map.shards && shard < SHARDS_MAX);
  if (shards.length > 0 && isKnown && new Set(shards).size === shards.length) return;
  throw impossible(
    `shards ${shards.join(', ')}: allowed are 0 to ${map.shards - 1}, each once, and ` +
      `${map.shards} for a new one`,
  );
}

/** All other routings find shards by their number alone. */
function checkRouting(map: SlotMap, wish: MoveWish, to: SlotMap): void {
  if (map.routing === undefined) return;
  if (wish.kind !== 'shards' && to.shards === map.shards) return;
  throw impossible(
    `shards are found by ${map.routing.name} here, by which their number is fixed; make a store ` +
      'that finds them by slots',
  );
}

function impossible(why: string): StoreMoveError {
  return new StoreMoveError('MOVE_IMPOSSIBLE', why);
}

function titleOf(map: SlotMap, wish: MoveWish, to: SlotMap): string {
  if (wish.kind === 'shards') return `${map.shards} to ${wish.shards} shards`;
  const owners = shardsOfPost(to, wish.post);
  const where = `${owners.length === 1 ? 'shard' : 'shards'} ${owners.join(', ')}`;
  return `post ${JSON.stringify(wish.post)} to ${where}`;
}

function unfinishedError({ title, stage }: MoveRecord): StoreMoveError {
  const isBefore = stage === 'copying' || stage === 'fencing';
  const ways = isBefore ? '--resume or --roll-back' : '--resume';
  return new StoreMoveError(
    'MOVE_UNFINISHED',
    `a move was interrupted here (${title}, ${stage}); end it first, with ${ways}`,
  );
}

function nothingToMove(title: string): MoveReport {
  return { title, outcome: 'nothing to move', tookMs: 0, ...new MoveTally().figures() };
}
