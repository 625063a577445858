/**
 * A process that loads a user's consumer and tells what it exports, so that whatever the file does
 * when it is loaded, such as ending the process, is not done to the lab.
 */
import { messageOf } from '../lab/lab-error.ts';
import { functionsOf } from './load-consumer.ts';

/** What the probe tells, once. */
export type ProbeAnswer = { readonly functions: readonly string[] } | { readonly error: string };

const answer: ProbeAnswer = await functionsOf(process.argv[2]!).then(
  (functions) => ({ functions }),
  (error: unknown) => ({ error: messageOf(error) }),
);
process.send!(answer, () => process.exit(0));
