import { describe, expect, test } from 'vitest';
import {
  describeSteadiness,
  type SeriesKind,
  TREND_ERROR,
  testSteadiness,
  WINDOWS,
} from '../../lab/steady-state.ts';
import { Random } from '../../likes/workloads/random.ts';

const LATENCY: SeriesKind = {
  ...{ figure: 'p50 latency', unit: 'ms', worse: 'higher', changeLeast: 1, digits: 1 },
};
const RATE: SeriesKind = {
  ...{ figure: 'counted rate', unit: 'likes/s', worse: 'lower', changeLeast: 1, digits: 0 },
};

const verdictOf = (values: readonly number[], kind = LATENCY) =>
  testSteadiness(values, kind).verdict;

const windows = (value: (at: number) => number) =>
  Array.from({ length: WINDOWS }, (_, at) => value(at));

describe('a series of windows', () => {
  test('at one level is settled, with whatever noise that has no order', () => {
    expect(verdictOf(windows(() => 5))).toBe('settled');
    expect(verdictOf([5, 9, 4, 8, 5, 7, 6, 4, 9, 5])).toBe('settled');
    // One wild window, wherever it is.
    for (let wild = 0; wild < WINDOWS; wild++) {
      expect(verdictOf(windows((at) => (at === wild ? 500 : 5 + (at % 3))))).toBe('settled');
    }
  });

  test('with a perfect order of a size that matters to nobody is settled', () => {
    // A tenth of the median, and far less than a ms.
    expect(verdictOf(windows((at) => 100 + at))).toBe('settled');
    expect(verdictOf(windows((at) => 0.1 * (at + 1)))).toBe('settled');
  });

  test('of a queue whose rate is above its capacity never settles', () => {
    // 20 % too much: each second the queue becomes 0.2 s longer.
    const rising = windows((at) => 3 + at * 80);
    const found = testSteadiness(rising, LATENCY);
    expect(found.verdict).toBe('never settles');
    expect(describeSteadiness(found, LATENCY)).toBe(
      'never settles: p50 latency rises by 720 ms (198 % of its median) until the end of the trial',
    );
    // The same seen from the other side: a rate that falls until the end.
    expect(
      verdictOf(
        windows((at) => 1_000 - 80 * at),
        RATE,
      ),
    ).toBe('never settles');
  });

  test('with a slow warm-up is named, and what it has come to stands', () => {
    const warming = [40, 33, 26, 20, 15, 11, 8, 7, 6, 5];
    const found = testSteadiness(warming, LATENCY);
    expect(found.verdict).toBe('trend named');
    expect(describeSteadiness(found, LATENCY)).toMatch(
      /^not steady: p50 latency falls by [\d.]+ ms \(\d+ % of its median\) over the trial$/,
    );
    expect(
      verdictOf(
        warming.map((ms) => 10_000 / ms),
        RATE,
      ),
    ).toBe('trend named');
  });

  test('that rises by half and stays there is named, and not struck out', () => {
    expect(verdictOf([10, 11, 12, 13, 14, 15, 15.1, 15.2, 15.3, 15.4])).toBe('trend named');
    // Twice as much, but come to a level in the second half.
    expect(verdictOf([5, 6, 8, 10, 12, 12.1, 12.2, 12.3, 12.4, 12.5])).toBe('trend named');
  });

  test('that is too short is not called settled', () => {
    expect(verdictOf([1, 2, 3, 4, 5])).toBe('too short');
    expect(verdictOf([])).toBe('too short');
    expect(describeSteadiness(testSteadiness([], LATENCY), LATENCY)).toBeUndefined();
  });
});

/** Trials of the simulations below; their shares are known to within three standard errors. */
const TRIALS = 4_000;

/** The share of trials by verdict, of series that `next` draws from standard normal numbers. */
function shares(next: (normal: () => number) => number[], kind = LATENCY) {
  const random = Random.seeded(11, 4_711);
  const normal = () => {
    const radius = Math.sqrt(-2 * Math.log(1 - random.nextUnit()));
    return radius * Math.cos(2 * Math.PI * random.nextUnit());
  };
  const found = { named: 0, struck: 0 };
  for (let trial = 0; trial < TRIALS; trial++) {
    const { verdict } = testSteadiness(next(normal), kind);
    if (verdict === 'trend named') found.named += 1 / TRIALS;
    if (verdict === 'never settles') found.struck += 1 / TRIALS;
  }
  return found;
}

const atMost = (share: number) => share + 3 * Math.sqrt((share * (1 - share)) / TRIALS);

describe('false alarms over stationary series', () => {
  test.each([0.05, 0.2, 0.5, 1])('stay at 1 %% with independent noise of %f', (sigma) => {
    const { named, struck } = shares((normal) => windows(() => 20 * Math.exp(sigma * normal())));
    expect(named + struck).toBeLessThanOrEqual(atMost(TREND_ERROR));
    expect(struck).toBeLessThanOrEqual(atMost(0.002));
  });

  test.each([0.1, 0.3])('strike no numbers where windows hang together by %f', (phi) => {
    // Each window keeps a share of what the one before it was off; noise of 30 %.
    const { struck } = shares((normal) => {
      let off = normal();
      return windows(() => {
        const value = 20 * Math.exp(0.3 * off);
        off = phi * off + Math.sqrt(1 - phi * phi) * normal();
        return value;
      });
    });
    expect(struck).toBeLessThanOrEqual(atMost(0.002));
  });
});

describe('what must be found', () => {
  test('a queue that becomes longer is struck out, although its windows scatter', () => {
    const { struck } = shares((normal) => {
      return windows((at) => (4 + 40 * (at + 0.5)) * Math.exp(0.15 * normal()));
    });
    expect(struck).toBeGreaterThan(0.95);
  });

  test('a latency that rises by half of its median is named', () => {
    const { named, struck } = shares((normal) => {
      return windows((at) => 20 * (1 + 0.5 * (at / WINDOWS)) * Math.exp(0.05 * normal()));
    });
    expect(named).toBeGreaterThan(0.95);
    expect(struck).toBe(0);
  });
});
