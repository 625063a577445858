/**
 * A counting process that ends itself at a step: `node step-worker.ts '<StepOrder as JSON>'`. The
 * lab's own consumer on a real store; its queue is this file. Says what it has done, line by line.
 */
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openClock } from '../../lab/clock.ts';
import { consume } from '../../lab/consume.ts';
import type { StoreStep } from '../../lab/worker-messages.ts';
import type { HandleLikes, Like } from '../../likes/like.ts';
import { openStore } from '../../store/open-store.ts';
import { madePort } from './made-port.ts';

export interface StepOrder {
  readonly folder: string;
  readonly shards: number;
  /** Where it is to end; one that is taken back is not asked for any more. */
  readonly step?: StoreStep;
  readonly takenBack?: 'before the batches' | 'after the batches';
  readonly batches: readonly (readonly Like[])[];
  /** It lives on for this long after its last batch. */
  readonly goOnMs: number;
}

export type StepLine = 'acknowledged' | 'ended';

const order = JSON.parse(process.argv[2]!) as StepOrder;
// At once, since whoever is killed says nothing afterwards.
const say = (line: StepLine) => writeSync(1, `${line}\n`);

const port = madePort();
const opened = Promise.withResolvers<HandleLikes>();
await using store = await openStore({ folder: join(order.folder, 'store'), shards: order.shards });
const ended = consume(
  { recordsPath: join(order.folder, 'records'), reopens: true },
  {
    async openConsumer(handleLikes) {
      opened.resolve(handleLikes);
      const stop = async () => undefined;
      return { failed: new Promise(() => undefined), stop, [Symbol.asyncDispose]: stop };
    },
    store,
    clock: openClock(),
    port,
  },
);
await port.until('ready');
port.command({ kind: 'die-at', step: order.step });
if (order.takenBack === 'before the batches') port.command({ kind: 'die-at', step: undefined });
// By then the consumer has obeyed.
await sleep(0);
const handleLikes = await opened.promise;
for (const batch of order.batches) {
  await handleLikes([...batch]);
  say('acknowledged');
}
if (order.takenBack === 'after the batches') port.command({ kind: 'die-at', step: undefined });
await sleep(order.goOnMs);
port.command({ kind: 'stop' });
await ended;
say('ended');
