/**
 * Twelve ways in which a queue, a store or a disk can go wrong, each planted into a clean trial at
 * a place that a seed chooses, and each found by its name. Beside what is named, the ledger has to
 * be that of the clean trial: a checker that cries wolf at everything finds every mutant too.
 */
import { readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { LogEntry } from '../../brokers/broker.ts';
import type { CheckInput } from '../../lab/checker.ts';
import type { Ledger } from '../../lab/ledger.ts';
import { encodeLike, type Like } from '../../likes/like.ts';
import { countChecksum } from '../../store/checksum.ts';
import { randomFrom } from '../store/made-likes.ts';
import { tamper } from '../store/store-folder.ts';
import {
  CLEAN,
  LIKES,
  LIKES_PER_BATCH,
  type Plants,
  runSmallTrial,
  type SmallTrial,
  shardOf,
  smallLike,
} from './trial-fixture.ts';

const SEEDS = [1, 2, 3, 4, 5, 6];
const POSTS = 7;
const LANES = 4;
/** Sends and deliveries each take 10 µs a batch, one after the other. */
const DRAINED_US = 2 * 10 * (LIKES / LIKES_PER_BATCH) + 5;

const CLEAN_WITH_LOG: Ledger = {
  ...CLEAN,
  late: 0,
  offsetConflicts: 0,
  offsetGaps: 0,
  storedAgain: 0,
  splitPosts: 0,
};

/** Chooses a whole number from `least` to one below `end`. */
type Choose = (least: number, end: number) => number;

function testMutant(title: string, run: (choose: Choose) => Promise<void>): void {
  test.each(SEEDS)(`${title} (seed %i)`, async (seed) => {
    const random = randomFrom(seed);
    await run((least, end) => least + Math.floor(random() * (end - least)));
  });
}

function laneOf({ post }: Like): number {
  return Number(post.slice('post-'.length)) % LANES;
}

/** What a server's log holds when it was sent these likes in this order. */
function logOf(likes: readonly Like[], laneFor: (like: Like) => number = laneOf): LogEntry[] {
  const ends = Array<number>(LANES).fill(0);
  return likes.map((like) => {
    const lane = laneFor(like);
    return { lane, position: ends[lane]!++, text: encodeLike(like) };
  });
}

/** Delivers these likes, in batches as large as the sender's. */
function delivering(likes: readonly Like[]): Pick<Plants, 'deliver'> {
  const batches = Array.from({ length: Math.ceil(likes.length / LIKES_PER_BATCH) }, (_, index) =>
    likes.slice(index * LIKES_PER_BATCH, (index + 1) * LIKES_PER_BATCH),
  );
  return { deliver: () => batches };
}

function judgedWithLog(
  trial: SmallTrial,
  log: readonly LogEntry[],
  changed: Partial<CheckInput> = {},
) {
  return trial.judged({ log, drainedUs: DRAINED_US, ...changed });
}

const likes = Array.from({ length: LIKES }, (_, seq) => smallLike(seq));

function swapped(one: number, other: number): Like[] {
  return likes.with(one, likes[other]!).with(other, likes[one]!);
}

function columnOf({ action }: Like): string {
  return action === 'like' ? 'likes' : 'unlikes';
}

test('the trial that all mutants begin with has no finding', async () => {
  await using trial = await runSmallTrial();
  const log = logOf(likes);
  const { ledger, verdict, reasons } = await judgedWithLog(trial, log, { logAgain: log });
  expect(ledger).toEqual(CLEAN_WITH_LOG);
  expect({ verdict, reasons }).toEqual({ verdict: 'pass', reasons: [] });
});

describe('queues:', () => {
  testMutant('mutant 1 of 12, drop, is found as lost', async (choose) => {
    const seq = choose(0, LIKES);
    const others = likes.toSpliced(seq, 1);
    await using trial = await runSmallTrial(delivering(others));
    const { ledger, verdict, reasons } = await judgedWithLog(trial, logOf(others));
    expect(ledger).toEqual({ ...CLEAN_WITH_LOG, counted: LIKES - 1, lost: 1, unexpectedPosts: 1 });
    expect(verdict).toBe('fail');
    expect(reasons[0]).toMatch(/^1 lost/);
  });

  testMutant('mutant 2 of 12, double, is found as double effect', async (choose) => {
    const like = likes[choose(0, LIKES)]!;
    const twice = likes.toSpliced(choose(like.seq, LIKES), 0, like);
    await using trial = await runSmallTrial(delivering(twice));
    const reported = { ...CLEAN_WITH_LOG, redelivered: 1, storedAgain: 1 };
    const atLeastOnce = await trial.judged({
      log: logOf(twice),
      drainedUs: Number.POSITIVE_INFINITY,
    });
    expect(atLeastOnce).toMatchObject({ ledger: reported, verdict: 'pass' });
    const column = columnOf(like);
    await trial.tamperWith(
      like.post,
      `UPDATE counts SET ${column} = ${column} + 1 WHERE post = '${like.post}'`,
    );
    const { ledger, verdict, reasons } = await trial.judged({ log: logOf(twice) });
    const miscounted = { miscountedPosts: 1, miscountedLikes: 1, miscountedLikesMax: 1 };
    const effect = { doubleEffects: 1, unexpectedPosts: 1, ...miscounted };
    expect(ledger).toEqual({ ...reported, late: undefined, ...effect });
    expect(verdict).toBe('fail');
    expect(reasons[0]).toMatch(/^1 double effects/);
  });

  testMutant('mutant 3 of 12, swap in a lane, is found as inversion', async (choose) => {
    const seq = choose(0, LIKES - POSTS);
    const order = swapped(seq, seq + POSTS);
    await using trial = await runSmallTrial(delivering(order));
    const { ledger, verdict, reasons } = await judgedWithLog(trial, logOf(order));
    expect(ledger).toEqual({ ...CLEAN_WITH_LOG, inversions: 1, inversionSeqsMax: POSTS });
    expect(verdict).toBe('fail');
    expect(reasons).toEqual(['1 inversions: order was promised per post']);
  });

  testMutant('mutant 4 of 12, swap across lanes, is found as split posts', async (choose) => {
    const seq = choose(0, LIKES - 1);
    const [one, other] = [likes[seq]!, likes[seq + 1]!];
    const order = swapped(seq, seq + 1);
    // No post has an inversion by it: only the log shows what happened.
    await using trial = await runSmallTrial(delivering(order));
    const log = logOf(order, (like) => laneOf(like === one ? other : like === other ? one : like));
    const { ledger, verdict, reasons } = await judgedWithLog(trial, log);
    expect(ledger).toEqual({ ...CLEAN_WITH_LOG, splitPosts: 2 });
    expect(verdict).toBe('fail');
    expect(reasons[0]).toMatch(/^2 split posts/);
  });

  testMutant('mutant 5 of 12, offset conflict, is found as that', async (choose) => {
    const [at, donor] = [choose(0, LIKES / 2), choose(LIKES / 2, LIKES)];
    await using trial = await runSmallTrial();
    const log = logOf(likes);
    const changed = { ...log[at]!, text: log[donor]!.text };
    const wanted = { ...CLEAN_WITH_LOG, offsetConflicts: 1 };
    for (const [first, second] of [
      [log, log.with(at, changed)],
      [log, log.toSpliced(at, 1)],
      [log.toSpliced(choose(at, LIKES), 0, changed), undefined],
    ] as const) {
      const { ledger, verdict, reasons } = await judgedWithLog(trial, first, { logAgain: second });
      expect(ledger).toEqual(wanted);
      expect(verdict).toBe('fail');
      expect(reasons).toEqual(['1 offset conflicts: one place of the log, two answers']);
    }
  });

  testMutant('mutant 6 of 12, phantom of an old run, is found as that', async (choose) => {
    const stranger = smallLike(choose(0, LIKES), { source: 'gateway-1 of an old run' });
    const more = likes.toSpliced(choose(0, LIKES), 0, stranger);
    await using trial = await runSmallTrial({
      ...delivering(more),
      store: (batch) => batch.filter((like) => like !== stranger),
    });
    const { ledger, verdict, reasons } = await trial.judged({ log: logOf(more) });
    expect(ledger).toEqual({ ...CLEAN_WITH_LOG, late: undefined, phantom: 2 });
    expect(verdict).toBe('fail');
    expect(reasons[0]).toMatch(/^2 phantom/);
  });

  testMutant('mutant 7 of 12, fail but delivered, is found as revived', async (choose) => {
    const refused = choose(0, LIKES);
    await using trial = await runSmallTrial({
      outcome: ({ seq }) => (seq === refused ? 'fail' : 'ok'),
    });
    const { ledger, verdict, reasons } = await judgedWithLog(trial, logOf(likes));
    expect(ledger).toEqual({ ...CLEAN_WITH_LOG, ok: LIKES - 1, fail: 1, revived: 1 });
    expect(verdict).toBe('fail');
    expect(reasons).toEqual(['1 revived: reported as refused, yet delivered']);
  });

  testMutant('mutant 12 of 12, late first delivery, is found as late', async (choose) => {
    const seq = choose(0, LIKES - POSTS);
    const order = [...likes.toSpliced(seq, 1), likes[seq]!];
    const batches = [order.slice(0, -1), order.slice(-1)];
    await using trial = await runSmallTrial({ deliver: () => batches });
    const betweenUs = 10 * (LIKES / LIKES_PER_BATCH) + 15;
    const { ledger, verdict, reasons } = await trial.judged({ drainedUs: betweenUs });
    const lastOfPost = likes.findLast(({ post }) => post === likes[seq]!.post)!.seq;
    const behind = { inversions: 1, inversionSeqsMax: lastOfPost - seq };
    expect(ledger).toEqual({ ...CLEAN, late: 1, ...behind });
    expect(verdict).toBe('fail');
    // Where no order was promised it is no broken promise, but the server's word is not believed.
    const unordered = await trial.judged({ drainedUs: betweenUs, promised: { order: false } });
    expect(unordered.verdict).toBe('unknown');
    expect(unordered.reasons[0]).toMatch(/^1 late/);
    expect(reasons[0]).toMatch(/^1 inversions/);
  });
});

describe('stores and disks:', () => {
  testMutant('mutant 8 of 12, loss and double that cancel, are found as both', async (choose) => {
    const [lost, doubled] = twoOfOnePost(choose);
    await using trial = await runSmallTrial(delivering(likes.toSpliced(lost.seq, 1)));
    const column = columnOf(doubled);
    await trial.tamperWith(
      lost.post,
      `UPDATE counts SET ${column} = ${column} + 1 WHERE post = '${lost.post}'`,
    );
    const { ledger, verdict, reasons } = await judgedWithLog(trial, logOf(likes));
    const miscounted = { miscountedPosts: 1, miscountedLikes: 1, miscountedLikesMax: 1 };
    const both = { counted: LIKES - 1, lost: 1, doubleEffects: 1, ...miscounted };
    expect(ledger).toEqual({ ...CLEAN_WITH_LOG, ...both });
    expect(verdict).toBe('fail');
    expect(reasons.join()).toMatch(/1 lost.*1 double effects/);
  });

  testMutant('mutant 9 of 12, wrong post, is found as miscounted posts', async (choose) => {
    const { seq } = likes[choose(0, LIKES)]!;
    const wrong = smallLike(seq, { post: smallLike(seq + choose(1, POSTS)).post });
    await using trial = await runSmallTrial({
      store: (batch) => batch.map((like) => (like.seq === seq ? wrong : like)),
    });
    const { ledger, verdict, reasons } = await judgedWithLog(trial, logOf(likes));
    const miscounted = { miscountedPosts: 2, miscountedLikes: 2, miscountedLikesMax: 1 };
    const effect = { doubleEffects: 1, unexpectedPosts: 2, ...miscounted };
    expect(ledger).toEqual({ ...CLEAN_WITH_LOG, ...effect });
    expect(verdict).toBe('fail');
    expect(reasons.join()).toMatch(/2 miscounted posts/);
  });

  testMutant('mutant 10 of 12, wrong shard, is found as misplaced posts', async (choose) => {
    await using trial = await runSmallTrial();
    const { post } = smallLike(choose(0, POSTS));
    const { likes: liked, unlikes } = await trial.store.countOf(post);
    const owner = await shardOf(trial.store, post);
    const shards = trial.store.shards.length;
    const other = (owner + choose(1, shards)) % shards;
    await trial.tamperWith(post, `DELETE FROM counts WHERE post = '${post}'`);
    tamper(
      join(trial.folder, 'store'),
      other,
      `INSERT INTO counts (post, likes, unlikes, checksum)
       VALUES ('${post}', ${liked}, ${unlikes}, ${countChecksum(post, liked, unlikes)})`,
    );
    const { ledger, verdict, reasons } = await judgedWithLog(trial, logOf(likes));
    expect(ledger).toEqual({ ...CLEAN_WITH_LOG, misplacedPosts: 1 });
    expect(verdict).toBe('fail');
    expect(reasons).toEqual(['1 misplaced posts: counted in a shard that does not own them']);
  });

  testMutant('mutant 11 of 12, truncated log, is found as that', async (choose) => {
    await using consumed = await runSmallTrial();
    const [path] = consumed.input.consumerRecords;
    const { length } = readFileSync(path!);
    // The last block is far longer than this, so the cut is within it.
    truncateSync(path!, length - choose(1, 20));
    const { truncations, verdict, reasons } = await judgedWithLog(consumed, logOf(likes));
    expect(truncations).toEqual([{ path, bytesLost: expect.any(Number) }]);
    expect({ verdict, reasons }).toEqual({ verdict: 'unknown', reasons: [`${path} is cut off`] });

    // Of what was sent, a cut between two blocks shows too: others know what is missing.
    await using sent = await runSmallTrial();
    const [records] = sent.input.producerRecords;
    truncateSync(records!, choose(8, readFileSync(records!).length));
    const cut = await judgedWithLog(sent, logOf(likes));
    expect(cut.verdict).not.toBe('pass');
    expect(cut.truncations.length + cut.ledger.residual).toBeGreaterThan(0);
  });
});

/** Two likes of one post with the same action, so that the loss of one and the double of the other
 * leave its sums as they were. */
function twoOfOnePost(choose: Choose): [Like, Like] {
  const lost = likes[choose(0, LIKES)]!;
  const same = likes.filter(
    ({ seq, post, action }) => seq !== lost.seq && post === lost.post && action === lost.action,
  );
  return [lost, same[choose(0, same.length)]!];
}
