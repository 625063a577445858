/** `lab counts <store-folder>`: what was counted, for people. */
import { formatNumber } from '../lab/table.ts';
import { openStore } from '../store/open-store.ts';
import { readStoreFile } from '../store/store-file.ts';
import { EXIT, UsageError } from './usage-error.ts';

const TOP_MAX = 10_000;

/** Prints totals and top posts; exit code 1 when the store is not sound. */
export async function showCounts(folder: string, options: { top: string }): Promise<void> {
  const top = Number(options.top);
  if (!Number.isInteger(top) || top < 1 || top > TOP_MAX) {
    throw new UsageError(`--top ${options.top}: allowed are whole numbers from 1 to ${TOP_MAX}`);
  }
  readStoreFile(folder); // Refuses a folder that is no store; opening would create one.
  await using store = await openStore({ folder });
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
