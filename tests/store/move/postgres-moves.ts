/** A PostgreSQL for the tests of moves, and stores in it. */
import type { PostgresStoreOptions } from '../../../store/postgres-store.ts';
import * as server from '../postgres-server.ts';

export interface PostgresForMoves extends AsyncDisposable {
  /** Of a store that is not there yet. */
  freshStore(): PostgresStoreOptions;
}

export async function startPostgres(): Promise<PostgresForMoves> {
  const started = await server.startPostgres();
  return {
    freshStore() {
      // Their number of shards changes, and locks are waited for as long as by anybody.
      const { engine, urls, name } = started.freshStore();
      return { engine, urls, name };
    },
    [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
  };
}
