import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { BROKERS } from '../../brokers/index.ts';
import { functionsOf, loadOwnConsumer, sumOf } from '../../cli/load-consumer.ts';
import { ownConsumersOf, refuseOtherConsumers } from '../../cli/own-consumer.ts';
import { refuseOwnConsumer, resultsPages } from '../../cli/results-page.ts';
import { temporaryFolder } from '../brokers/servers/temporary-folder.ts';
import { madeResult } from '../lab/made-result.ts';
import { madeRun } from '../lab/made-run.ts';

const fileOf = (broker: string) => `consumers/${broker === 'sqs-fifo' ? 'sqs' : broker}.ts`;

test.each(Object.keys(BROKERS))(
  '%s: its template exports the function that it names',
  async (name) => {
    expect(await functionsOf(fileOf(name))).toContain(BROKERS[name]!.consumerFunction);
  },
);

describe('--consumer', () => {
  const out = 'mine';

  test('is for all named brokers but the null one, with the sum of its file', async () => {
    const consumer = fileOf('kafka');
    const own = await ownConsumersOf({ brokers: ['kafka', 'null'], consumer, out });
    expect(Object.keys(own)).toEqual(['kafka']);
    expect(own.kafka!.sha256).toBe(sumOf(consumer));
    expect(own.kafka!.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(await ownConsumersOf({ brokers: ['kafka'] })).toEqual({});
  });

  test.each<[string, string | undefined, RegExp]>([
    ['a file that is not there', undefined, /there is no such file/],
    ['one that exports something else', 'export const open = 1;', /exports no function openKafka/],
    ['no function of that name', 'export const openKafkaConsumer = 1;', /exports no function open/],
    ['one that is no module', 'export const = 1;', /cannot be loaded/],
    [
      'one whose package is missing',
      "import 'no-such-package';",
      /cannot be loaded: .*no-such-pack/,
    ],
    ['one that throws', "throw new Error('out of order');", /cannot be loaded: out of order/],
    ['one that ends its process', 'process.exit(0);', /ends the process with exit code 0/],
  ])('refuses %s', async (_what, text, message) => {
    await using folder = await temporaryFolder();
    const consumer = join(folder.path, 'mine.ts');
    if (text !== undefined) await writeFile(consumer, text);
    const asked = ownConsumersOf({ brokers: ['kafka'], consumer, out });
    await expect(asked).rejects.toMatchObject({
      ...{ code: 'USAGE', message: expect.stringMatching(message) },
    });
  });

  test('refuses a broker that it is not for, and to keep results among ours', async () => {
    const consumer = fileOf('kafka');
    await expect(ownConsumersOf({ brokers: ['kafka', 'sqs'], consumer, out })).rejects.toThrow(
      /exports no function openSqsConsumer, which sqs needs/,
    );
    await expect(ownConsumersOf({ brokers: ['null'], consumer, out })).rejects.toThrow(/--brokers/);
    await expect(ownConsumersOf({ brokers: ['kafka'], consumer })).rejects.toThrow(/with --out/);
  });

  test('a worker refuses a file that was changed meanwhile', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'mine.mjs');
    await writeFile(path, 'export const openKafkaConsumer = () => 1;');
    const own = { path, sha256: sumOf(path) };
    expect(await loadOwnConsumer(own, 'openKafkaConsumer')).toBeTypeOf('function');
    await writeFile(path, 'export const openKafkaConsumer = () => 2;');
    await expect(loadOwnConsumer(own, 'openKafkaConsumer')).rejects.toThrow(/was changed/);
  });

  test('a run goes on with the consumer that it was begun with', () => {
    const sha256 = 'a'.repeat(64);
    const before = [madeResult({ consumer: { file: 'mine.ts', sha256 } })];
    expect(() =>
      refuseOtherConsumers(before, { kafka: { path: 'mine.ts', sha256 } }),
    ).not.toThrow();
    expect(() => refuseOtherConsumers(before, {})).toThrow(/another consumer counted.*mine\.ts/);
    const other = { kafka: { path: 'mine.ts', sha256: 'b'.repeat(64) } };
    expect(() => refuseOtherConsumers([madeResult()], other)).toThrow(/the lab's own/);
  });
});

test("a run of one's own consumer stands on no page of the lab", async () => {
  await using folder = await temporaryFolder();
  const consumer = { file: 'mine.ts', sha256: 'a'.repeat(64) };
  const write = async (name: string, changed: Parameters<typeof madeResult>[0]) => {
    const { index, results } = madeRun([madeResult({ trial: name, ...changed })], { run: name });
    await writeFile(join(folder.path, `${name}.json`), JSON.stringify(results[0]));
    const path = join(folder.path, `${name}-index.json`);
    await writeFile(path, JSON.stringify(index));
    return path;
  };
  const [own, ours] = [await write('own', { consumer }), await write('ours', {})];
  expect(resultsPages([own, ours])).toEqual(resultsPages([ours]));
  expect(resultsPages([ours]).get('README.md')).toContain('kafka');
  expect(() => refuseOwnConsumer(own)).toThrow(/npm run compare/);
  expect(() => refuseOwnConsumer(ours)).not.toThrow();
});
