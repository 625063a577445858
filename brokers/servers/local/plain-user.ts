/** Whom a server runs as that refuses to run as root, when root runs the lab. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { LocalServerError } from './errors.ts';

export interface PlainUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** A user without any right, whom every Unix has: the lab adds none to a machine. */
const NAME = 'nobody';
const ANSWER_TIMEOUT_MS = 10_000;

const run = promisify(execFile);

/**
 * Undefined where the lab runs as an ordinary user: then its servers are that user's as well.
 * @throws LocalServerError PROGRAM_MISSING where root has nobody to run it as
 */
export async function findPlainUser(wantedFor: string): Promise<PlainUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  try {
    const [uid, gid] = await Promise.all([numberOf('-u'), numberOf('-g')]);
    return { name: NAME, uid, gid };
  } catch (cause) {
    throw new LocalServerError(
      'PROGRAM_MISSING',
      `${wantedFor} refuses to run as root, and there is no user ${NAME} here; ` +
        'run the lab as an ordinary user',
      { cause },
    );
  }
}

/** Whether that user gets to a file or folder at all: each folder above it has to let them pass. */
export async function canReach({ uid, gid }: PlainUser, path: string): Promise<boolean> {
  return run('test', ['-x', path], { uid, gid, cwd: '/', timeout: ANSWER_TIMEOUT_MS }).then(
    () => true,
    () => false,
  );
}

async function numberOf(flag: '-u' | '-g'): Promise<number> {
  const { stdout } = await run('id', [flag, NAME], { timeout: ANSWER_TIMEOUT_MS });
  const number = Number(stdout);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new TypeError(`id ${flag} ${NAME} printed "${stdout.trim()}"`);
}
