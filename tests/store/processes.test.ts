/** Real processes on one store: side by side, and killed in the middle. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { openStore } from '../../store/open-store.ts';
import type { WorkerOrder } from './apply-worker.ts';
import { allCounts, madeLikes, modelCounts, randomFrom } from './made-likes.ts';
import { temporaryFolder } from './store-folder.ts';

const WORKER = fileURLToPath(new URL('apply-worker.ts', import.meta.url));
const PROCESSES = 3;
/** Longer than a worker takes to load on a busy machine; a later one just opens later. */
const LOAD_MS = 1_500;
const ROUNDS = 3;
const KILLS = 8;
const KILL_DELAY_MS_MAX = 400;
const KILL_SEED = 20_170_914;

function startWorker(order: WorkerOrder): ChildProcess {
  return spawn(process.execPath, [WORKER, JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** The fresh likes that the worker counted; it must have ended by itself. */
async function freshOf(worker: ChildProcess): Promise<number> {
  const ended = once(worker, 'close');
  let fresh = Number.NaN;
  for await (const line of createInterface({ input: worker.stdout! })) {
    fresh = (JSON.parse(line) as { fresh?: number }).fresh ?? fresh;
  }
  expect(await ended).toEqual([0, null]);
  return fresh;
}

describe('several processes', () => {
  test('that open a folder at the same moment all use the store of the one that won', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      using temporary = temporaryFolder();
      const { folder, parent } = temporary;
      const order = { folder, likesPerSource: 10, batchSize: 10, openAtMs: Date.now() + LOAD_MS };
      const workers = Array.from({ length: PROCESSES }, (_, seed) =>
        startWorker({ ...order, seed, sources: [`source-${seed}`] }),
      );
      expect(await Promise.all(workers.map(freshOf))).toEqual([10, 10, 10]);
      await using store = await openStore({ folder });
      expect((await store.totals()).marks).toBe(30);
      expect(readdirSync(parent)).toEqual(['store']);
    }
  }, 60_000);

  test('make one store together and count overlapping batches exactly', async () => {
    using temporary = temporaryFolder();
    const { folder, parent } = temporary;
    const sources = ['one', 'two', 'three'];
    const likesPerSource = 20_000;
    const openAtMs = Date.now() + LOAD_MS;
    const order = { folder, sources, likesPerSource, batchSize: 500, openAtMs };
    const workers = Array.from({ length: PROCESSES }, (_, seed) => startWorker({ ...order, seed }));
    const fresh = await Promise.all(workers.map(freshOf));
    await using store = await openStore({ folder });
    const likes = sources.flatMap((source) => madeLikes(source, likesPerSource));
    expect(await allCounts(store)).toEqual(modelCounts(likes));
    expect(fresh.reduce((sum, count) => sum + count, 0)).toBe(likes.length);
    // Proof that they did write side by side: no process had it all to itself.
    expect(fresh.filter((count) => count > 0).length).toBeGreaterThan(1);
    expect(await store.findProblems()).toEqual([]);
    expect(readdirSync(parent)).toEqual(['store']);
  }, 60_000);
});

describe('a process that is killed while it applies', () => {
  test('leaves a store in which everything, applied again, counts once', async () => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    await (await openStore({ folder }))[Symbol.asyncDispose]();
    const random = randomFrom(KILL_SEED);
    const likes = madeLikes('phoenix', 40_000);
    const order = {
      folder,
      sources: ['phoenix'],
      likesPerSource: likes.length,
      seed: 1,
      openAtMs: 0,
    };
    const marksAfterKill: number[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      // Small batches, so that all of it takes far longer than the latest kill.
      const worker = startWorker({ ...order, batchSize: 5, seed: kill });
      const ended = once(worker, 'close');
      await once(worker.stdout!, 'data');
      await wait(random() * KILL_DELAY_MS_MAX);
      worker.kill('SIGKILL');
      expect(await ended).toEqual([null, 'SIGKILL']);
      await using store = await openStore({ folder });
      expect(await store.findProblems()).toEqual([]);
      marksAfterKill.push((await store.totals()).marks);
    }
    // Proof that the kills came in the middle of the work.
    expect(marksAfterKill[0]).toBeGreaterThan(0);
    expect(marksAfterKill.at(-1)).toBeLessThan(likes.length);
    expect(new Set(marksAfterKill).size).toBeGreaterThan(KILLS / 2);
    await freshOf(startWorker({ ...order, batchSize: 1_000 }));
    await using store = await openStore({ folder });
    expect(await allCounts(store)).toEqual(modelCounts(likes));
    expect((await store.totals()).marks).toBe(likes.length);
    expect(await store.findProblems()).toEqual([]);
  }, 60_000);
});
