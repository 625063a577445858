/** A path whose clock and whose broker are the test's. */
import { afterEach, beforeEach, vi } from 'vitest';
import type { NumberKeeper, Outcome } from '../../gateway/like-path.ts';
import { LIMITS } from '../../gateway/limits.ts';
import { type SendingLimits, SendingPath } from '../../gateway/sending-path.ts';
import { MadeProducer } from './made-producer.ts';
import { newLike } from './made-requests.ts';

/** In the tests of the file that calls this, time passes by `pass` alone. */
export function useMadeTime(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
}

export const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

export function openPath(limits: Partial<SendingLimits> = {}) {
  const producer = new MadeProducer();
  const sent: object[] = [];
  const observer = { sent: (counts: object) => void sent.push(counts) };
  const path = new SendingPath({
    producer,
    source: 'gateway-1',
    limits: { ...LIMITS, ...limits },
    observer,
  });
  const answers: Outcome[] = [];
  const accept = (keeper?: NumberKeeper) => {
    const place = answers.length;
    answers.length++;
    return path.accept(newLike(), keeper).then((outcome) => {
      answers[place] = outcome;
      return outcome;
    });
  };
  return { path, producer, accept, answers, sent };
}
