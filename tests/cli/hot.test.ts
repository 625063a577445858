import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HotReporter } from '../../cli/hot-reporter.ts';
import { HotBoard } from '../../store/hot/hot-board.ts';
import { openStore } from '../../store/open-store.ts';
import { readStoreFile } from '../../store/store-file.ts';
import { madeLikes } from '../store/made-likes.ts';
import { runLab } from './lab-process.ts';

const LIKES = madeLikes('a', 500);
const HOT = LIKES[0]!.post;

let parent: string;
let folder: string;

beforeAll(async () => {
  parent = mkdtempSync(join(tmpdir(), 'lab-hot-'));
  folder = join(parent, 'store');
  await using store = await openStore({ folder, shards: 3 });
  await store.apply(LIKES);
});
afterAll(() => rmSync(parent, { recursive: true, force: true }));

const hot = (words: string) => runLab(['hot', ...words.split(' ')]);
const ownersOfHot = () => readStoreFile(folder).slotMap.exceptions.get(HOT);

async function countOfHot(): Promise<number> {
  await using store = await openStore({ folder, readOnly: true });
  const { likes, unlikes } = await store.countOf(HOT);
  return likes + unlikes;
}

describe('lab hot', () => {
  test('splits, isolates and takes back a post of a store, which keeps its count', async () => {
    const before = await countOfHot();
    const choice = `--store ${folder} --post ${HOT}`;
    const split = await hot(`split ${choice} --slices 2`);
    expect(split, split.stderr).toMatchObject({ code: 0 });
    expect(split.stdout).toMatch(/is counted in slices on shards \d, \d \([\d,]+ ms\)/);
    expect(ownersOfHot()).toHaveLength(2);
    const isolated = await hot(`isolate ${choice}`);
    expect(isolated.stdout).toContain('is counted on shard 3');
    expect(ownersOfHot()).toEqual([3]);
    const held = await hot(`coalesce ${choice} --linger-ms 20`);
    expect(held.code).toBe(0);
    const shown = await hot(`show --store ${folder}`);
    expect(shown.stdout).toContain(`post ${HOT}: isolated on shard 3`);
    expect(shown.stdout).toContain(`post ${HOT}: held for up to 20 ms`);
    // Nobody counts here, so nobody knows what is hot.
    expect(shown.code).toBe(2);
    const back = await hot(`take-back ${choice}`);
    expect(back.stdout).toContain('is like any other');
    expect(ownersOfHot()).toBeUndefined();
    expect(new HotBoard(folder).currentOrder()?.posts).toEqual([]);
    expect(await countOfHot()).toBe(before);
  });

  test('names the shards of the store where another one is asked for', async () => {
    const { code, stderr } = await hot(`isolate --store ${folder} --post ${HOT} --shard 100`);
    expect(code).toBe(64);
    expect(stderr).toContain(`${folder} has shards 0 to 3, and 4 is a new one`);
  });

  test.each([
    ['split --store none --post p --slices 2', 'none'],
    ['coalesce --store none --post p', 'none'],
    ['watch --store none --cures magic', 'allowed are isolate, split, coalesce'],
    ['isolate --store none', '--post'],
  ])('refuses %s with exit code 64', async (words, said) => {
    const { code, stderr } = await hot(words);
    expect(code).toBe(64);
    expect(stderr).toContain(said);
  });
});

test('a consumer with --hot-posts tells what it sees and does what the board says', async () => {
  await using store = await openStore({ folder });
  const board = new HotBoard(folder);
  board.order({ posts: ['viral'], lingerMs: 200, likesMax: 1_000 });
  {
    using reporter = new HotReporter(store, folder);
    const like = (seq: number) => ({ ...LIKES[0]!, source: 'b', seq, post: 'viral' });
    const startMs = performance.now();
    await Promise.all([reporter.apply([like(0)]), reporter.apply([like(1), like(2)])]);
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(199);
    while (board.windows()[0]?.total !== 3) await sleep(20);
    expect(board.windows()[0]!.posts).toEqual([{ post: 'viral', likes: 3, error: 0 }]);
  }
  expect(board.windows()).toEqual([]);
});
