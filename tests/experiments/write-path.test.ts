import { describe, expect, test } from 'vitest';
import { writePath } from '../../experiments/write-path.ts';
import { explainHops } from '../../experiments/write-path-answers.ts';
import { hopsTables } from '../../experiments/write-path-tables.ts';
import { DIRECT } from '../../lab/path-plan.ts';
import { tableOf, toText } from '../../lab/table.ts';
import type { WritePath } from '../../lab/write-path-schema.ts';
import { madeWritePath, tracedResult } from './made-write-paths.ts';

const [hops] = [madeWritePath().hops];

describe('the steps of write-path', () => {
  const stepsOf = (broker: string, likesPerSRough: number, profile: 'smoke' | 'quick') =>
    writePath.steps({
      ...{ profile, likes: undefined, contender: { broker, tier: 'kill', likesPerSRough } },
    });

  test('trace all likes at a low rate, and every tenth at a high one where that fits', () => {
    const told = (broker: string, rough: number) =>
      stepsOf(broker, rough, 'quick').map(({ rate, path }) => [rate, path!.kind, path!.traces]);
    expect(told('kafka', 100_000)).toEqual([
      [{ likesPerS: 100 }, 'queued', { every: 1 }],
      [{ likesPerS: 2_000 }, 'queued', { every: 10 }],
    ]);
    expect(told('sqs', 1_500)).toEqual([[{ likesPerS: 100 }, 'queued', { every: 1 }]]);
    expect(told(DIRECT, 1_000)).toEqual([[{ likesPerS: 100 }, 'direct', { every: 1 }]]);
    expect(stepsOf('kafka', 100_000, 'smoke')).toHaveLength(1);
  });
});

describe('its tables', () => {
  test('have a row for each hop, and the law beside it', () => {
    const [times, little] = hopsTables([tracedResult('kafka')]);
    expect(times!.rows).toHaveLength(7);
    const queue = times!.rows.find(([, , , hop]) => hop === 'in the queue');
    expect(queue).toEqual([
      ...['kafka', 'kill', '100/s', 'in the queue', '9.00', '30.00', '50.0', '10.00', '50'],
    ]);
    expect(times!.notes.join('\n')).toContain('25 % were delivered before their acknowledgement');
    expect(little!.rows[4]).toEqual([
      ...['kafka', 'kill', '100/s', 'in the queue', '1.000', '100', '1.000', '0.050', 'holds'],
    ]);
    expect(toText(tableOf(writePath, [tracedResult('kafka')]))).toContain('in the queue');
  });

  test('name the hop that fails, and strike the times out', () => {
    const broken = hops!.map((hop) =>
      hop.name === 'send'
        ? { ...hop, little: { ...hop.little, inHop: 9, problems: ['9 likes were in it'] } }
        : hop,
    );
    const reason = 'Little\'s law fails in "send": 9 likes were in it';
    const struck = { numbersValid: false, numbersStruck: [reason] };
    const [times, little] = hopsTables([tracedResult('kafka', struck, { hops: broken })]);
    expect(times!.rows[0]![4]).toBe('~~0.90~~');
    expect(times!.notes).toContain(`kafka 100/s: numbers struck out, ${reason}`);
    expect(little!.rows.map((row) => row.at(-1))).toEqual([
      ...['holds', 'holds', 'holds', 'fails', 'holds', 'holds', 'holds'],
    ]);
    expect(little!.rows[3]).toContain('9.000');
    expect(explainHops([tracedResult('kafka', struck)])).toBe('');
  });

  test('do not say that the law holds where it allows for nearly anything', () => {
    const loose = hops!.map((hop) =>
      hop.name === 'checks'
        ? { ...hop, little: { ...hop.little, inHop: 0.002, product: 0.003, bound: 0.0021 } }
        : hop,
    );
    const rows = hopsTables([tracedResult('kafka', {}, { hops: loose })])[1]!.rows;
    expect(rows.map((row) => row.at(-1)).slice(0, 3)).toEqual(['holds', 'cannot tell', 'holds']);
  });

  test('say how many repeats of a row fail', () => {
    const broken = {
      hops: hops!.map((hop) => ({ ...hop, little: { ...hop.little, problems: ['x'] } })),
    };
    const rows = hopsTables([tracedResult('kafka'), tracedResult('kafka', {}, broken)])[1]!.rows;
    expect(rows[0]!.at(-1)).toBe('fails in 1 of 2');
  });

  test('say how many spans did not reach the receiver, and why', () => {
    const notesWith = (exported?: WritePath['exported']) =>
      hopsTables([tracedResult('kafka', {}, { exported })])[0]!.notes.join();
    expect(notesWith({ delivered: 7, failed: 3, reason: 'no answer' })).toContain(
      'kafka 100/s: 3 of 10 spans did not reach the OTLP receiver: no answer',
    );
    expect(notesWith({ delivered: 7, failed: 3 })).toContain('OTLP receiver');
    for (const fine of [undefined, { delivered: 10, failed: 0 }]) {
      expect(notesWith(fine)).not.toContain('OTLP receiver');
    }
  });

  test('are none without a traced trial', () => {
    expect(hopsTables([tracedResult('kafka', { writePath: undefined })])).toEqual([]);
  });
});

test('a sentence says which hop takes most of the time, and what shortens it', () => {
  const told = explainHops([tracedResult('sqs'), tracedResult('kafka')]).split('\n');
  expect(told).toEqual([
    '- **kafka** at 100/s: 50 % of a like\'s time goes into "in the queue" (10.0 of 20.0 ms on ' +
      'average; p99 30.0 of 45.0 ms). To shorten it, add a worker, or let it ask sooner: likes ' +
      'wait for the one before them to be counted.',
    expect.stringContaining('**sqs** at 100/s'),
  ]);
});

test('a sentence about several runs is of the middle one', () => {
  const runs = [90_000, 20_000, 30_000].map((meanUs) => {
    const { whole } = madeWritePath();
    return tracedResult('kafka', {}, { whole: { ...whole, meanUs } });
  });
  expect(explainHops(runs)).toContain('at 100/s, in the middle one of 3 runs: 50 %');
  expect(explainHops(runs)).toContain('(10.0 of 30.0 ms on average');
});
