/**
 * What a limiter should have done: a token bucket a user, worked out from when requests were sent
 * and answered, and held against what was done, request by request.
 *
 * Nobody outside knows when a limiter decided, only that it was between sending and answer. So the
 * bucket is known between two bounds, and where the decision hangs on the moment within them the
 * request is *on the edge*: it can be right either way. There the bucket goes on with what was
 * done, so that one such request does not make others look wrong; everywhere else it goes its own
 * way, so that a limiter that is wrong stays wrong.
 *
 * The bucket is kept as the moment at which it would be full again, `full`. A like passes when
 * full - now <= (burst - 1) / rate, and then full = max(full, now) + 1 / rate. This is the generic
 * cell rate algorithm by virtual scheduling (ITU-T I.371, annex A), which decides as a token bucket
 * does. Both steps only rise with `full` and `now`, so bounds of these are bounds of what follows,
 * and never grow apart further than the longest wait for an answer.
 */
import type { Limit } from './limiter-plan.ts';

/** `none`: no answer that tells, such as one for want of room; a token may have gone or not. */
export type Decision = 'passed' | 'stopped' | 'none';

export interface LimitedRequest {
  /** Whose bucket: the user; with the gateway behind it where each has buckets of its own. */
  readonly bucket: string;
  /** On one clock; the limiter decided in between. */
  readonly sentUs: number;
  readonly answeredUs: number;
  readonly decision: Decision;
}

export type Judgement = 'agrees' | 'on-the-edge' | 'wrongly-passed' | 'wrongly-stopped' | 'none';

/** A limiter may be off by so much of a token, for sums of parts of it are not exact. */
const ROUNDING = 1e-5;

/**
 * A judgement for each request, in the order given.
 * @param requests in the order of their sending
 */
export function judgeDecisions(requests: readonly LimitedRequest[], limit: Limit): Judgement[] {
  const judgements = new Array<Judgement>(requests.length);
  const places = Map.groupBy(requests.keys(), (place) => requests[place]!.bucket);
  for (const own of places.values()) {
    const bounds = new BucketBounds(limit);
    const bucket = own.map((place) => requests[place]!);
    for (const [index, place] of own.entries()) {
      judgements[place] = judgeOne(bounds, bucket, index);
    }
  }
  return judgements;
}

/** What a bucket without any delay does with each like, in the order given. */
export function idealDecisions(
  likes: readonly { readonly bucket: string; readonly dueUs: number }[],
  limit: Limit,
): Exclude<Decision, 'none'>[] {
  const buckets = new Map<string, BucketBounds>();
  return likes.map(({ bucket, dueUs }) => {
    const bounds = buckets.get(bucket) ?? new BucketBounds(limit);
    buckets.set(bucket, bounds);
    if (bounds.decideAt(dueUs, dueUs) === 'stops') return 'stopped';
    bounds.take(dueUs, dueUs);
    return 'passed';
  });
}

function judgeOne(
  bounds: BucketBounds,
  bucket: readonly LimitedRequest[],
  index: number,
): Judgement {
  const { sentUs, answeredUs, decision } = bucket[index]!;
  if (decision === 'none') {
    bounds.mayTake(answeredUs);
    return 'none';
  }
  const should = bounds.decideAt(sentUs, answeredUs, overlaps(bucket, index));
  const passes = should === 'unsure' ? decision === 'passed' : should === 'passes';
  if (passes) bounds.take(sentUs, answeredUs);
  if (should === 'unsure') return 'on-the-edge';
  if (passes === (decision === 'passed')) return 'agrees';
  return passes ? 'wrongly-stopped' : 'wrongly-passed';
}

/** Other requests of the bucket that were under way at that time, and may have taken a token. */
interface Overlaps {
  readonly earlier: number;
  readonly later: number;
}

const NO_OVERLAPS: Overlaps = { earlier: 0, later: 0 };

/** Which of two that overlap was decided first is unknown. */
function overlaps(bucket: readonly LimitedRequest[], index: number): Overlaps {
  const { sentUs, answeredUs } = bucket[index]!;
  let [earlier, later] = [0, 0];
  for (let at = index - 1; at >= 0; at--) {
    const other = bucket[at]!;
    if (other.answeredUs > sentUs && other.decision !== 'stopped') earlier++;
    // Nobody waits longer for an answer than the client has patience, so the walk can end.
    if (other.sentUs < sentUs - ANSWER_US_MAX) break;
  }
  for (let at = index + 1; at < bucket.length && bucket[at]!.sentUs < answeredUs; at++) {
    if (bucket[at]!.decision !== 'stopped') later++;
  }
  return { earlier, later };
}

/** Longer than any client of ours waits for an answer. */
const ANSWER_US_MAX = 60_000_000;

/** A bucket of which is known between which two moments it would be full again. */
class BucketBounds {
  readonly #tokenUs: number;
  readonly #toleranceUs: number;
  #earlyFullUs = Number.NEGATIVE_INFINITY;
  #lateFullUs = Number.NEGATIVE_INFINITY;

  constructor({ likesPerS, burst }: Limit) {
    this.#tokenUs = 1_000_000 / likesPerS;
    this.#toleranceUs = (burst - 1 + ROUNDING) * this.#tokenUs;
  }

  /** For a decision that falls between two moments. */
  decideAt(
    fromUs: number,
    toUs: number,
    { earlier, later }: Overlaps = NO_OVERLAPS,
  ): 'passes' | 'stops' | 'unsure' {
    // Those sent earlier may be decided later, and the other way round.
    const earlyUs = this.#earlyFullUs - earlier * this.#tokenUs;
    const lateUs =
      later === 0 ? this.#lateFullUs : Math.max(this.#lateFullUs, toUs) + later * this.#tokenUs;
    if (lateUs - fromUs <= this.#toleranceUs) return 'passes';
    return earlyUs - toUs > this.#toleranceUs ? 'stops' : 'unsure';
  }

  take(fromUs: number, toUs: number): void {
    this.#earlyFullUs = Math.max(this.#earlyFullUs, fromUs) + this.#tokenUs;
    this.#lateFullUs = Math.max(this.#lateFullUs, toUs) + this.#tokenUs;
  }

  /** A token has gone, or none, at this moment at the latest. */
  mayTake(toUs: number): void {
    this.#lateFullUs = Math.max(this.#lateFullUs, toUs) + this.#tokenUs;
  }
}
