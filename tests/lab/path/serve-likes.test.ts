import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { openClock } from '../../../lab/clock.ts';
import { handedOnPath, readHandedOn } from '../../../lab/path/handed-on.ts';
import { type ServeOptions, serveLikes } from '../../../lab/path/serve-likes.ts';
import { KIND } from '../../../lab/record-format.ts';
import { Names, readRecords } from '../../../lab/record-reader.ts';
import { type Like, type LikeProducer, SendError } from '../../../likes/like.ts';
import { madeLike } from '../../store/made-likes.ts';
import { madePort } from '../made-port.ts';
import { recordsFolder } from '../trial-fixture.ts';

/** A gateway whose requests a test makes: what it opened gets the sends. */
function serving(options: ServeOptions, send: (likes: readonly Like[]) => Promise<void>) {
  const port = madePort();
  const opened = Promise.withResolvers<LikeProducer>();
  const ended = serveLikes(options, {
    producer: { send, [Symbol.asyncDispose]: async () => undefined },
    async open(producer) {
      opened.resolve(producer);
      return { url: 'http://gateway', drain: async () => true };
    },
    clock: openClock(),
    port,
  });
  return { port, ended, opened: opened.promise };
}

function kindsIn(path: string): [kind: number, seqs: number[]][] {
  return [...readRecords(path, new Names(), () => undefined)].map(({ kind, count, seq }) => [
    kind,
    Array.from({ length: count }, (_, index) => seq(index)),
  ]);
}

const likes = (...seqs: number[]) => seqs.map((seq) => madeLike('g', seq));

describe('a gateway of a trial', () => {
  test('records what it numbered before the send and the outcome after it', async () => {
    using folder = recordsFolder();
    const recordsPath = folder.path('records');
    const { port, ended, opened } = serving({ recordsPath, reopens: true }, async ([first]) => {
      if (first!.seq === 2) throw new SendError(['fail', 'unknown'], new Error('away'));
    });
    const producer = await opened;
    expect(await port.until('ready')).toEqual({ kind: 'ready', url: 'http://gateway' });
    await producer.send(likes(0, 1));
    // On the disk at once, since it may be killed.
    expect(kindsIn(recordsPath)).toEqual([
      [KIND.attempted, [0, 1]],
      [KIND.ok, [0, 1]],
    ]);
    await expect(producer.send(likes(2, 3))).rejects.toThrow(SendError);
    expect(kindsIn(recordsPath).slice(2)).toEqual([
      [KIND.attempted, [2, 3]],
      [KIND.fail, [2]],
      [KIND.unknown, [3]],
    ]);
    expect(readHandedOn(handedOnPath(recordsPath)).map(({ seq }) => seq)).toEqual([0, 1, 2, 3]);
    port.command({ kind: 'end' });
    await ended;
    expect((await port.until('producer-done')).report).toMatchObject({
      sums: { attempted: 4, sent: 4, ok: 2, fail: 1, unknown: 1 },
    });
  });

  test('that counts itself records what a worker would: given, and committed or not', async () => {
    using folder = recordsFolder();
    const [recordsPath, commitsPath] = [folder.path('records'), folder.path('commits')];
    const options = { recordsPath, commitsPath, reopens: false };
    const { port, ended, opened } = serving(options, async ([first]) => {
      if (first!.seq === 1) throw new Error('no answer');
    });
    const producer = await opened;
    await producer.send(likes(0));
    await producer.send(likes(1)).catch(() => undefined);
    port.command({ kind: 'end' });
    await ended;
    expect(kindsIn(commitsPath)).toEqual([
      [KIND.delivered, [0]],
      [KIND.fresh, [0]],
      [KIND.delivered, [1]],
    ]);
  });

  test('saves likes up when asked for its next send, and tells of the one with them', async () => {
    using folder = recordsFolder();
    const sent: number[] = [];
    const wordsAt: number[] = [];
    const { port, ended, opened } = serving(
      { recordsPath: folder.path('records'), reopens: false },
      async (batch) => {
        sent.push(batch[0]!.seq);
        wordsAt.push(port.told.filter(({ kind }) => kind === 'sending').length);
      },
    );
    const producer = await opened;
    await producer.send(likes(0));
    port.command({ kind: 'tell-sending' });
    // The command is heard in a turn of its own.
    await new Promise((resolve) => setImmediate(resolve));
    const askedMs = performance.now();
    await producer.send(likes(1));
    expect(performance.now() - askedMs).toBeGreaterThan(50);
    await producer.send(likes(2));
    await producer.send(likes(3));
    expect(sent).toEqual([0, 1, 2, 3]);
    expect(wordsAt).toEqual([0, 0, 1, 1]);
    port.command({ kind: 'end' });
    await ended;
  });

  test('sends nothing while it is held, and what came meanwhile in its order', async () => {
    using folder = recordsFolder();
    const sent: number[] = [];
    const seqs = [0, 1, 2, 3, 4];
    const { port, ended, opened } = serving(
      { recordsPath: folder.path('records'), reopens: false },
      async (batch) => void sent.push(batch[0]!.seq),
    );
    const producer = await opened;
    port.command({ kind: 'hold', held: true });
    await new Promise((resolve) => setImmediate(resolve));
    const sending: Promise<void>[] = [];
    for (const seq of seqs) {
      sending.push(producer.send(likes(seq)));
      // Each begins to wait at another moment.
      await sleep(3);
    }
    expect(sent).toEqual([]);
    port.command({ kind: 'hold', held: false });
    await new Promise((resolve) => setImmediate(resolve));
    // Those that wait have not woken yet, and this one finds the way open.
    sending.push(producer.send(likes(5)));
    await Promise.all(sending);
    expect(sent).toEqual([...seqs, 5]);
    port.command({ kind: 'end' });
    await ended;
  });
});
