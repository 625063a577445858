/**
 * Records of consumers in which each like is told fresh once: when a commit first told that it is
 * stored, in force or already overtaken. Under the rule *states* commits tell an overtaken like as
 * seen, and engines that write without reading may tell one fresh again; rates and latencies are of
 * the moment from which the counts know of a like, so this is what they are taken from.
 */
import type { Like } from '../likes/like.ts';
import { LikeStates, STATE } from './like-states.ts';
import { KIND } from './record-format.ts';
import { mergeByTime, Names, type RecordBlock, readRecords } from './record-reader.ts';
import { RecordWriter } from './record-writer.ts';

/** Writes a file beside each of `paths`, and gives back where, in the same order. */
export function settleRecords(paths: readonly string[]): string[] {
  const settledPaths = paths.map((path) => `${path}.settled`);
  const writers = settledPaths.map((path) => new RecordWriter(path));
  try {
    const names = new Names();
    const told = new LikeStates();
    const fileOf = new WeakMap<RecordBlock, number>();
    const streams = paths.map((path, file) => remembering(readRecords(path, names), file, fileOf));
    for (const block of mergeByTime(streams)) {
      settle(block, writers[fileOf.get(block)!]!, names, told);
    }
  } finally {
    for (const writer of writers) writer[Symbol.dispose]();
  }
  return settledPaths;
}

function* remembering(
  blocks: Iterable<RecordBlock>,
  file: number,
  fileOf: WeakMap<RecordBlock, number>,
): Generator<RecordBlock> {
  for (const block of blocks) {
    fileOf.set(block, file);
    yield block;
  }
}

function settle(block: RecordBlock, writer: RecordWriter, names: Names, told: LikeStates): void {
  const { kind, count, source, seq, timeUs } = block;
  const likes = Array.from({ length: count }, (_, index) => {
    return { source: names.nameOf(source), seq: seq(index), post: '' } as Like;
  });
  if (kind === KIND.delivered) {
    const posts = block.post;
    writer.delivered(
      timeUs,
      likes.map((like, index) => ({ ...like, post: names.nameOf(posts(index)) })),
    );
    return;
  }
  const first: Like[] = [];
  const again: Like[] = [];
  for (const like of likes) {
    (told.mark(source, like.seq, STATE.fresh) ? again : first).push(like);
  }
  writer.stored(timeUs, first, again);
}
