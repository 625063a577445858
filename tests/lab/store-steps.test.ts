/** Real processes on a real store, each ended by itself in the middle of a batch. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { KIND } from '../../lab/record-format.ts';
import { Names, readRecords } from '../../lab/record-reader.ts';
import { notePathOf, type StepNote } from '../../lab/store-steps.ts';
import { STORE_STEPS } from '../../lab/worker-messages.ts';
import type { Like } from '../../likes/like.ts';
import { openStore } from '../../store/open-store.ts';
import { evenSlotMap, shardsOfPost } from '../../store/slot-map.ts';
import { madeLike } from '../store/made-likes.ts';
import type { StepLine, StepOrder } from './step-worker.ts';
import { recordsFolder } from './trial-fixture.ts';

const WORKER = fileURLToPath(new URL('step-worker.ts', import.meta.url));
const SHARDS = 4;
const SLOT_MAP = evenSlotMap(SHARDS);
/** Longer than a process lives after the acknowledgement that it is to die after. */
const GO_ON_MS = 1_000;

/** Likes on posts of these shards, two of each; the seqs begin at `from`. */
function batchOn(shards: readonly number[], from = 100): Like[] {
  const postOf = (shard: number) =>
    Array.from({ length: 1_000 }, (_, number) => `post-${number}`).find(
      (post) => shardsOfPost(SLOT_MAP, post)[0] === shard,
    )!;
  return [...shards, ...shards].map((shard, place) =>
    madeLike('gateway-1', from + place, { post: postOf(shard) }),
  );
}

const WHOLE = batchOn([0, 1, 2, 3]);

interface Dead {
  readonly lines: readonly StepLine[];
  readonly ended: readonly [number | null, NodeJS.Signals | null];
  readonly note: StepNote | undefined;
  /** Marks by shard. */
  readonly marks: readonly number[];
  readonly soundness: readonly string[];
  /** Likes that its records say were delivered, and stored. */
  readonly recorded: { readonly delivered: number; readonly stored: number };
}

async function run(order: Partial<StepOrder>): Promise<Dead> {
  using folder = recordsFolder();
  const path = folder.path('.');
  const whole: StepOrder = { folder: path, shards: SHARDS, batches: [WHOLE], goOnMs: 0, ...order };
  const worker = spawn(process.execPath, [WORKER, JSON.stringify(whole)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  worker.stdout.setEncoding('utf8').on('data', (more: string) => {
    text += more;
  });
  const ended = (await once(worker, 'close')) as [number | null, NodeJS.Signals | null];
  const recordsPath = join(path, 'records');
  const notePath = notePathOf(recordsPath);
  await using store = await openStore({ folder: join(path, 'store') });
  return {
    lines: text.split('\n').filter((line) => line !== '') as StepLine[],
    ended,
    note: existsSync(notePath) ? JSON.parse(readFileSync(notePath, 'utf8')) : undefined,
    marks: await Promise.all(store.shards.map(async (shard) => (await shard.totals()).marks)),
    soundness: await store.findProblems(),
    recorded: likesOf(recordsPath),
  };
}

function likesOf(recordsPath: string): { delivered: number; stored: number } {
  const sums = { delivered: 0, stored: 0 };
  for (const { kind, count } of readRecords(recordsPath, new Names(), () => undefined)) {
    if (kind === KIND.delivered) sums.delivered += count;
    if (kind === KIND.fresh || kind === KIND.seen) sums.stored += count;
  }
  return sums;
}

/** What is stored of a batch of eight on four shards, and whether its queue has heard of it. */
const EXPECTED: Readonly<
  Record<(typeof STORE_STEPS)[number], { marks: number[]; lines: StepLine[] }>
> = {
  'before-transaction': { marks: [0, 0, 0, 0], lines: [] },
  'after-shard-1': { marks: [2, 0, 0, 0], lines: [] },
  'after-shard-2': { marks: [2, 2, 0, 0], lines: [] },
  'after-shard-3': { marks: [2, 2, 2, 0], lines: [] },
  'after-commit': { marks: [2, 2, 2, 2], lines: [] },
  'before-acknowledgement': { marks: [2, 2, 2, 2], lines: [] },
  'after-acknowledgement': { marks: [2, 2, 2, 2], lines: ['acknowledged'] },
};

describe('a counting process that is to end', () => {
  test.each(STORE_STEPS)('%s ends there by SIGKILL, and leaves word of it', async (step) => {
    const { lines, ended, note, marks, soundness, recorded } = await run({
      step,
      goOnMs: GO_ON_MS,
    });
    expect(ended).toEqual([null, 'SIGKILL']);
    expect({ marks, lines }).toEqual(EXPECTED[step]);
    const shardsCommitted = marks.filter((count) => count > 0).length;
    expect(note).toEqual({ step, source: 'gateway-1', seq: 100, likes: 8, shardsCommitted });
    expect(soundness).toEqual([]);
    expect(recorded.delivered).toBe(8);
    // What is stored is on record from the moment on when the whole batch is.
    const isWhole = step === 'before-acknowledgement' || step === 'after-acknowledgement';
    expect(recorded.stored).toBe(isWhole ? 8 : 0);
  });

  test('after a shard that is the last of a batch goes on to one that touches more', async () => {
    const batches = [batchOn([1, 3]), batchOn([0, 1, 2], 200), batchOn([0], 300)];
    const { lines, ended, note, marks } = await run({ step: 'after-shard-2', batches });
    expect(ended).toEqual([null, 'SIGKILL']);
    expect(lines).toEqual(['acknowledged']);
    expect(note).toMatchObject({ seq: 200, likes: 6, shardsCommitted: 2 });
    expect(marks).toEqual([2, 4, 0, 2]);
  });

  test('after a shard ends in a batch that was counted before, too', async () => {
    const batches = [WHOLE.slice(0, 2), WHOLE.slice(0, 2), WHOLE];
    const { lines, note, marks } = await run({ step: 'after-shard-3', batches });
    expect(lines).toEqual(['acknowledged', 'acknowledged']);
    expect(note).toMatchObject({ seq: 100, likes: 8, shardsCommitted: 3 });
    expect(marks).toEqual([2, 2, 2, 0]);
  });
});

describe('a counting process', () => {
  test('that nobody asks to end counts its batches, and leaves no word', async () => {
    const { lines, ended, note, marks } = await run({});
    expect(ended).toEqual([0, null]);
    expect(lines).toEqual(['acknowledged', 'ended']);
    expect({ note, marks }).toEqual({ note: undefined, marks: [2, 2, 2, 2] });
  });

  test.each(STORE_STEPS)('that is not to end %s any more goes on', async (step) => {
    const { lines, ended, note } = await run({ step, takenBack: 'before the batches' });
    expect(ended).toEqual([0, null]);
    expect({ lines, note }).toEqual({ lines: ['acknowledged', 'ended'], note: undefined });
  });

  test('that is not to end after an acknowledgement any more lets the moment pass', async () => {
    const { lines, ended, note } = await run({
      step: 'after-acknowledgement',
      takenBack: 'after the batches',
      goOnMs: GO_ON_MS,
    });
    expect(ended).toEqual([0, null]);
    expect({ lines, note }).toEqual({ lines: ['acknowledged', 'ended'], note: undefined });
  });
});
