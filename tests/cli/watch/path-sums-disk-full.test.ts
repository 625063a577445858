import { expect, test, vi } from 'vitest';
import { openSums, readSums } from '../../../cli/watch/path-sums.ts';
import { temporaryFolder } from '../../brokers/servers/temporary-folder.ts';

const disk = vi.hoisted(() => ({ isFull: false }));

vi.mock('node:fs', async (original) => {
  const real = await original<typeof import('node:fs')>();
  const writeSync = (file: number, ...more: [Uint8Array, number, number, number]) => {
    if (disk.isFull) throw Object.assign(new Error('no room'), { code: 'ENOSPC' });
    return real.writeSync(file, ...more);
  };
  return { ...real, writeSync };
});

const PATH = { system: 'kafka', destination: 'likes' };

test('what a full disk kept out is written at the end at the latest', async () => {
  await using folder = await temporaryFolder();
  const sums = await openSums(folder.path, PATH);
  sums.add({ settled: 5 });
  disk.isFull = true;
  sums.add({ settled: 2 });
  expect(readSums(folder.path, PATH).settled).toBe(5);
  disk.isFull = false;
  await sums[Symbol.asyncDispose]();
  expect(readSums(folder.path, PATH).settled).toBe(7);
});

test('a disk that is full at the end as well is no error', async () => {
  await using folder = await temporaryFolder();
  const sums = await openSums(folder.path, PATH);
  disk.isFull = true;
  sums.add({ settled: 2 });
  await sums[Symbol.asyncDispose]();
  disk.isFull = false;
  expect(readSums(folder.path, PATH).settled).toBe(0);
});
