/** What errors of PostgreSQL and of the way to it mean for the store. */
import { StoreFolderError, StoreUnavailableError } from './errors.ts';

/** Codes of PostgreSQL ("SQLSTATE"), by what to do; the others have the step of all. */
const NEXT_STEPS: ReadonlyMap<string, string> = new Map([
  ['25006', 'open the store for writing, at a server that is no standby'],
  ['3F000', 'the store was deleted: count again into another one'],
  ['42P01', 'the store was deleted: count again into another one'],
  ['53100', 'free some disk space there, then deliver the batch again'],
  ['53300', 'allow more connections there or open fewer, then deliver the batch again'],
  ['55P03', 'another process holds the lock: deliver the batch again, or end that process'],
]);
const NEXT_STEP = 'deliver the batch again once the cause is gone';
/** Without an answer nobody here knows whether a commit was carried out. The marks do. */
const NEXT_STEP_UNANSWERED =
  'see that it runs and is reached, then deliver the batch again: what was counted before the ' +
  'connection ended has its marks';

/** Opening again will not help: a wrong password, database or right. */
const REFUSALS = ['28', '3D000', '42501'];

/**
 * What an error of a transaction means. All are outages: none says anything about the likes.
 * `title` names server and database without any secret.
 */
export function outage(cause: unknown, title: string): StoreUnavailableError {
  if (cause instanceof StoreUnavailableError) return cause;
  const code = sqlStateOf(cause);
  const { message } = cause as Error;
  if (code === undefined) {
    const text = message || (cause as NodeJS.ErrnoException).code;
    return new StoreUnavailableError(`${title}: ${text}; ${NEXT_STEP_UNANSWERED}`, { cause });
  }
  const nextStep = NEXT_STEPS.get(code) ?? NEXT_STEP;
  return new StoreUnavailableError(`${title}: ${message} (${code}); ${nextStep}`, { cause });
}

/** The same for a store that is being opened: what will not pass is no outage. */
export function openingError(error: unknown, title: string): unknown {
  if (!(error instanceof StoreUnavailableError)) return error;
  const code = sqlStateOf(error.cause);
  if (code === undefined || !REFUSALS.some((refusal) => code.startsWith(refusal))) return error;
  return new StoreFolderError(
    'STORE_ADDRESS_REFUSED',
    `${title}: ${(error.cause as Error).message} (${code}); correct user, password and database ` +
      'in the address, or grant what is missing',
    { cause: error },
  );
}

/** PostgreSQL's code of an error, five characters; undefined for errors on the way to it. */
export function sqlStateOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('severity' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
