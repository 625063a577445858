/** `lab audit <store-folder>`: which counts and marks are damaged, and where. */
import type { Command } from 'commander';
import { formatNumber } from '../lab/table.ts';
import { openStore } from '../store/open-store.ts';
import { readStoreFile } from '../store/store-file.ts';
import { EXIT } from './usage-error.ts';

/** Of a kind and shard; more of them are counted. */
const SPELLED_OUT_MAX = 1_000;

export function addAuditCommand(program: Command): void {
  program
    .command('audit')
    .description('look at every count and mark of a store: which are damaged, and where')
    .argument('<store-folder>', 'folder of a store')
    .addHelpText('after', '\nExit codes: 0 the store is sound, 1 it is not, 64 it is no store.')
    .action(async (folder: string) => {
      process.exitCode = await audit(folder);
    });
}

/** Totals are asked for last: over a damaged count there may be none. */
async function audit(folder: string): Promise<number> {
  readStoreFile(folder); // Refuses a folder that is no store.
  await using store = await openStore({ folder, readOnly: true });
  const problems = await store.findProblems(SPELLED_OUT_MAX);
  if (problems.length > 0) {
    process.stdout.write(`${problems.join('\n')}\n`);
    return EXIT.fail;
  }
  const { posts, likes, unlikes, marks, states } = await store.totals();
  const number = (value: number) => formatNumber(value, 0);
  if (states !== undefined) {
    process.stdout.write(
      `The store is sound: ${number(posts)} posts with ${number(likes)} likes, the last actions ` +
        `of ${number(states)} users and posts, ${store.shards.length} shards, each count the sum ` +
        'of its states.\n',
    );
    return EXIT.pass;
  }
  process.stdout.write(
    `The store is sound: ${number(posts)} posts with ${number(likes)} likes and ` +
      `${number(unlikes)} unlikes, ${number(marks)} marks, ${store.shards.length} shards, each ` +
      'count and each block of marks as its checksum says.\n',
  );
  return EXIT.pass;
}
