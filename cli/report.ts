/** `lab report [index]`: the pages again, from result files alone. */
import { resolve } from 'node:path';
import {
  indexesHere,
  refuseOwnConsumer,
  writeFirstScreen,
  writeResultsPages,
} from './results-page.ts';
import { UsageError } from './usage-error.ts';

export function report(index: string | undefined, options: { firstScreen: boolean }): void {
  const paths = index === undefined ? indexesHere() : [resolve(index)];
  const [newest] = paths;
  if (newest === undefined) {
    throw new UsageError('there is no run below results/ yet; make one with npm start');
  }
  if (index !== undefined) refuseOwnConsumer(newest);
  const written = writeResultsPages(paths);
  if (options.firstScreen) writeFirstScreen(newest);
  process.stdout.write(`${written}\n`);
}
