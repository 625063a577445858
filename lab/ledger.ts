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
  /** Marks in the shards; under the rule *states* likes in force or overtaken. */
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
  /** Messages posted on purpose that are no likes and that nobody parked; undefined without any. */
  readonly poisonMissing?: number | undefined;
  /**
   * First deliveries after the server had called the queue drained; undefined where it never did,
   * or where nobody told when.
   */
  readonly late?: number | undefined;
  /** Sends beyond a like's first: clients' retries, which at least once delivers as well. */
  readonly sentAgain: number;
  /** unknown, but counted. */
  readonly recovered: number;
  /** fail, but delivered or counted. */
  readonly revived: number;
  /** Deliveries, marks, dead letters and log places of likes never attempted in this trial. */
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
  /**
   * Places of the server's log for which it gave two different answers: two likes, or a like and
   * nothing. This and the next three are undefined where the broker has no log to be read.
   */
  readonly offsetConflicts?: number | undefined;
  /** Places between the first and the last of a lane that hold nothing. */
  readonly offsetGaps?: number | undefined;
  /**
   * Copies of a like in the log beyond its sends. The broker made them, or a client library that
   * sent again by itself without a word.
   */
  readonly storedAgain?: number | undefined;
  /** Posts whose likes stand in more than one lane of the log; no order holds between lanes. */
  readonly splitPosts?: number | undefined;
  /** Posts whose stored likes or unlikes are not the sum of their counted likes. */
  readonly miscountedPosts: number;
  /** Sum of the absolute errors of those posts, and the largest one. */
  readonly miscountedLikes: number;
  readonly miscountedLikesMax: number;
  /** Posts with a count in a shard that does not own them; undefined where no shard can tell. */
  readonly misplacedPosts?: number | undefined;
  /** Posts whose count differs from the file it was made from; undefined without such a file. */
  readonly unexpectedPosts: number | undefined;
  /** Posts that were compared with the file. */
  readonly expectedPosts: number | undefined;
  /** Under the rule *states* only, as are the next ones: (user, post) that are stored. */
  readonly states?: number | undefined;
  /** Of the lost: those that a later press of their user covers, so that no count misses them. */
  readonly lostCovered?: number | undefined;
  /** Stored with another action, or an older version, than consumers were told is stored. */
  readonly wrongStates?: number | undefined;
  /** Where every like was acknowledged: (user, post) that are not as the workload left them. */
  readonly unexpectedStates?: number | undefined;
  /** (user, post) that were compared with the workload. */
  readonly expectedStates?: number | undefined;
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
  if ((ledger.late ?? 0) > 0) {
    doubts.push(`${ledger.late} late: first delivered after the server had called it all drained`);
  }
  if (ledger.residual !== 0) doubts.push(`the ledger has a residual of ${ledger.residual}`);
  return { verdict: doubts.length > 0 ? 'unknown' : 'pass', reasons: doubts };
}

/** Each begins with how many, and goes on with which, in words that stay the same. */
export function brokenPromises(ledger: Ledger, promised: Promised): string[] {
  const findings: [number, string][] = [
    [promised.survival ? ledger.lost : 0, 'lost: acknowledged, never counted'],
    [ledger.stuck, 'stuck: not drained by the deadline, with the consumers healthy'],
    [ledger.doubleEffects, 'double effects: counted twice'],
    [ledger.phantom, 'phantom: never attempted in this trial'],
    [ledger.revived, 'revived: reported as refused, yet delivered'],
    [ledger.wronglyParked, 'wrongly parked: could have been counted'],
    [ledger.poisonMissing ?? 0, 'poison missing: taken by the server, never parked'],
    [ledger.miscountedPosts, 'miscounted posts: the count is not the sum of the counted likes'],
    [ledger.wrongStates ?? 0, 'wrong states: not the last press that was stored'],
    [
      promised.survival || ledger.lost === 0 ? (ledger.unexpectedStates ?? 0) : 0,
      'unexpected states: not the last press of the workload',
    ],
    [ledger.misplacedPosts ?? 0, 'misplaced posts: counted in a shard that does not own them'],
    [
      // Lost likes that may be lost are missing from their posts, and are no second fault.
      promised.survival || ledger.lost === 0 ? (ledger.unexpectedPosts ?? 0) : 0,
      'posts with another count than the file they were made from',
    ],
    [promised.order ? ledger.inversions : 0, 'inversions: order was promised per post'],
    [
      promised.order ? (ledger.splitPosts ?? 0) : 0,
      'split posts: in more than one lane, although order was promised per post',
    ],
    [ledger.offsetConflicts ?? 0, 'offset conflicts: one place of the log, two answers'],
    [ledger.offsetGaps ?? 0, 'offset gaps: places of the log that hold nothing'],
  ];
  return findings.filter(([count]) => count > 0).map(([count, text]) => `${count} ${text}`);
}
