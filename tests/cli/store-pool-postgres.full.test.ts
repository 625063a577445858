import { expect, test } from 'vitest';
import { openRunFolder } from '../../brokers/servers/local/runs.ts';
import { StorePool } from '../../cli/store-pool.ts';
import { openStore, type StoreOptions } from '../../store/open-store.ts';
import { madeLikes } from '../store/made-likes.ts';

test('each trial counts into a store of its own, which is gone when the trial is', async () => {
  await using folder = await openRunFolder();
  await using pool = new StorePool(folder.path, () => undefined);
  const plan = { engine: 'postgres', rule: 'tally' } as const;
  const addresses = [];
  for (let trial = 0; trial < 2; trial++) {
    await using stores = pool.openFor(folder.path);
    const address = await stores.addressFor(2, plan);
    addresses.push(address);
    await using store = await openStore(address);
    expect(store.shards).toHaveLength(2);
    expect((await store.totals()).marks).toBe(0);
    await store.apply(madeLikes('a', 50));
    expect((await stores.usage())!.cpuUs).toBeGreaterThan(0);
  }
  expect(addresses[0]).not.toEqual(addresses[1]);
  for (const address of addresses) {
    await expect(openStore({ ...address, readOnly: true } as StoreOptions)).rejects.toMatchObject({
      code: 'NOT_A_STORE',
    });
  }
});
