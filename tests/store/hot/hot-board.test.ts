import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { HotBoard, STALE_MS } from '../../../store/hot/hot-board.ts';
import { EMPTY_WINDOW } from '../../../store/hot/hot-window.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function openBoard() {
  const folder = mkdtempSync(join(tmpdir(), 'hot-board-'));
  folders.push(folder);
  const clock = { ms: 10_000 };
  return { folder, clock, board: new HotBoard(folder, () => clock.ms) };
}

const windowOf = (post: string) => {
  const posts = [{ post, likes: 3, error: 1 }];
  return { total: 5, posts, unlistedMax: 1, windowMs: 700 };
};

test('shows the latest window of each process, until it is stale or taken off', () => {
  const { board, clock } = openBoard();
  board.tell('one', EMPTY_WINDOW);
  board.tell('one', windowOf('a'));
  clock.ms += STALE_MS;
  board.tell('two', windowOf('b'));
  expect(board.windows()).toEqual([windowOf('a'), windowOf('b')]);
  clock.ms += 1;
  expect(board.windows()).toEqual([windowOf('b')]);
  board.forget('two');
  expect(board.windows()).toEqual([]);
});

test('takes nothing from a file that it did not write, or that is of before a restart', () => {
  const { board, clock, folder } = openBoard();
  board.tell('one', windowOf('a'));
  writeFileSync(join(folder, 'hot', 'two.window.json'), '{"atMs":10000,"window":{"total":-1}}');
  writeFileSync(join(folder, 'hot', 'three.window.json'), '{');
  expect(board.windows()).toEqual([windowOf('a')]);
  clock.ms = 5; // The machine has started anew, and its clock with it.
  expect(board.windows()).toEqual([]);
});

test('keeps the order by which likes are held', () => {
  const { board } = openBoard();
  expect(board.currentOrder()).toBeUndefined();
  board.order({ posts: ['a'], lingerMs: 20, likesMax: 10 });
  expect(board.currentOrder()).toEqual({ posts: ['a'], lingerMs: 20, likesMax: 10 });
});
