import { describe, expect, test } from 'vitest';
import { openStore } from '../../store/open-store.ts';
import { madeLikes } from '../store/made-likes.ts';
import { madePresses } from '../store/made-presses.ts';
import { tamper, temporaryFolder } from '../store/store-folder.ts';
import { linesOf, runLab } from './lab-process.ts';

describe('audit', () => {
  test('says that a store is sound, and of one that is not, where', async () => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    {
      await using store = await openStore({ folder, shards: 2 });
      await store.apply(madeLikes('a', 1_000));
    }
    const sound = await runLab(['audit', folder]);
    expect(sound.stderr).toBe('');
    expect(sound.stdout).toMatch(
      /^The store is sound: 37 posts with 800 likes and 200 unlikes, 1,/,
    );
    expect(sound.code).toBe(0);
    tamper(folder, 0, 'UPDATE counts SET likes = likes + 1, unlikes = unlikes - 1');
    tamper(folder, 1, 'UPDATE counts SET likes = 9007199254740993');
    const damaged = await runLab(['audit', folder]);
    const lines = linesOf(damaged.stdout);
    const wrong = (shard: number) =>
      lines.filter((line) => {
        return line.startsWith(`shard ${shard}: post "post-`) && line.endsWith('checksum says');
      });
    expect(wrong(0).length + wrong(1).length).toBe(37);
    expect(damaged.code).toBe(1);
  });

  test('of a store under states holds each count against the users behind it', async () => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    {
      await using store = await openStore({ folder, shards: 2, rule: 'states' });
      await store.apply(madePresses(20, 5, 3));
    }
    const sound = await runLab(['audit', folder]);
    expect(sound).toMatchObject({ code: 0, stderr: '' });
    expect(sound.stdout).toMatch(
      /20 posts with 100 likes, the last actions of 100 users and posts/,
    );
    tamper(folder, 1, 'UPDATE counts SET likes = likes + 1');
    const damaged = await runLab(['audit', folder]);
    expect(damaged.code).toBe(1);
    expect(linesOf(damaged.stdout)[0]).toMatch(
      /^shard 1: post "post-\d+" has 6 likes and 0 unlikes, but 5 users whose last action/,
    );
  });

  test('of a folder that is no store is a usage error', async () => {
    const { code, stderr } = await runLab(['audit', 'nowhere']);
    expect(linesOf(stderr)[0]).toMatch(/^error: .*store\.json cannot be used/);
    expect(code).toBe(64);
  });
});
