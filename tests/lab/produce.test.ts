import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { openClock } from '../../lab/clock.ts';
import { type ProduceOptions, produce } from '../../lab/produce.ts';
import type { Like } from '../../likes/like.ts';
import { openWorkload, WorkloadHash } from '../../likes/workloads/workload.ts';
import { madePort } from './made-port.ts';
import { recordsFolder } from './trial-fixture.ts';

/** A held producer looks that often whether it may go on. */
const HOLD_LOOK_MS = 20;
const LIKES = 40;
const WORKLOAD = openWorkload('toggles', { likes: LIKES, seed: 3 });
const SENDS = [...WORKLOAD.stream()].length;

/** A producer at work for a queue that answers when the test lets it. */
function atWork(folder: ReturnType<typeof recordsFolder>, options: Partial<ProduceOptions> = {}) {
  const port = madePort();
  const sent: Like[][] = [];
  const gate: { answer: Promise<void> } = { answer: Promise.resolve() };
  const ended = produce(
    {
      source: 'gateway-1',
      recordsPath: folder.path('records'),
      likesPerSend: 10,
      sendsInFlight: 1,
      ...options,
    },
    {
      producer: {
        async send(likes) {
          sent.push([...likes]);
          await gate.answer;
        },
        [Symbol.asyncDispose]: async () => undefined,
      },
      workload: WORKLOAD,
      clock: openClock(),
      port,
    },
  );
  return { port, sent, gate, ended };
}

describe('a producer', () => {
  test('sends the whole workload in its order after the start, and reports it', async () => {
    using folder = recordsFolder();
    const { port, sent, ended } = atWork(folder);
    await port.until('ready');
    expect(sent).toEqual([]);
    port.command({ kind: 'start' });
    const { report } = await port.until('producer-done');
    await ended;
    const hash = new WorkloadHash();
    for (const like of WORKLOAD.stream()) hash.add(like);
    expect(sent.flat().map(({ seq }) => seq)).toEqual([...WORKLOAD.stream()].map(({ seq }) => seq));
    expect(report).toMatchObject({
      sums: { attempted: LIKES, sent: SENDS, ok: SENDS, fail: 0, unknown: 0 },
      workloadHash: hash.digest(),
      sendErrors: [],
    });
  });

  test('sends nothing more while it is held, and the rest once it is released', async () => {
    using folder = recordsFolder();
    const { port, sent, gate, ended } = atWork(folder);
    const answer = Promise.withResolvers<void>();
    gate.answer = answer.promise;
    port.command({ kind: 'start' });
    await expect.poll(() => sent.length, { interval: 1 }).toBe(1);
    port.command({ kind: 'hold', held: true });
    // The next asks for its word; whoever is held gives none.
    port.command({ kind: 'tell-sending' });
    answer.resolve();
    // Looking again and again whether it may go on is all that it does now.
    for (let looks = 0; looks < 3; looks++) await sleep(HOLD_LOOK_MS);
    expect(sent).toHaveLength(1);
    expect(port.told.map(({ kind }) => kind)).toEqual(['ready']);
    port.command({ kind: 'hold', held: false });
    await ended;
    expect(sent.flat()).toHaveLength(SENDS);
    expect(port.told.map(({ kind }) => kind)).toEqual(['ready', 'sending', 'producer-done']);
  });

  test('that keeps a pace tells of its next send once, when asked', async () => {
    using folder = recordsFolder();
    const { port, sent, ended } = atWork(folder, { likesPerS: 400 });
    port.command({ kind: 'start' });
    await expect.poll(() => sent.length, { interval: 1 }).toBeGreaterThan(0);
    port.command({ kind: 'tell-sending' });
    const before = sent.length;
    await port.until('sending');
    expect(sent.length).toBeGreaterThanOrEqual(before);
    await ended;
    expect(sent.flat()).toHaveLength(SENDS);
    expect(port.told.filter(({ kind }) => kind === 'sending')).toHaveLength(1);
  });
});
