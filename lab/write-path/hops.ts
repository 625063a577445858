/** The hops of a like's way: what lies between two of its steps, and what each is called. */
import type { LikeStep } from '../../likes/like-steps.ts';
import type { PathKind } from '../path-plan.ts';

export interface Hop {
  readonly name: string;
  readonly from: LikeStep;
  readonly to: LikeStep;
  /** What the time goes into, and what shortens it. */
  readonly meaning: string;
  readonly cure: string;
}

const QUEUED: readonly Hop[] = [
  {
    ...{ name: 'to the gateway', from: 'due', to: 'received' },
    meaning:
      'from due to the moment the gateway has read the head of the request; how late the client ' +
      'itself was is in it',
    cure:
      'look first how late the client itself was, which is no fault of the service; else add a ' +
      'gateway: its event loop, or the connections to it, are busy',
  },
  {
    ...{ name: 'checks', from: 'received', to: 'waiting' },
    meaning: 'body, schema, limits',
    cure: 'look at what is asked about each like before it may wait',
  },
  {
    ...{ name: 'waits in line', from: 'waiting', to: 'sent' },
    meaning: 'for company (the linger) and for a send that is under way',
    cure: 'lower the linger, or where sends are what it waits for, allow more at once',
  },
  {
    ...{ name: 'send', from: 'sent', to: 'acknowledged' },
    meaning: "from the send to its acknowledgement, and the lab's record of both",
    cure: 'take a weaker tier, or more likes in a send: it is what the tier costs',
  },
  {
    ...{ name: 'in the queue', from: 'acknowledged', to: 'delivered' },
    meaning:
      'from the acknowledgement until the worker has handed it to the code that counts; below 0 ' +
      'where it is delivered before its acknowledgement comes back',
    cure: 'add a worker, or let it ask sooner: likes wait for the one before them to be counted',
  },
  {
    ...{ name: 'waits in the batch', from: 'delivered', to: 'begun' },
    meaning: 'until the transaction of its own shard begins: other shards of the batch go first',
    cure: 'write the shards of a batch side by side, or keep batches smaller',
  },
  {
    ...{ name: 'store transaction', from: 'begun', to: 'visible' },
    meaning: 'of its shard, until it has committed: from then on everybody sees it',
    cure: "put more likes in one, or take a faster disk: it is what the database's commit costs",
  },
];

/** Without a queue the send is the transaction. */
const DIRECT: readonly Hop[] = [
  ...QUEUED.slice(0, 3),
  {
    ...{ name: 'store transaction', from: 'sent', to: 'acknowledged' },
    meaning: 'one for this like alone, until it has committed: from then on everybody sees it',
    cure: 'take a faster disk; a queue before it spares the database commits, and adds hops',
  },
];

export function hopsOf(kind: PathKind): readonly Hop[] {
  return kind === 'direct' ? DIRECT : QUEUED;
}

/** In their order; the last one is the moment from which the like is visible. */
export function stepsOf(kind: PathKind): readonly LikeStep[] {
  const hops = hopsOf(kind);
  return [hops[0]!.from, ...hops.map(({ to }) => to)];
}
