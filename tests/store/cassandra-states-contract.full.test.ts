/** The contract of the rule *states* on a real node. */
import { afterAll, beforeAll } from 'vitest';
import { openStore } from '../../store/open-store.ts';
import { testStatesStore } from '../store-contract-states.ts';
import { type CassandraUnderTest, startCassandra, subjectOf } from './cassandra-under-test.ts';

const PROPERTY_RUNS = 5;

let node: CassandraUnderTest;

beforeAll(async () => {
  node = await startCassandra({ tier: 'kill' });
});

afterAll(() => node?.[Symbol.asyncDispose]());

testStatesStore(
  'cassandra',
  async () => {
    const options = node.freshStore('states');
    return subjectOf(() => openStore(options));
  },
  PROPERTY_RUNS,
  true,
);
