import { describe, expect, test } from 'vitest';
import { directOrQueued } from '../../experiments/direct-or-queued.ts';
import { wayResult, waysEvening } from './made-ways.ts';

const tablesOf = (results: Parameters<NonNullable<typeof directOrQueued.tables>>[0]) =>
  directOrQueued.tables!(results);
type Made = ReturnType<typeof tablesOf>[number];
const cell = ({ heads, rows }: Made, row: number, head: string) => rows[row]![heads.indexOf(head)];

describe('the tables', () => {
  const evening = waysEvening();
  const [turns, steady, bursts, killed] = tablesOf(evening);

  test('begin with where the choice turns, then each rate, the bursts, and the kills', () => {
    expect(
      [turns, steady, bursts, killed].map((table) => [table!.title, table!.rows.length]),
    ).toEqual([
      ['Where the better choice turns', 8],
      ['Each way at each rate', 30],
      ['A burst on one post', 12],
      ['The broker killed in a burst', 2],
    ]);
    expect(turns!.notes).toContain('fewer than six runs of some: what these say there is no claim');
  });

  test('have the rates of a way in rising order', () => {
    const offered = steady!.rows.slice(0, 5).map((row) => row[3]);
    expect(offered).toEqual(['100/s', '500/s', '1,000/s', '2,000/s', '4,000/s']);
  });

  test('take a burst by the requests that were due in it', () => {
    expect(bursts!.rows[0]!.slice(0, 4)).toEqual([
      ...['direct, +1', 'direct', 'power', '100/s, 10x in the burst'],
    ]);
    expect(cell(bursts!, 0, 'accepted/s')).toBe('900');
    expect(cell(bursts!, 0, 'API p99 ms')).toBe('300.0');
    expect(cell(bursts!, 0, 'shed %')).toBe('10.0');
    expect(cell(bursts!, 0, 'failed %')).toBe('0.0');
  });

  test('add up the CPU of the parts that a way has', () => {
    expect(cell(steady!, 0, 'CPU µs/like all')).toBe('500');
    expect(cell(steady!, 0, 'CPU µs/like workers')).toBe('–');
    expect(cell(steady!, 29, 'CPU µs/like all')).toBe('320');
  });

  test('count as failed what was neither accepted nor shed', () => {
    const { path } = wayResult({ way: 'direct' });
    const requests = { ...path!.requests, accepted: 630, refused: 40, noAnswer: 30 };
    const [table] = tablesOf([wayResult({ way: 'direct', path: { requests } })]);
    expect(cell(table!, 0, 'failed %')).toBe('10.0');
    expect(cell(table!, 0, 'accepted/s')).toBe('90');
  });

  test('say how late the client was, and how many shards each side had', () => {
    expect(cell(steady!, 0, 'client late p99 ms')).toBe('0.9');
    const shards = (result: (typeof evening)[number], count: number) => ({
      ...result,
      plan: { ...result.plan, shards: count },
    });
    const both = [wayResult({ way: 'direct' }), wayResult({ way: 'coalesced' })] as const;
    const [unlike] = tablesOf([shards(both[0], 1), shards(both[1], 4)]);
    expect(unlike!.notes.join('\n')).toContain('counts in 1 shard, the queue in 4');
    const [alike] = tablesOf(both.map((result) => shards(result, 1)));
    expect(alike!.notes.join('\n')).not.toContain('shard');
  });

  test('name the rates at which the client is as much of the p99 as the way', () => {
    const late = wayResult({ way: 'direct', p99Ms: 3, path: { generatorLagUsP99: 1_600 } });
    const [table] = tablesOf([late, wayResult({ way: 'coalesced', p99Ms: 9 })]);
    const note = /^at 100\/s the client itself was late by more than half of a p99/;
    expect(table!.notes).toContainEqual(expect.stringMatching(note));
    expect(turns!.notes).not.toContainEqual(expect.stringMatching(note));
  });

  test('print the outage of a kill', () => {
    expect(cell(killed!, 0, 'outage ms')).toBe('2,400');
    expect(cell(killed!, 0, 'accepted outside %')).toBe('99.8');
  });

  test('say which tier a commit compares with, and who promises less', () => {
    const weak = { way: 'coalesced', broker: 'sqs', tier: 'kill' } as const;
    const [table] = tablesOf([wayResult({ way: 'direct' }), wayResult(weak)]);
    expect(table!.notes).toContain('sqs at kill promises less with its 202 than a commit does');
    expect(turns!.notes.filter((note) => note.includes('promises less'))).toEqual([]);
  });

  test('name the rates at which a side has no number that stands', () => {
    const struck = wayResult({ way: 'direct', changed: { numbersValid: false } });
    const [table] = tablesOf([struck, wayResult({ way: 'coalesced' })]);
    expect(table!.notes[1]).toBe(
      'at 100/s, where numbers do not stand or are missing, nothing is said of any of them',
    );
    const other = wayResult({ way: 'coalesced', broker: 'sqs' });
    const one = wayResult({ way: 'coalesced', changed: { numbersValid: false } });
    const [two] = tablesOf([wayResult({ way: 'direct' }), one, other]);
    expect(two!.notes[1]).toMatch(/nothing is said of direct, \+1 and queue, .* on kafka$/);
    expect(table!.rows[0]!.slice(4)).toEqual(['–', '–', '–']);
  });

  test('have no percentile that was not told, and no turn without a direct way', () => {
    const { path } = wayResult({ way: 'coalesced' });
    const { p999Us: _, ...api } = path!.api!;
    const tables = tablesOf([wayResult({ way: 'coalesced', path: { api } })]);
    expect(tables).toHaveLength(1);
    expect(cell(tables[0]!, 0, 'API p99.9 ms')).toBe('–');
  });
});
