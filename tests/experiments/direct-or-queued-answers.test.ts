import { describe, expect, test } from 'vitest';
import { explainWays, waysAnswers } from '../../experiments/direct-or-queued-answers.ts';
import { wayResult, waysEvening } from './made-ways.ts';

const pair = (likesPerS: number, directMs: number, queuedMs: number) => [
  wayResult({ way: 'direct', likesPerS, p99Ms: directMs }),
  wayResult({ way: 'coalesced', likesPerS, p99Ms: queuedMs }),
];

describe("the course's question", () => {
  test('gets a sentence with the rate at which the answer turns, from the figures there', () => {
    const [answer] = waysAnswers(waysEvening(['kafka']));
    expect(answer).toBe(
      '"Is it a good idea to count likes through API requests from the server?" Compared with a ' +
        'queue: on kafka (power), yes up to 1,000/s (at 1,000/s p99 of the API 6.0 ms directly, ' +
        '10 ms by the queue), and no from 2,000/s on (at 2,000/s p99 of the API 90 ms directly, ' +
        '14 ms by the queue) (fewer than six runs: no claim).',
    );
  });

  test('gives the shares where what was accepted decided, also of a client that was late', () => {
    const full = wayResult({ way: 'direct', likesPerS: 4_000, p99Ms: 900, shed: 0.3 });
    const late = 'audit, generator-late: p99 35.3 ms behind its schedule';
    const struck = { ...full, numbersValid: false, numbersStruck: [late] };
    const queued = wayResult({ way: 'coalesced', likesPerS: 4_000, p99Ms: 30 });
    expect(waysAnswers([...pair(100, 3, 9), struck, queued])[0]).toContain(
      'no from 4,000/s on (at 4,000/s 30 % of the requests are not accepted directly, 0.0 % by ' +
        'the queue)',
    );
  });

  test('is answered yes without a crossover when direct wins everywhere', () => {
    const [answer] = waysAnswers([...pair(100, 3, 9), ...pair(4_000, 20, 60)]);
    expect(answer).toContain(
      'yes at every rate from 100/s to 4,000/s: the crossover, if there is one, lies above (at ' +
        '4,000/s p99 of the API 20 ms directly, 60 ms by the queue)',
    );
  });

  test('is answered no when the queue wins everywhere, and by neither when they tie', () => {
    expect(waysAnswers(pair(100, 9, 3))[0]).toContain(
      'no at 100/s, the one rate that was measured: the crossover, if there is one, lies below',
    );
    expect(waysAnswers(pair(100, 9, 9))[0]).toContain('it makes no difference at 100/s');
  });

  test('names the rates at which neither is better, or nothing is known', () => {
    const none = [...pair(100, 3, 9), ...pair(500, 9, 9), ...pair(1_000, 3, 9)];
    const silent = wayResult({ way: 'direct', likesPerS: 800, p99Ms: 3 });
    expect(waysAnswers([...none, silent])[0]).toContain(
      'yes at every rate from 100/s to 1,000/s, but a tie at 500/s and nothing told at 800/s: the',
    );
    const turns = [...pair(100, 3, 9), ...pair(500, 9, 3), ...pair(1_000, 9, 9)];
    expect(waysAnswers(turns)[0]).toContain('directly, 3.0 ms by the queue), but a tie at 1,000/s');
    const between = [...pair(100, 3, 9), ...pair(500, 9, 9), ...pair(1_000, 9, 3)];
    expect(waysAnswers(between)[0]).not.toContain('but a tie');
  });

  test('says where the queue answers early and counts late', () => {
    const late = pair(100, 9, 3).map((result) =>
      result.broker === 'direct'
        ? result
        : { ...result, path: { ...result.path!, exactAfterMs: 7_000 } },
    );
    expect(waysAnswers(late)[0]).toContain(
      '3.0 ms by the queue, whose count is exact only 7,000 ms after the last 202)',
    );
  });

  test('gets no rate when the answer goes back and forth', () => {
    const results = [...pair(100, 3, 9), ...pair(500, 9, 3), ...pair(1_000, 3, 9)];
    expect(waysAnswers(results)[0]).toContain(
      'no rate parts the two: direct at 100/s, queue at 500/s, direct at 1,000/s',
    );
  });

  test('gets none without a comparison', () => {
    expect(explainWays([])).toBe('');
    expect(explainWays([wayResult({ way: 'direct' })])).toBe('');
    expect(explainWays([wayResult({ way: 'coalesced' })])).toBe('');
  });

  test('is a claim from six runs up', () => {
    const six = Array.from({ length: 6 }, (_, place) => pair(100, 3 + place / 10, 9)).flat();
    expect(waysAnswers(six)[0]).not.toContain('no claim');
  });
});

describe('a post that everybody likes', () => {
  test('has a sentence of its own, with the locks beside the same rate over many posts', () => {
    const lines = waysAnswers(waysEvening(['kafka']));
    expect(lines[1]).toBe(
      'When one post takes all of a burst of 50 times the rate (5,000/s), of the requests ' +
        'written directly 50 % are not accepted, with a p99 of 1,500 ms, and the count is exact ' +
        'with the last 202; through kafka (power) 5.0 % and 50 ms, exact 120 ms after the last ' +
        '202.',
    );
    expect(lines[2]).toBe(
      "Directly, sessions of PostgreSQL wait for each other's row: at 1,000/s on one post in 80 " +
        '% of the looks, over many posts in 0.0 %; at 5,000/s on one post in 80 % of the looks. ' +
        'Of a burst the looks before it are in the share, which makes it lower than it is in ' +
        'the burst alone.',
    );
    expect(lines[3]).toBe(
      'By the CPU time of all parts a like, with a queue on kafka (power) the queue costs less ' +
        'at every rate; transactions a like at 4,000/s: 1.00 directly, 0.10 by the queue.',
    );
    expect(explainWays(waysEvening(['kafka'])).split('\n')).toHaveLength(4);
  });
});
