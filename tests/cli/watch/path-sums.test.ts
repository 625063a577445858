import { closeSync, openSync, statSync } from 'node:fs';
import { mkdir, readdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openSums, readSums } from '../../../cli/watch/path-sums.ts';
import { temporaryFolder } from '../../brokers/servers/temporary-folder.ts';

const PATH = { system: 'kafka', destination: 'likes' };
const ZERO = { published: 0, unknown: 0, settled: 0 };
/** Started at a time at which no process did. */
const DEAD = JSON.stringify({ pid: 1, startedAt: 'never' });

async function filesIn(folder: string, end: string): Promise<string[]> {
  const names = await readdir(join(folder, 'ledger'));
  return names.filter((name) => name.endsWith(end)).map((name) => join(folder, 'ledger', name));
}

test('all processes of a path add to one sum, and other queues have their own', async () => {
  await using folder = await temporaryFolder();
  expect(readSums(folder.path, PATH)).toEqual(ZERO);
  await using gateway = await openSums(folder.path, PATH);
  await using worker = await openSums(folder.path, PATH);
  const elsewhere = { system: 'kafka', destination: '../other queue:1' };
  await using other = await openSums(folder.path, elsewhere);
  gateway.add({ published: 5 });
  gateway.add({ published: 2, unknown: 1 });
  worker.add({ settled: 4 });
  other.add({ settled: 9 });
  expect(readSums(folder.path, PATH)).toEqual({ published: 7, unknown: 1, settled: 4 });
  expect(readSums(folder.path, elsewhere)).toEqual({ ...ZERO, settled: 9 });
});

test('one that was killed leaves what it knew, and the next goes on in its file', async () => {
  await using folder = await temporaryFolder();
  const killed = await openSums(folder.path, PATH);
  killed.add({ settled: 40 });
  // As a kill leaves it: its lock is there, and its process is not.
  const [owner] = await filesIn(folder.path, '.owner');
  await writeFile(owner!, DEAD);
  await using next = await openSums(folder.path, PATH);
  expect(readSums(folder.path, PATH).settled).toBe(40);
  next.add({ settled: 2 });
  expect(readSums(folder.path, PATH).settled).toBe(42);
  expect(await filesIn(folder.path, '.sums')).toHaveLength(1);
});

test('a living one keeps its file to itself', async () => {
  await using folder = await temporaryFolder();
  await using one = await openSums(folder.path, PATH);
  one.add({ settled: 1 });
  {
    await using two = await openSums(folder.path, PATH);
    two.add({ settled: 10 });
  }
  await using three = await openSums(folder.path, PATH);
  three.add({ settled: 100 });
  one.add({ settled: 1 });
  expect(readSums(folder.path, PATH).settled).toBe(112);
  expect(await filesIn(folder.path, '.sums')).toHaveLength(2);
});

test('a file that was cut off is begun again, and no other number is made of it', async () => {
  await using folder = await temporaryFolder();
  {
    await using keeper = await openSums(folder.path, PATH);
    keeper.add({ published: 3 });
  }
  const [file] = await filesIn(folder.path, '.sums');
  await truncate(file!, 13);
  expect(readSums(folder.path, PATH)).toEqual(ZERO);
  await using again = await openSums(folder.path, PATH);
  again.add({ published: 1 });
  expect(readSums(folder.path, PATH).published).toBe(1);
});

test('more processes than there are places are refused', async () => {
  await using folder = await temporaryFolder();
  {
    await using _ = await openSums(folder.path, PATH);
  }
  const [file] = await filesIn(folder.path, '.sums');
  const key = file!.replace(/-0\.sums$/, '');
  await mkdir(join(folder.path, 'ledger'), { recursive: true });
  const places = Array.from({ length: 256 }, (_, place) => `${key}-${place}.owner`);
  const { identityOf } = await import('../../../brokers/servers/local/living.ts');
  const alive = JSON.stringify(identityOf(process.pid));
  await Promise.all(places.map((place) => writeFile(place, alive)));
  await expect(openSums(folder.path, PATH)).rejects.toThrow(/256 processes serve likes of kafka/);
});

test('what comes after its end is written nowhere, and into no file of somebody else', async () => {
  await using folder = await temporaryFolder();
  const ended = await openSums(folder.path, PATH);
  ended.add({ settled: 1 });
  await ended[Symbol.asyncDispose]();
  // The system gives the smallest free number to whatever is opened next: the one that just ended.
  const others = Array.from({ length: 8 }, (_, place) => join(folder.path, `other-${place}`));
  const opened = others.map((path) => openSync(path, 'w+'));
  ended.add({ settled: 1 });
  for (const file of opened) closeSync(file);
  expect(others.map((path) => statSync(path).size)).toEqual(others.map(() => 0));
  expect(readSums(folder.path, PATH).settled).toBe(1);
});

test('a folder that takes no sums is a usage error that says what to do', async () => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, 'ledger'), 'no folder');
  await expect(openSums(folder.path, PATH)).rejects.toMatchObject({
    code: 'USAGE',
    message: expect.stringMatching(/^the sums of likes cannot be kept in .*ledger \(E\w+\); /),
  });
});
