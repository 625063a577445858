/**
 * The checker for stores under the rule *states*, where a like has no mark and a user's later press
 * takes the place of an earlier one. Nothing of its verdict is the store's word alone:
 *
 * - The workload is made once more, from its seed: so each like (source and seq, in the records)
 *   has its user, version and action without asking the store or the messages. Each record of a
 *   send is held against it.
 * - The _stored states_ (user, post, version, action) are read row by row.
 * - The consumers' _records_ tell which likes they were given, and which a commit told as stored.
 * - The stored _counts_ are held against a recount of the stored states.
 *
 * A like is _counted_, that is in force or overtaken, when two witnesses say so: the stored version
 * of its user and post is at least its own, and a commit told a consumer that it is stored. (Or the
 * state is exactly this like, and a consumer was given it.) So a like that the queue lost is lost
 * even where a later press of its user hides it from every count; such likes are told apart as
 * `lostCovered`.
 *
 * _lost_: acknowledged, neither counted nor parked, and the queue is drained. _phantom_: a state
 * with a version that nobody attempted. _wrong_: a state that has another action than the like of
 * that version, that no consumer was given, or that is older than one that a commit told as stored.
 * _double effects_ cannot come about by a rule of last actions; what is printed is what the counts
 * hold above the recount, and users who stand in two shards. Where everything was acknowledged, the
 * states must be those of the workload, version by version: _unexpected_ are those that are not.
 *
 * The residual is 0 when sums agree that come by different ways: the producers' own sums and their
 * records; likes that landed, by the stored states (ok + landed), and likes that commits told, by
 * the consumers' records, less those that the store has undone, with what was parked and what is
 * missing (a state in force of which no commit was recorded is left over); the rows that were read
 * and the rows that the shards say they have; the records of sends and the workload.
 *
 * Limit: PRESSES_MAX likes, 10 million, at some 10 bytes a like and 150 a state in memory.
 */

import type { PlannedLike } from '../likes/workloads/workload.ts';
import {
  type CheckInput,
  type CheckOutput,
  knownLikes,
  ledgerOfRecords,
  miscounts,
  timeLost,
} from './checker.ts';
import { checkLog } from './checker-log.ts';
import { openReading, readDeliveries, readSends } from './checker-records.ts';
import {
  countCovered,
  countMismatches,
  judgePresses,
  readRows,
  readTold,
} from './checker-states.ts';
import { addStoredCounts, readParked } from './checker-store.ts';
import { LabError } from './lab-error.ts';
import type { Ledger } from './ledger.ts';
import { LikeStates } from './like-states.ts';
import { PostSums } from './post-sums.ts';
import { PRESSES_MAX, Presses } from './presses.ts';
import { KIND } from './record-format.ts';
import { Names, type RecordBlock } from './record-reader.ts';

export interface CheckStatesInput extends Omit<CheckInput, 'expected'> {
  /** The likes that the producer of this place in `producerRecords` was to send, from seq 0 on. */
  planned(producer: number): Iterable<PlannedLike>;
}

/**
 * The whole check. Reads each file of consumers' records twice, and the producers' three times;
 * once more where a log was given, and twice more where likes are lost.
 * Rejects with LabError RECORDS_UNREADABLE when a file is not a file of records, and TOO_MANY_LIKES
 * when more were sent than can be held.
 */
export async function checkStates(input: CheckStatesInput): Promise<CheckOutput> {
  const names = new Names();
  const likes = new LikeStates();
  const { read, truncations } = openReading(names);
  const readProducers = () => read(input.producerRecords);

  const sends = readSends(readProducers(), likes);
  const drainedUs = input.drained ? input.drainedUs : undefined;
  const deliveries = readDeliveries(read(input.consumerRecords), likes, sends, drainedUs);
  const told = new LikeStates();
  const toldLikes = readTold(read(input.consumerRecords), likes, told);
  const presses = pressesOf(readProducers(), input.planned);
  const mismatches = countMismatches(readProducers(), presses, names);

  const recount = new PostSums();
  const rows = await readRows(input.stored, presses, names, recount);
  const found = judgePresses(presses, rows, likes, told);
  const { misplaced } = await addStoredCounts(input.stored, names, recount);
  const errors = recount.errors();
  const parked = readParked(input.parked, names, likes);
  const log = checkLog(input, names, likes, readProducers);
  const sweep = likes.sweep();
  input.swept?.(knownLikes(names, likes));
  const ofRecords = ledgerOfRecords(input, { sends, deliveries, log, parked, sweep });
  const lostOks = timeLost(ofRecords.lost, input.momentsUs, likes, readProducers);
  const isWhole = input.drained && sweep.ok === sweep.attempted;

  const ledger: Ledger = {
    ...ofRecords,
    counted: sweep.counted,
    doubleEffects: Math.max(errors.excess, rows.again),
    phantom: deliveries.phantom + rows.strange + found.phantom + parked.phantom + log.phantom,
    ...miscounts(errors, misplaced),
    expectedPosts: undefined,
    unexpectedPosts: undefined,
    states: rows.found,
    lostCovered: ofRecords.lost > 0 ? countCovered(presses, rows, likes) : 0,
    wrongStates: found.wrong,
    expectedStates: isWhole ? found.states : undefined,
    unexpectedStates: isWhole ? found.unexpected : undefined,
    residual:
      Math.abs(input.sums.attempted - (sweep.ok + sweep.unknown + sweep.fail)) +
      Math.abs(sweep.ok + sweep.landed - (toldLikes - found.undone + parked.only + sweep.missing)) +
      Math.abs(rows.found - ((await input.stored.totals()).states ?? rows.found)) +
      mismatches,
  };
  return { ledger, truncations: truncations(), ...lostOks };
}

/** As many of each producer's likes as it has begun to send: its seqs are dense. */
function pressesOf(
  files: readonly Iterable<RecordBlock>[],
  planned: CheckStatesInput['planned'],
): Presses {
  const presses = new Presses();
  let likes = 0;
  for (const [producer, file] of files.entries()) {
    for (const [source, count] of likesBySource(file)) {
      likes += count;
      if (likes > PRESSES_MAX) throw tooMany();
      presses.add(source, count, planned(producer));
    }
  }
  return presses;
}

function likesBySource(file: Iterable<RecordBlock>): Map<number, number> {
  const likes = new Map<number, number>();
  for (const { kind, count, source, seq } of file) {
    if (kind !== KIND.attempted) continue;
    let most = likes.get(source) ?? 0;
    for (let index = 0; index < count; index++) most = Math.max(most, seq(index) + 1);
    likes.set(source, most);
  }
  return likes;
}

function tooMany(): LabError {
  return new LabError(
    'TOO_MANY_LIKES',
    `more than ${PRESSES_MAX} likes were sent, whose states do not fit memory; send fewer with ` +
      '--likes, or count by --rule tally',
  );
}
