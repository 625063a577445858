import { describe, expect, test } from 'vitest';
import { serverDiskFull } from '../../../lab/faults/server-disk-full.ts';
import { diskStage, madeServer } from './disk-stage.ts';

/** The fault gives a server 20 s to work again before it takes it for hung. */
const TEST_TIMEOUT_MS = 60_000;

/** A disk that was written to once while it was full. */
function serverThatWrites() {
  let refused = 0;
  const disk = madeServer().server.disk!;
  const made = madeServer({
    tier: 'kill',
    disk: { ...disk, counts: () => ({ ...disk.counts(), writesRefused: refused++ }) },
  });
  return made;
}

describe.concurrent('a full disk', () => {
  test('leaves a server alone that works again', async () => {
    const { server, done } = serverThatWrites();
    let acknowledged = 0;
    const stage = diskStage(server, () => (acknowledged += 100));
    const { facts, doubts } = await serverDiskFull.strike(stage);
    expect(facts).toMatchObject({ pid: 1, pidAfter: 1, endedByItself: false, hung: false });
    expect(doubts).toEqual([]);
    expect(done).toEqual(['start']);
  });

  test('has a server started again that ended', async () => {
    const { server, done, die } = serverThatWrites();
    const striking = serverDiskFull.strike(diskStage(server));
    die();
    expect((await striking).facts).toMatchObject({ pidAfter: 2, endedByItself: true, hung: false });
    expect(done).toEqual(['start']);
  });

  test(
    'has a server killed and started again that does not work any more',
    async () => {
      const { server, done } = serverThatWrites();
      const beganMs = performance.now();
      let acknowledged = 0;
      // Later on it acknowledges a little now and then, which is not work.
      const stage = diskStage(server, () => {
        acknowledged += performance.now() - beganMs < 1_500 ? 10_000 : 1;
        return acknowledged;
      });
      const { facts } = await serverDiskFull.strike(stage);
      expect(facts).toMatchObject({ pid: 1, pidAfter: 2, endedByItself: false, hung: true });
      expect(done).toEqual(['kill', 'start']);
    },
    TEST_TIMEOUT_MS,
  );

  test(
    'proves nothing where nobody wrote',
    async () => {
      let acknowledged = 0;
      const stage = diskStage(madeServer().server, () => (acknowledged += 100));
      const { doubts } = await serverDiskFull.strike(stage);
      expect(doubts).toEqual(['the server wrote nothing while its disk was full']);
    },
    TEST_TIMEOUT_MS,
  );

  test('has room again when the trial is interrupted', async () => {
    const { server, done } = madeServer();
    const controller = new AbortController();
    const striking = serverDiskFull.strike(diskStage(server, undefined, controller.signal));
    await expect.poll(() => done, { timeout: 5_000 }).toEqual(['full']);
    controller.abort();
    await expect(striking).rejects.toThrow();
    expect(done).toEqual(['full', 'room']);
  });
});
