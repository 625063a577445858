/** The ledger: what became of every single like of a trial. Filled by lab/checker.ts. */

/** Sums over all likes of a trial. A like is one (source, seq), however often it was sent. */
export interface Ledger {
  /** Distinct likes that a send was begun for. */
  readonly attempted: number;
  /** Acknowledged by the broker at least once. */
  readonly ok: number;
  /** Never acknowledged, and no send was provably refused: a timeout, a dead producer. */
  readonly unknown: number;
  /** Never acknowledged, and a send was provably refused. */
  readonly fail: number;
  /** Marks in the shards. */
  readonly counted: number;
  /** ok, but neither counted nor parked, although the queue is drained. */
  readonly lost: number;
  /** While the queue is not drained: likes that may still come, or, when those are more, what the
   * server says was never acknowledged. */
  readonly stuck: number;
  /** Effects beyond the first: what the shards' counts hold above their marked likes. */
  readonly doubleEffects: number;
  /** Deliveries beyond a like's first. */
  readonly redelivered: number;
  /** Sends beyond a like's first: clients' retries, which at least once delivers as well. */
  readonly sentAgain: number;
  /** unknown, but counted. */
  readonly recovered: number;
  /** fail, but delivered or counted. */
  readonly revived: number;
  /** Deliveries, marks and dead letters of likes that were never attempted in this trial. */
  readonly phantom: number;
  /** In the dead-letter place, decodable or not. */
  readonly parked: number;
  /** In the dead-letter place although it can be decoded and stored. */
  readonly wronglyParked: number;
  /**
   * First deliveries after the first delivery of a later like of the same post and source. Likes
   * that were sent again after a failed send are left out: their sender changed the order.
   */
  readonly inversions: number;
  /** The largest number of seqs by which an inverted like was behind. */
  readonly inversionSeqsMax: number;
  /** Posts whose stored likes or unlikes are not the sum of their counted likes. */
  readonly miscountedPosts: number;
  /** Sum of the absolute errors of those posts, and the largest one. */
  readonly miscountedLikes: number;
  readonly miscountedLikesMax: number;
  /** Posts whose count differs from the file it was made from; undefined without such a file. */
  readonly unexpectedPosts: number | undefined;
  /** Posts that were compared with the file. */
  readonly expectedPosts: number | undefined;
  /** What the two identities leave over; 0, or the ledger itself is wrong. */
  readonly residual: number;
}

/** What the workers say of their own work, for comparison with what their records say. */
export interface WitnessSums {
  /** Distinct likes, summed by the producers while sending. */
  readonly attempted: number;
}

export type Verdict = 'pass' | 'fail' | 'unknown';

/** A judgement with its reasons in plain words, empty when it is a pass. */
export interface Judgement {
  readonly verdict: Verdict;
  readonly reasons: readonly string[];
}

/** What the counts of a trial are held against. */
export interface Promised {
  /** First deliveries keep the order per post. */
  readonly order: boolean;
  /** Every acknowledged like is still there at the end, whatever was done in the trial. */
  readonly survival: boolean;
}

/**
 * Judges the counts against the promise. `obstacles` are what kept the trial from being judged;
 * any of them makes a pass unknown.
 */
export function judge(ledger: Ledger, promised: Promised, obstacles: readonly string[]): Judgement {
  const broken = brokenPromises(ledger, promised);
  if (broken.length > 0) return { verdict: 'fail', reasons: [...broken, ...obstacles] };
  const doubts = [...obstacles];
  if (ledger.ok === 0) doubts.push('no like was acknowledged');
  if (ledger.residual !== 0) doubts.push(`the ledger has a residual of ${ledger.residual}`);
  return { verdict: doubts.length > 0 ? 'unknown' : 'pass', reasons: doubts };
}

function brokenPromises(ledger: Ledger, promised: Promised): string[] {
  const findings: [number, string][] = [
    [promised.survival ? ledger.lost : 0, 'lost: acknowledged, never counted'],
    [ledger.stuck, 'stuck: not drained by the deadline, with the consumers healthy'],
    [ledger.doubleEffects, 'double effects: counted twice'],
    [ledger.phantom, 'phantom: never attempted in this trial'],
    [ledger.revived, 'revived: reported as refused, yet delivered'],
    [ledger.wronglyParked, 'wrongly parked: could have been counted'],
    [ledger.miscountedPosts, 'miscounted posts: the count is not the sum of the counted likes'],
    [
      // Lost likes that may be lost are missing from their posts, and are no second fault.
      promised.survival || ledger.lost === 0 ? (ledger.unexpectedPosts ?? 0) : 0,
      'posts with another count than the file they were made from',
    ],
    [promised.order ? ledger.inversions : 0, 'inversions: order was promised per post'],
  ];
  return findings.filter(([count]) => count > 0).map(([count, text]) => `${count} ${text}`);
}
