/**
 * How old the oldest like of a queue is, from sums alone: the same way for every broker, whether it
 * tells ages or not, without anybody's wall clock, and while no worker lives. What has come (gone
 * and still there) is one curve over time, what has gone is another; the horizontal distance of the
 * two is how long the next like to go has waited, where first in is first out (the cumulative
 * curves of G. F. Newell, "Applications of Queueing Theory", 2nd edition, 1982, chapter 1).
 */

interface Point {
  readonly atMs: number;
  /** Likes that had come by then. */
  readonly come: number;
}

/** Looks that are kept. With more, every second one goes: an old backlog is told less finely. */
const POINTS_MAX = 3_600;

export class ArrivalCurve {
  #points: Point[] = [];

  /**
   * @param gone likes that have left the queue, counted from any beginning
   * @param left likes that are in it
   * @returns how long ago the oldest of them came, ms; 0 where there is none. Between two looks it
   *   is interpolated. Of likes that were there at the first look: how long ago that was.
   */
  look(atMs: number, gone: number, left: number): number {
    this.#points.push({ atMs, come: gone + left });
    if (left <= 0) {
      // Nobody will ask for what came before.
      this.#points = [{ atMs, come: gone }];
      return 0;
    }
    const before = this.#points.findLastIndex(({ come }) => come <= gone);
    const begun = before === -1 ? this.#points[0]!.atMs : cameAt(this.#points, before, gone);
    if (before > 0) this.#points = this.#points.slice(before);
    if (this.#points.length > POINTS_MAX) this.#points = thinned(this.#points);
    return Math.max(0, atMs - begun);
  }
}

/** Between the point at `before`, when so many had come at most, and the next one. */
function cameAt(points: readonly Point[], before: number, likes: number): number {
  const from = points[before]!;
  const to = points[before + 1];
  if (to === undefined) return from.atMs;
  const share = (likes - from.come) / (to.come - from.come);
  return from.atMs + share * (to.atMs - from.atMs);
}

function thinned(points: readonly Point[]): Point[] {
  return points.filter((_, place) => place % 2 === 0 || place === points.length - 1);
}
