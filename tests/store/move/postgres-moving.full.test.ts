/** Moves in a real PostgreSQL, stopped after every step. */
import { afterAll, beforeAll } from 'vitest';
import { testMoves } from './moving-contract.ts';
import { type PostgresForMoves, startPostgres } from './postgres-moves.ts';

let postgres: PostgresForMoves;

beforeAll(async () => {
  postgres = await startPostgres();
});

afterAll(async () => {
  await postgres?.[Symbol.asyncDispose]();
});

testMoves('PostgreSQL', async () => ({
  options: postgres.freshStore(),
  async [Symbol.asyncDispose]() {},
}));
