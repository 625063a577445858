import { describe, expect, test, vi } from 'vitest';
import type { NumberKeeper } from '../../gateway/like-path.ts';
import { openPath, pass, useMadeTime } from './path-fixture.ts';

useMadeTime();

const accepted = (seq: number) => ({ kind: 'accepted', number: { source: 'gateway-1', seq } });
const shed = (reason: string) => ({ kind: 'shed', reason });

describe('likes go together', () => {
  test('for as long as the first one lingers, and not before', async () => {
    const { producer, accept } = openPath({ lingerMs: 5 });
    void accept();
    await pass(4);
    void accept();
    expect(producer.sends).toHaveLength(0);
    await pass(1);
    expect(producer.seqs).toEqual([[0, 1]]);
  });

  test('at once when a send is full', async () => {
    const { producer, accept } = openPath({ likesPerSendMax: 3, sendsInFlightMax: 2 });
    for (let count = 0; count < 7; count++) void accept();
    await pass(0);
    expect(producer.seqs).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
  });

  test('no more sends at a time than may be, the next one as soon as one is settled', async () => {
    const { producer, accept, path } = openPath({ lingerMs: 0, sendsInFlightMax: 1 });
    void accept();
    void accept();
    void accept();
    await pass(0);
    expect(producer.seqs).toEqual([[0]]);
    expect(path.load()).toEqual({ waiting: 2, inFlight: 1, sends: 1 });
    producer.sends[0]!.acknowledge();
    await pass(0);
    expect(producer.seqs).toEqual([[0], [1, 2]]);
  });
});

describe('an answer', () => {
  test('is 202 only after the acknowledgement, like by like', async () => {
    const { producer, accept, answers, sent } = openPath({ lingerMs: 0, likesPerSendMax: 3 });
    void accept();
    for (let count = 0; count < 3; count++) void accept();
    await pass(0);
    producer.sends[0]!.acknowledge();
    await pass(0);
    expect(answers.filter(Boolean)).toEqual([accepted(0)]);
    producer.sends[1]!.fail(['ok', 'fail', 'unknown']);
    await pass(0);
    expect(answers.slice(1)).toEqual([accepted(1), { kind: 'refused' }, { kind: 'unknown' }]);
    expect(sent).toEqual([
      { ok: 1, fail: 0, unknown: 0 },
      { ok: 1, fail: 1, unknown: 1 },
    ]);
  });

  test.each([undefined, 'nothing that one throws', new Error('a bug')])(
    'is unknown when a producer rejects with %s',
    async (error) => {
      const { producer, accept } = openPath({ lingerMs: 0 });
      const answer = accept();
      await pass(0);
      producer.sends[0]!.failWith(error);
      expect(await answer).toEqual({ kind: 'unknown' });
    },
  );

  test('is unknown when the broker is silent, for that send alone, and stays so', async () => {
    const { producer, accept, answers, path } = openPath({
      lingerMs: 0,
      waitMsMax: 1_000,
      answerMsMax: 5_000,
    });
    void accept();
    await pass(4_999);
    expect(answers[0]).toBeUndefined();
    expect(path.refusal()).toBeUndefined();
    await pass(1);
    expect(answers[0]).toEqual({ kind: 'unknown' });
    producer.sends[0]!.acknowledge();
    await pass(0);
    expect(answers[0]).toEqual({ kind: 'unknown' });
    expect(path.load()).toEqual({ waiting: 0, inFlight: 0, sends: 0 });
  });

  test('is at once that it is away while every send is silent, and 202 after that', async () => {
    const { producer, accept, path } = openPath({ lingerMs: 0, answerMsMax: 5_000 });
    const first = accept();
    await pass(5_000);
    expect(await first).toEqual({ kind: 'unknown' });
    expect(await accept()).toEqual(shed('away'));
    expect(path.load()).toEqual({ waiting: 0, inFlight: 0, sends: 1 });
    producer.sends[0]!.fail('unknown');
    await pass(0);
    const next = accept();
    await pass(0);
    expect(producer.seqs).toEqual([[0], [1]]);
    producer.sends[1]!.acknowledge();
    expect(await next).toEqual(accepted(1));
  });

  test('comes within the sum of both limits, whatever the broker does', async () => {
    const { accept } = openPath({ waitMsMax: 1_000, answerMsMax: 5_000 });
    const started = performance.now();
    const all = Array.from({ length: 50 }, () => accept());
    await pass(6_000);
    await Promise.all(all);
    expect(performance.now() - started).toBeLessThanOrEqual(6_000);
  });
});

