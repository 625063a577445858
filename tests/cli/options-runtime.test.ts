import { afterEach, describe, expect, test, vi } from 'vitest';
import { contendersOf } from '../../cli/options.ts';
import { linesOf, runLab } from './lab-process.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

const tiersOf = (options: Parameters<typeof contendersOf>[0]) =>
  contendersOf(options).map(({ broker, tier }) => `${broker} ${tier}`);

describe('the tier', () => {
  test('is `kill` where nobody says, and what was asked for where the lab runs the server', () => {
    const brokers = ['redis-streams', 'null'];
    expect(tiersOf({ brokers })).toEqual(['redis-streams kill', 'null memory']);
    expect(tiersOf({ brokers, runtime: 'compose', tier: ['power'] })).toEqual([
      'redis-streams power',
      'null memory',
    ]);
  });

  test('is the one an experiment is about where nobody says, or the best that a broker has', () => {
    const brokers = ['kafka', 'sqs', 'null'];
    const named = (options: Parameters<typeof contendersOf>[0]) =>
      contendersOf(options, 'power').map(({ broker, tier }) => `${broker} ${tier}`);
    expect(named({ brokers })).toEqual(['kafka power', 'sqs kill', 'null memory']);
    expect(named({ brokers, tier: ['kill'] })).toEqual(['kafka kill', 'sqs kill', 'null memory']);
  });

  test('of a server of somebody else is what its user says; asking for another is wrong', () => {
    vi.stubEnv('LIKE_LAB_REDIS', 'redis://localhost');
    vi.stubEnv('LIKE_LAB_REDIS_TIER', 'everysec');
    const options = { brokers: ['redis-streams', 'null'], runtime: 'external' } as const;
    expect(tiersOf(options)).toEqual(['redis-streams everysec', 'null memory']);
    expect(tiersOf({ ...options, tier: ['kill', 'everysec'] })).toHaveLength(2);
    expect(() => contendersOf({ ...options, tier: ['kill'] })).toThrow(
      '--tier kill: Redis at localhost:6379 has the tier everysec, as LIKE_LAB_REDIS_TIER says; ' +
        'leave out --tier, or correct that variable',
    );
  });
});

test('a runtime that is none is one line with those that are', async () => {
  const { code, stderr } = await runLab(['latency', '--runtime', 'cloud']);
  expect(linesOf(stderr)[0]).toMatch(/'cloud' is invalid. Allowed choices are local, compose, ext/);
  expect(code).toBe(64);
});
