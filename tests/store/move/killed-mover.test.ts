/** A mover that is killed under load, after one step: another one every day. */
import { expect, test } from 'vitest';
import { openStore } from '../../../store/open-store.ts';
import { temporaryFolder } from '../store-folder.ts';
import { DAY_SEED, stepsOfToday } from './day-seed.ts';
import { LoadedStore } from './killed-mover.ts';

const [STEP] = stepsOfToday(1);

test(`counts are exact when a mover dies after '${STEP}' (day ${DAY_SEED})`, async () => {
  using temporary = temporaryFolder();
  const options = { folder: temporary.folder };
  await (await openStore({ ...options, shards: 4 }))[Symbol.asyncDispose]();
  const store = new LoadedStore(options);
  // Some steps come only where shards are added, some only where they are drained.
  const hasDied = [
    await store.move({ kind: 'shards', shards: 5 }, STEP),
    await store.move({ kind: 'shards', shards: 3 }, STEP),
  ];
  expect(hasDied).toContain(true);
}, 240_000);
