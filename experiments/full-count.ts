/** Is every single like of the real data counted, video by video, through one broker? */
import {
  BROKER_HEAD,
  brokerOf,
  CPU,
  DOUBLE_EFFECTS,
  INVERSIONS,
  LOST,
  REDELIVERED,
  TIER_HEAD,
  VERDICT,
} from '../lab/common-columns.ts';
import type { Column, Experiment } from '../lab/experiment.ts';
import type { TrialResult } from '../lab/trial-result.ts';

function megabytes(
  head: string,
  meaning: string,
  bytes: (resources: NonNullable<TrialResult['resources']>) => number | undefined,
): Column {
  return {
    head,
    meaning,
    value({ resources }) {
      const found = resources ? bytes(resources) : undefined;
      return found === undefined ? undefined : found / 1e6;
    },
  };
}

function halves(
  head: string,
  role: string,
  bytes: (resources: NonNullable<TrialResult['resources']>) => readonly [number, number],
): Column {
  return {
    head,
    meaning:
      `Largest resident memory of the ${role} in the first and in the second half of the trial, ` +
      '10^6 bytes: alike when memory stays flat.',
    value: ({ resources }) =>
      resources
        ? bytes(resources)
            .map((half) => Math.round(half / 1e6))
            .join(' → ')
        : undefined,
  };
}

export const fullCount: Experiment = {
  name: 'full-count',
  question: 'Is every single like of the real data counted, video by video, through one broker?',
  steps: ({ likes = 'all' }) => [{ mode: 'sustained', likes }],
  tallyOnly:
    'full-count compares likes and unlikes with those of the file, and states keeps neither but ' +
    "each user's last press; throughput and faults compare every state with what the workload " +
    'pressed last, or count by --rule tally',
  rowsStandAlone: true,
  rowKey: (result) => [brokerOf(result), result.tier, String(result.ledger?.attempted ?? 'none')],
  rowHeads: [BROKER_HEAD, TIER_HEAD, { head: 'likes', meaning: 'Distinct likes and unlikes.' }],
  columns: [
    VERDICT,
    {
      head: 'videos exact',
      meaning: 'Videos whose likes and unlikes are those of the file, out of all in the file.',
      value: ({ ledger }) =>
        ledger?.expectedPosts === undefined
          ? undefined
          : `${ledger.expectedPosts - ledger.unexpectedPosts!} of ${ledger.expectedPosts}`,
      isFinding: true,
    },
    LOST,
    DOUBLE_EFFECTS,
    REDELIVERED,
    INVERSIONS,
    {
      head: 'sustained likes/s',
      meaning: 'From the first sent (after the first tenth) to the last counted.',
      value: ({ rates }) => rates?.sustainedLikesPerS,
    },
    ...CPU,
    halves('producer MB, halves', 'producer', ({ producer }) => producer.memoryBytesMaxByHalf),
    halves('consumer MB, halves', 'first consumer', ({ consumers }) => {
      return consumers[0]!.memoryBytesMaxByHalf;
    }),
    megabytes(
      'queue MB on disk',
      "The most that the server's data folder grew, in 10^6 bytes.",
      (used) => {
        return used.serverDiskBytesMax;
      },
    ),
    megabytes('store MB', 'Size of all shards with their marks.', (used) => used.storeDiskBytes),
  ],
};
