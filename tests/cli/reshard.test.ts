import { describe, expect, test } from 'vitest';
import { startMove } from '../../store/move/index.ts';
import { openStore } from '../../store/open-store.ts';
import { readStoreFile } from '../../store/store-file.ts';
import { madeLikes } from '../store/made-likes.ts';
import { temporaryFolder } from '../store/store-folder.ts';
import { runLab } from './lab-process.ts';

async function storeOf(folder: string): Promise<void> {
  await using store = await openStore({ folder });
  await store.apply(madeLikes('gateway', 2_000));
}

describe('reshard', () => {
  test('plans without changing anything, adds a shard, and says what it did', async () => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    await storeOf(folder);
    const before = readStoreFile(folder);
    const plan = await runLab(['reshard', folder, '--shards', '5', '--dry-run']);
    expect(plan.stdout).toMatch(/^4 to 5 shards: 819 slots, \d+ posts, 4 blocks of marks/);
    expect(plan.stdout).toMatch(
      /\nabout .* s, at rates measured just now.*\nNothing was changed\./,
    );
    expect(readStoreFile(folder)).toEqual(before);
    const done = await runLab(['reshard', folder, '--shards', '5']);
    expect(done.code).toBe(0);
    expect(done.stdout).toMatch(/^4 to 5 shards: done in .* s; likes waited about \d+ ms\n/);
    expect(done.stderr).toContain('\nswitched\n');
    const again = await runLab(['reshard', folder, '--shards', '5']);
    expect(again.stdout).toBe('Nothing to move: all is there already.\n');
    await using store = await openStore({ folder, shards: 5 });
    expect(await store.findProblems()).toEqual([]);
  });

  test('takes back a move that was interrupted, and refuses another one before', async () => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    await storeOf(folder);
    const stopped = startMove({ folder }, { kind: 'isolate', post: 'post-1' }, (step) => {
      if (step === 'received') throw new Error('stopped by the test');
    });
    await expect(stopped).rejects.toThrow('stopped by the test');
    const refused = await runLab(['reshard', folder, '--shards', '5']);
    expect(refused.code).toBe(64);
    expect(refused.stderr).toContain('end it first, with --resume or --roll-back');
    const back = await runLab(['reshard', folder, '--roll-back']);
    expect(back.stdout).toContain('as if it had not begun');
    expect(back.code).toBe(0);
    expect((await runLab(['reshard', folder, '--resume'])).code).toBe(64);
  });

  test.each<[string[], RegExp]>([
    [[], /allowed is one of --shards, --isolate/],
    [['--shards', '5', '--resume'], /allowed is one of/],
    [['--shards', '0'], /--shards/],
    [['--split', 'x'], /--split and --slices: both or neither/],
    [['--shard', '1'], /--shard: with --isolate only/],
    [['--resume', '--dry-run'], /--dry-run: not with --resume/],
    [['--shards', '5', '--name', 'x'], /--name: with postgres:\/\/ addresses only/],
  ])('refuses %j with 64', async (flags, message) => {
    const { code, stderr } = await runLab(['reshard', 'nowhere', ...flags]);
    expect(stderr).toMatch(message);
    expect(code).toBe(64);
  });

  test('of a folder that is no store makes none', async () => {
    using temporary = temporaryFolder();
    const { code, stderr } = await runLab(['reshard', temporary.folder, '--shards', '5']);
    expect(stderr).toContain(temporary.folder);
    expect(code).toBe(64);
  });
});
