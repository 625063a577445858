import { expect, test } from 'vitest';
import { openClock } from '../../lab/clock.ts';
import { KIND } from '../../lab/record-format.ts';
import { Names, readRecords } from '../../lab/record-reader.ts';
import { RecordWriter } from '../../lab/record-writer.ts';
import { SendRecorder } from '../../lab/send-recorder.ts';
import { SendError } from '../../likes/like.ts';
import { openWorkload, type PlannedLike } from '../../likes/workloads/workload.ts';
import { recordsFolder } from './trial-fixture.ts';

const PLANNED = [...openWorkload('toggles', { likes: 6, seed: 1 }).stream()].filter(
  ({ retry }) => !retry,
);

type Folder = ReturnType<typeof recordsFolder>;

/** `send` is the template under the recorder; it may look at what is on disk by then. */
function recorder(folder: Folder, send: (seqs: number[]) => Promise<void>) {
  const records = new RecordWriter(folder.path('records'));
  const sender = new SendRecorder({
    producer: {
      send: (likes) => send(likes.map(({ seq }) => seq)),
      [Symbol.asyncDispose]: async () => undefined,
    },
    records,
    clock: openClock(),
    source: 'gateway-1',
  });
  return { sender, records };
}

function kindsOnDisk(folder: Folder): number[] {
  const blocks = readRecords(folder.path('records'), new Names(), () => undefined);
  const kinds: number[] = [];
  for (const { kind } of blocks) kinds.push(kind);
  return kinds;
}

function batch(...seqs: number[]): PlannedLike[] {
  return seqs.map((seq) => PLANNED[seq]!);
}

test('a send is on disk before the client has it, its outcome afterwards', async () => {
  using folder = recordsFolder();
  const { sender, records } = recorder(folder, async () => {
    expect(kindsOnDisk(folder)).toEqual([KIND.attempted]);
    throw new SendError(['ok', 'fail', 'unknown'], new Error('why'));
  });
  await sender.send(batch(0, 1, 2));
  records[Symbol.dispose]();
  expect(kindsOnDisk(folder)).toEqual([KIND.attempted, KIND.ok, KIND.fail, KIND.unknown]);
  expect(sender.sums).toEqual({ attempted: 3, sent: 3, ok: 1, fail: 1, unknown: 1 });
  expect(sender.reasons).toEqual([expect.stringContaining('why')]);
});

test('the next send is told once, with its record on disk and before its answer', async () => {
  using folder = recordsFolder();
  const answer = Promise.withResolvers<void>();
  const { sender, records } = recorder(folder, () => answer.promise);
  const told: number[][] = [];
  sender.tellNextSend(() => void told.push(kindsOnDisk(folder)));
  expect(told).toEqual([]);
  const first = sender.send(batch(0));
  expect(told).toEqual([[KIND.attempted]]);
  const second = sender.send(batch(1));
  answer.resolve();
  await Promise.all([first, second]);
  expect(told).toHaveLength(1);
  sender.tellNextSend(() => void told.push([]));
  await sender.send(batch(2));
  expect(told).toHaveLength(2);
  records[Symbol.dispose]();
});

test('a send of nothing is not the one that is told', async () => {
  using folder = recordsFolder();
  const { sender, records } = recorder(folder, async () => undefined);
  let told = 0;
  sender.tellNextSend(() => told++);
  await sender.send([]);
  expect(told).toBe(0);
  await sender.send(batch(0));
  expect(told).toBe(1);
  records[Symbol.dispose]();
});
