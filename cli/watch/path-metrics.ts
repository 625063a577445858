/** What gateways and workers alike tell of their whole path. */
import type { Registry } from 'prom-client';
import type { PathLook, PathWatch } from './path-watch.ts';
import { addReading, type Reading } from './readings.ts';

/** Everybody who serves a path tells the same of it: take the largest, never the sum. */
export function addPathMetrics(registry: Registry, watch: Pick<PathWatch, 'newest'>): void {
  const told = (readingsOf: (look: PathLook) => readonly Reading[]) => async () => {
    const look = await watch.newest();
    return look === undefined ? [] : readingsOf(look);
  };
  addReading(registry, {
    kind: 'gauge',
    name: 'likes_backlog',
    help: 'Likes in the queue by the server’s own word',
    labelNames: ['state'],
    read: told(({ backlog: { waiting, unacknowledged, parked } }) => [
      [{ state: 'waiting' }, waiting],
      [{ state: 'unacknowledged' }, unacknowledged],
      [{ state: 'parked' }, parked],
    ]),
  });
  addReading(registry, {
    kind: 'gauge',
    name: 'likes_pipeline_age_seconds',
    help: 'How long ago the oldest like that waits came into the queue',
    read: told(({ ageS }) => [[{}, ageS]]),
  });
  addReading(registry, {
    kind: 'counter',
    name: 'likes_ledger_total',
    help: 'Likes by what is known of them, over all processes and their lives',
    labelNames: ['state'],
    read: told(({ sums: { published, unknown, settled } }) => [
      [{ state: 'published' }, published],
      [{ state: 'unknown' }, unknown],
      [{ state: 'settled' }, settled],
    ]),
  });
  addReading(registry, {
    kind: 'gauge',
    name: 'likes_counter_drift',
    help: 'Published less settled less all that the queue has: above 0, so many are missing',
    read: told(({ drift }) => (drift === undefined ? [] : [[{}, drift]])),
  });
}
