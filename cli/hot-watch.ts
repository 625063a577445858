/** `lab hot watch`: the policy, beside the consumers of a store. */
import { setTimeout as sleep } from 'node:timers/promises';
import { formatNumber } from '../lab/table.ts';
import { COALESCE_DEFAULT } from '../store/hot/coalesce.ts';
import { boardNowMs, HotBoard } from '../store/hot/hot-board.ts';
import { HotController, type HotEvent } from '../store/hot/hot-controller.ts';
import { policyFor } from '../store/hot/hot-policy.ts';
import { shardsWithSlots } from '../store/hot/hot-shards.ts';
import { mergeWindows } from '../store/hot/hot-window.ts';
import { openPostMover } from '../store/hot/post-mover.ts';
import type { Cure } from '../store/hot-posts.ts';
import { readStoreFile } from '../store/store-file.ts';
import { watchInterrupt } from './interrupt.ts';
import { EXIT } from './usage-error.ts';

/** How often the consumers' windows are merged. */
const MERGE_INTERVAL_MS = 500;

/** Resolves with the exit code, once it was told to stop and what was under way is done. */
export async function watchHotPosts(options: {
  readonly store: string;
  readonly cures: readonly Cure[];
}): Promise<number> {
  const { store: folder, cures } = options;
  const interrupt = watchInterrupt(
    (text) => process.stderr.write(`${text}\n`),
    'the move under way is ended first, and what is cured stays so',
  );
  const { slotMap } = readStoreFile(folder);
  const board = new HotBoard(folder);
  const controller = new HotController(policyFor(shardsWithSlots(slotMap).length, cures), {
    mover: openPostMover({ folder }),
    loadSlotMap: () => readStoreFile(folder).slotMap,
    hold: (posts) => board.order({ ...COALESCE_DEFAULT, posts: [...posts] }),
    nowMs: boardNowMs,
    onEvent: (event) => void process.stdout.write(`${describeEvent(event)}\n`),
  });
  controller.adopt({ moved: slotMap.exceptions, held: board.currentOrder()?.posts ?? [] });
  process.stdout.write(`watching ${folder}: it may ${cures.join(', ')}\n`);
  while (!interrupt.aborted) {
    controller.observe(mergeWindows(board.windows()));
    await sleep(MERGE_INTERVAL_MS, undefined, { signal: interrupt }).catch(() => undefined);
  }
  await controller.stop();
  return EXIT.pass;
}

function describeEvent(event: HotEvent): string {
  const { kind, post, share, cure, shards, tookMs, problem } = event;
  const percent = share === undefined ? '' : ` with ${formatNumber(share * 100, 0)} % of the likes`;
  const where = shards === undefined ? '' : `, shards ${shards.join(', ')}`;
  const took = tookMs === undefined ? '' : `, ${formatNumber(tookMs, 0)} ms`;
  switch (kind) {
    case 'hot':
      return `post ${post} is hot${percent}`;
    case 'decided':
      return `post ${post}${percent}: ${cure}`;
    case 'done':
      return `post ${post}: ${cure} done${where}${took}`;
    case 'failed':
      return `post ${post}: ${cure} failed${took}: ${problem}`;
  }
}
