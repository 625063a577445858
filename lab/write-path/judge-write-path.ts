/** From what the processes of a traced trial left to what its result says of the hops. */
import { messageIdOf } from '../../likes/like-steps.ts';
import { acceptedOf, type RequestsInput } from '../path/measure-path.ts';
import type { TrialEvidence } from '../run-trial.ts';
import type { TrialPlan } from '../trial-plan.ts';
import { readFlow } from './flow-counter.ts';
import { type MeasuredWritePath, measureWritePath } from './measure-write-path.ts';
import { readSpans } from './span-lines.ts';
import { flowPath, spansPath } from './trace-files.ts';

/** Undefined of trials in which nothing is traced. */
export function judgeWritePath(
  { path, warmUpS = 0 }: TrialPlan,
  evidence: TrialEvidence,
  { requests, countedUs }: Pick<RequestsInput, 'requests' | 'countedUs'>,
): Partial<MeasuredWritePath> | undefined {
  if (path?.traces === undefined) return undefined;
  const { producerRecords, consumerRecords, recordsOfKilled } = evidence;
  const workers = path.kind === 'direct' ? [] : consumerRecords;
  // One that was killed kept its spans in memory, and they went with it.
  const files = [evidence.path!.requests, ...producerRecords, ...workers].filter(
    (file) => !recordsOfKilled.includes(file),
  );
  const accepted = acceptedOf(requests);
  const known = new Map(
    accepted.map(({ dueUs, outcome }) => {
      const us = countedUs(outcome.source, outcome.seq);
      return [messageIdOf(outcome), us === undefined ? undefined : us - dueUs] as const;
    }),
  );
  const found = measureWritePath({
    kind: path.kind,
    every: path.traces.every,
    spans: files.flatMap((file) => readSpans(spansPath(file))),
    flows: files.map((file) => readFlow(flowPath(file))),
    warmUpS,
    accepted: accepted.length,
    offered: requests.length,
    wholeUs: (id) => known.get(id),
  });
  return found ?? { struck: ['no like was traced from end to end after the warm-up'] };
}
