import { defineConfig } from 'vitest/config';

/**
 * Tests of one interface or one command on real servers of their own. They mostly wait, for a
 * timeout or a restart, so three files run side by side.
 */
const contractTests = [
  'tests/brokers/*.test.ts',
  'tests/brokers/servers/*.test.ts',
  'tests/**/*-on-real-servers.test.ts',
  'tests/cli/!(faults|run-experiments)*.test.ts',
  'tests/consumers/take-*.test.ts',
  'tests/store/cassandra-store.test.ts',
  'tests/store/postgres-*.test.ts',
  'tests/store/move/postgres-*.test.ts',
];

/**
 * Tests of whole trials, with servers and many processes; they run one file at a time, since two
 * cores are all we ask for.
 */
const trialTests = ['tests/cli/@(faults|run-experiments)*.test.ts', 'tests/lab/run-*.test.ts'];

/** Proofs that take minutes: `npm run test:full`. */
const fullTests = ['tests/**/*.full.test.ts'];

export default defineConfig({
  test: {
    // Tests of a suite that run side by side all load its one server: five at once had 80 requests
    // before ElasticMQ, which on busy cores left some without any answer (elasticmq.ts says why).
    maxConcurrency: 2,
    reporters: ['default', ['json', { outputFile: '.vitest/report.json' }]],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['tests/**/*.test.ts'],
          exclude: [...contractTests, ...trialTests, ...fullTests],
          pool: 'forks',
          testTimeout: 30_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'contracts',
          include: contractTests,
          exclude: fullTests,
          pool: 'forks',
          maxWorkers: 3,
          // Else it is `test`, in which kafkajs retries in another way than for everybody else.
          env: { NODE_ENV: 'production' },
          testTimeout: 120_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'trials',
          include: trialTests,
          exclude: fullTests,
          pool: 'forks',
          fileParallelism: false,
          env: { NODE_ENV: 'production' },
          testTimeout: 120_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 3 },
        },
      },
      {
        test: {
          name: 'full',
          include: fullTests,
          pool: 'forks',
          fileParallelism: false,
          env: { NODE_ENV: 'production' },
          testTimeout: 120_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
});
