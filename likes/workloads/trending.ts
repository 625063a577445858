/** Real counts as a stream: which post, and on which listed day, is real; the rest is made. */
import type { LikeMaker, PlannedLike } from './planned-like.ts';
import { Random } from './random.ts';
import type { TrendingCell, TrendingPlan } from './trending-cells.ts';
import { PostUsers } from './users.ts';

const ORDER_SEQUENCE = 2;

interface Day {
  readonly cells: readonly TrendingCell[];
  readonly events: number;
}

/**
 * The days follow each other; within a day the order is a shuffle of all its presses.
 *
 * A post's k-th like comes from its k-th user and its u-th unlike from its u-th user, so who did
 * what follows from two counters per post. Normally the like is there first, as version 1, and the
 * unlike is version 2. Scaling may round an unlike up and its like away or to a later day: then the
 * unlike is that user's version 1, and the like, should it come, version 2.
 */
export class TrendingMaker implements LikeMaker {
  readonly #posts: readonly string[];
  readonly #days: readonly Day[];
  readonly #users: PostUsers;
  readonly #random: Random;
  readonly #likesDone: Uint32Array;
  readonly #unlikesDone: Uint32Array;
  /** Places among the cells of the day, one per press; the same memory serves each day in turn. */
  readonly #order: Uint16Array;
  #cells: readonly TrendingCell[] = [];
  #next = 0;
  #end = 0;
  #day = 0;

  constructor(plan: TrendingPlan, seed: number) {
    this.#posts = plan.posts;
    this.#days = daysOf(plan.cells);
    this.#users = new PostUsers(plan.posts.length, seed);
    this.#random = Random.seeded(seed, ORDER_SEQUENCE);
    this.#likesDone = new Uint32Array(plan.posts.length);
    this.#unlikesDone = new Uint32Array(plan.posts.length);
    this.#order = new Uint16Array(Math.max(...this.#days.map((day) => day.events)));
  }

  make(seq: number): PlannedLike {
    if (this.#next === this.#end) this.#startDay();
    const cell = this.#cells[this.#draw()]!;
    const likesBefore = this.#likesDone[cell.post]!;
    const unlikesBefore = this.#unlikesDone[cell.post]!;
    const isLike = cell.action === 'like';
    const k = isLike ? likesBefore : unlikesBefore;
    if (isLike) this.#likesDone[cell.post] = likesBefore + 1;
    else this.#unlikesDone[cell.post] = unlikesBefore + 1;
    return {
      seq,
      post: this.#posts[cell.post]!,
      user: this.#users.nameOf(cell.post, k),
      action: cell.action,
      version: k < (isLike ? unlikesBefore : likesBefore) ? 2 : 1,
      retry: false,
    };
  }

  /** One step of a Fisher-Yates shuffle: the next press is any of those that the day has left. */
  #draw(): number {
    const order = this.#order;
    const place = this.#next;
    this.#next = place + 1;
    const chosen = place + this.#random.nextBelow(this.#end - place);
    const cell = order[chosen]!;
    order[chosen] = order[place]!;
    return cell;
  }

  #startDay(): void {
    const day = this.#days[this.#day]!;
    this.#day += 1;
    this.#cells = day.cells;
    this.#next = 0;
    this.#end = day.events;
    let filled = 0;
    for (const [place, cell] of day.cells.entries()) {
      this.#order.fill(place, filled, filled + cell.amount);
      filled += cell.amount;
    }
  }
}

/** Days on which nothing happened, or nothing is left after scaling, do not appear. */
function daysOf(cells: readonly TrendingCell[]): Day[] {
  const days = Map.groupBy(cells, (cell) => cell.day);
  return [...days.values()].map((group) => ({
    cells: group,
    events: group.reduce((sum, cell) => sum + cell.amount, 0),
  }));
}
