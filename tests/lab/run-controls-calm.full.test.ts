/**
 * The variants of controls/ in calm weather: each sends and counts like its broker, so that what a
 * trial finds of it is what the fault brought out and nothing else.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Broker } from '../../brokers/broker.ts';
import { startLocalServer } from '../../brokers/servers/local/index.ts';
import type { LocalServer } from '../../brokers/servers/local/local-server.ts';
import type { ServerName, Tier } from '../../brokers/servers/server.ts';
import { openStore } from '../../store/open-store.ts';
import { drained, freshName, madeLikes, until } from '../brokers/broker-under-test.ts';
import { temporaryFolder } from '../brokers/servers/temporary-folder.ts';
import { CONTROLS } from './controls/controls.ts';
import { type VariantName, variantsOf } from './controls/variants/index.ts';

const LIKES = 2_000;
const LIKES_PER_SEND = 100;
const LANES = 4;
const SHARDS = 3;
const COUNT_LIMIT_MS = 60_000;

/** One server of each kind stands for all tiers: in calm weather they differ in nothing. */
const SERVERS: readonly { readonly name: ServerName; readonly tier: Tier }[] = [
  { name: 'redis', tier: 'memory' },
  { name: 'elasticmq', tier: 'memory' },
  { name: 'kafka', tier: 'kill' },
];

const nobodyCounts = () => Promise.reject(new Error('nobody counts here'));
const entries = variantsOf(nobodyCounts);

test('every variant is a control, and every control a variant', () => {
  const brokers = [...new Set(CONTROLS.map(({ broker }) => broker))];
  expect(brokers.sort()).toEqual(Object.keys(entries).sort());
});

describe.each(SERVERS)('on $name, in calm weather,', ({ name, tier }) => {
  let server: LocalServer | undefined;
  let folder: Awaited<ReturnType<typeof temporaryFolder>> | undefined;

  beforeAll(async () => {
    folder = await temporaryFolder();
    server = await startLocalServer(name, { tier, folder: folder.path });
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  const own = CONTROLS.filter(({ broker }) => entries[broker].server === name);
  const controls = [...new Map(own.map((control) => [control.broker, control])).values()];
  test.each(controls)('every like is counted once: $name', async ({ broker, claimedTier }) => {
    const storeFolder = `${folder!.path}/store-${broker}`;
    const entry = variantsOf(async () => storeFolder)[broker];
    await using opened = await entry.open({ address: server!.address, tier: claimedTier });
    expect(opened.tier).toBe(claimedTier);
    await countThrough(opened, broker, storeFolder);
  });
});

async function countThrough(broker: Broker, variant: VariantName, storeFolder: string) {
  const queue = freshName();
  await broker.createQueue(queue, { lanes: LANES });
  await using store = await openStore({ folder: storeFolder, shards: SHARDS });
  const consumer = await broker.openConsumer(queue, (likes) => store.apply(likes));
  const source = freshName();
  {
    await using producer = await broker.openProducer(queue);
    for (let from = 0; from < LIKES; from += LIKES_PER_SEND) {
      await producer.send(madeLikes(LIKES_PER_SEND, { from, source }));
    }
  }
  await until(`${LIKES} likes of ${variant} are counted`, COUNT_LIMIT_MS, async () => {
    return (await store.totals()).marks >= LIKES;
  });
  await drained(broker, queue);
  await consumer.stop();
  const { likes, unlikes, marks } = await store.totals();
  expect({ counted: likes + unlikes, marks }).toEqual({ counted: LIKES, marks: LIKES });
  expect(await broker.backlog(queue)).toEqual({ waiting: 0, unacknowledged: 0, parked: 0 });
  await broker.deleteQueue(queue);
}