describe('over capacity', () => {
  test('no more likes wait than may, and the next one is shed at once', async () => {
    const { producer, accept, path } = openPath({ lingerMs: 0, waitingMax: 10 });
    for (let count = 0; count < 11; count++) void accept();
    await pass(0);
    expect(path.load()).toEqual({ waiting: 10, inFlight: 1, sends: 1 });
    expect(path.refusal()).toBe('full');
    expect(await accept()).toEqual(shed('full'));
    producer.sends[0]!.acknowledge();
    await pass(0);
    expect(path.refusal()).toBeUndefined();
  });

  test('a like that waited too long is shed, never sent, and takes no seq', async () => {
    const { producer, accept, answers } = openPath({ lingerMs: 0, waitMsMax: 1_000 });
    void accept();
    await pass(500);
    void accept();
    await pass(999);
    expect(answers[1]).toBeUndefined();
    await pass(1);
    expect(answers[1]).toEqual(shed('too-old'));
    void accept();
    producer.sends[0]!.acknowledge();
    await pass(0);
    expect(producer.seqs).toEqual([[0], [1]]);
  });

  test('the age decides at the moment of the send, also where the timer is late', async () => {
    const { producer, accept, answers } = openPath({ lingerMs: 0, waitMsMax: 1_000 });
    void accept();
    void accept();
    await pass(0);
    // The process was busy: time has passed, and no timer has run yet.
    const late = vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 1_000);
    producer.sends[0]!.acknowledge();
    await pass(0);
    late.mockRestore();
    expect(producer.sends).toHaveLength(1);
    expect(answers).toEqual([accepted(0), shed('too-old')]);
  });
});

describe('draining', () => {
  test('sends what waits at once, takes nothing more, and ends when all is answered', async () => {
    const { path, producer, accept, answers } = openPath({ lingerMs: 1_000, waitMsMax: 2_000 });
    void accept();
    void accept();
    let isDrained = false;
    void path.drain().then(() => {
      isDrained = true;
    });
    await pass(0);
    expect(producer.seqs).toEqual([[0, 1]]);
    expect(await accept()).toEqual(shed('draining'));
    await pass(10);
    expect(isDrained).toBe(false);
    producer.sends[0]!.acknowledge();
    await pass(0);
    expect(isDrained).toBe(true);
    expect(answers.slice(0, 2)).toEqual([accepted(0), accepted(1)]);
    expect(producer.isDisposed).toBe(false);
  });

  test('ends within both limits although the broker is silent', async () => {
    const { path, accept, answers } = openPath({ lingerMs: 0, waitMsMax: 100, answerMsMax: 300 });
    void accept();
    void accept();
    const drained = path.drain();
    await pass(300);
    await drained;
    expect(answers).toEqual([{ kind: 'unknown' }, shed('too-old')]);
  });

  test('of nothing ends at once, and disposing ends the producer', async () => {
    const { path, producer } = openPath();
    await path[Symbol.asyncDispose]();
    expect(producer.isDisposed).toBe(true);
  });
});

describe('numbers that are kept', () => {
  const keeper = (isKept: boolean, number?: NumberKeeper['number']): NumberKeeper => {
    return { number, keep: async () => isKept };
  };

  test('are written down before the send, and are not sent when they cannot be', async () => {
    const { producer, accept } = openPath({ lingerMs: 1 });
    const answers = [accept(keeper(true)), accept(keeper(false)), accept()];
    await pass(1);
    expect(producer.seqs).toEqual([[0, 2]]);
    producer.sends[0]!.acknowledge();
    expect(await Promise.all(answers)).toEqual([accepted(0), shed('unkept'), accepted(2)]);
  });

  test('that come too late are not sent: their likes have been answered', async () => {
    const { producer, accept } = openPath({ lingerMs: 0, answerMsMax: 5_000 });
    const late = Promise.withResolvers<boolean>();
    const answer = accept({ number: undefined, keep: () => late.promise });
    await pass(5_000);
    expect(await answer).toEqual({ kind: 'unknown' });
    late.resolve(true);
    await pass(0);
    expect(producer.sends).toEqual([]);
  });

  test('are used again for a repeat', async () => {
    const { producer, accept } = openPath({ lingerMs: 0 });
    const number = { source: 'gateway-of-yesterday', seq: 41 };
    const answer = accept(keeper(true, number));
    await pass(0);
    producer.sends[0]!.acknowledge();
    expect(await answer).toEqual({ kind: 'accepted', number });
  });
});
