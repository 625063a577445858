/** A real server for the variants, and the ways to them. */
import { afterAll, beforeAll } from 'vitest';
import type { Broker } from '../../../brokers/broker.ts';
import { startLocalServer } from '../../../brokers/servers/local/index.ts';
import type { LocalServer } from '../../../brokers/servers/local/local-server.ts';
import type { ServerName, Tier } from '../../../brokers/servers/server.ts';
import type { NetworkProxy } from '../../../lab/faults/proxy.ts';
import { FixtureProcess, freshName, LANES } from '../../brokers/broker-under-test.ts';
import { temporaryFolder } from '../../brokers/servers/temporary-folder.ts';
import { type VariantName, variantsOf } from './variants/index.ts';

/** A variant's consumer in a process of its own, seen from the folder of FixtureProcess. */
const HOLDING = '../../lab/controls/holding-variant';

type Folder = Awaited<ReturnType<typeof temporaryFolder>>;

/** Starts it before the tests of the suite that calls this, and ends it after them. */
export function useServer(
  name: ServerName,
  tier: Tier,
  equipment: { proxy?: () => Promise<NetworkProxy>; disk?: boolean } = {},
) {
  let folder: Folder | undefined;
  let server: LocalServer | undefined;
  let proxy: NetworkProxy | undefined;
  beforeAll(async () => {
    folder = await temporaryFolder();
    proxy = await equipment.proxy?.();
    const { disk } = equipment;
    const proxyPort = proxy?.port;
    server = await startLocalServer(name, { tier, folder: folder.path, proxyPort, disk });
    proxy?.passTo(server.behindProxy!);
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    await proxy?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });
  return {
    get server() {
      return server!;
    },
    get proxy() {
      return proxy!;
    },
    get folder() {
      return folder!.path;
    },
    /** `address`: another way to the server than the straight one. */
    async open(variant: VariantName, claimed: Tier, address = server!.address) {
      const entry = variantsOf(async () => `${folder!.path}/store-${variant}`)[variant];
      return await entry.open({ address, tier: claimed });
    },
    async queueOf(broker: Broker): Promise<string> {
      const queue = freshName();
      await broker.createQueue(queue, { lanes: LANES });
      return queue;
    },
    holding: (variant: VariantName, queue: string, tier: Tier) =>
      new FixtureProcess(HOLDING, { broker: variant, address: server!.address, tier, queue }),
  };
}
