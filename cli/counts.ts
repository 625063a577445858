/** `lab counts <store-folder>`: what was counted, for people. */
import { formatNumber } from '../lab/table.ts';
import { openStore } from '../store/open-store.ts';
import { readStoreFile } from '../store/store-file.ts';
import { EXIT } from './usage-error.ts';

/** Prints totals and top posts; exit code 1 when the store is not sound. */
export async function showCounts(folder: string, { top }: { top: number }): Promise<void> {
  readStoreFile(folder); // Refuses a folder that is no store.
  await using store = await openStore({ folder, readOnly: true });
  const { posts, likes, unlikes } = await store.totals();
  const number = (value: number) => formatNumber(value, 0);
  const lines = [
    `${number(posts)} posts, ${number(likes)} likes, ${number(unlikes)} unlikes, ` +
      `${store.shards.length} shards, ${formatNumber((await store.diskBytes()) / 1e6, 1)} MB`,
    '',
    `${'count'.padStart(12)}  ${'likes'.padStart(12)}  ${'unlikes'.padStart(9)}  post`,
    ...(await store.topPosts(top)).map((post) =>
      [
        number(post.likes - post.unlikes).padStart(12),
        number(post.likes).padStart(12),
        number(post.unlikes).padStart(9),
        post.post,
      ].join('  '),
    ),
  ];
  const problems = await store.findProblems();
  lines.push('', problems.length === 0 ? 'The store is sound.' : 'The store is not sound:');
  process.stdout.write(`${[...lines, ...problems].join('\n')}\n`);
  if (problems.length > 0) process.exitCode = EXIT.fail;
}
