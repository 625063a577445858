/** Finds the programs of this machine that the local servers need, or says what to install. */
import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Environment, readEnvironment } from './environment.ts';
import { LocalServerError } from './errors.ts';

const VERSION_TIMEOUT_MS = 20_000;
const JAVA_VERSION_MIN = 17;
const REDIS_VERSION_MIN = [6, 2] as const;

const run = promisify(execFile);

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function findOnPath(program: string, environment: Environment): Promise<string | undefined> {
  for (const folder of environment.pathFolders) {
    const file = join(folder, program);
    if (await isExecutable(file)) return file;
  }
  return undefined;
}

/** What a program prints when asked for its version, or why it printed nothing. */
async function versionTextOf(file: string, flag: string): Promise<string> {
  try {
    const { stdout, stderr } = await run(file, [flag], { timeout: VERSION_TIMEOUT_MS });
    return stdout + stderr;
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause);
  }
}

/** The number before the first dot, as in `openjdk version "17.0.15"`; Java 8 says 1. */
export function javaVersionIn(text: string): number | undefined {
  const found = /version "(\d+)/.exec(text);
  return found ? Number(found[1]) : undefined;
}

/** For a JVM that is started again and again: with its first compiler alone Kafka took 2.4 instead
 * of 4.2 s of processor time to start, ElasticMQ 1.7 instead of 3.5 s. Under load it is slower. */
export const FAST_START_FLAGS = ['-XX:TieredStopAtLevel=1'];

/**
 * The path of a Java that is new enough: the one of JAVA_HOME when that is set, else of PATH.
 * `wantedFor` completes "no Java found for …".
 * @throws LocalServerError PROGRAM_MISSING
 */
export async function findJava(
  wantedFor: string,
  environment = readEnvironment(),
): Promise<string> {
  const install = `install Java ${JAVA_VERSION_MIN} or newer (Debian: openjdk-17-jre-headless)`;
  const { javaHome } = environment;
  const file = javaHome ? join(javaHome, 'bin', 'java') : await findOnPath('java', environment);
  if (file === undefined) {
    throw new LocalServerError(
      'PROGRAM_MISSING',
      `no Java found for ${wantedFor}: looked for java on PATH, JAVA_HOME is not set; ` +
        `${install} and run again`,
    );
  }
  const wayOut = javaHome ? `correct or unset JAVA_HOME, or ${install}` : install;
  if (!(await isExecutable(file))) {
    throw new LocalServerError(
      'PROGRAM_MISSING',
      `no Java found for ${wantedFor}: JAVA_HOME is ${javaHome}, but ${file} cannot be run; ` +
        `${wayOut}, and run again`,
    );
  }
  const text = await versionTextOf(file, '-version');
  const version = javaVersionIn(text);
  if (version !== undefined && version >= JAVA_VERSION_MIN) return file;
  throw new LocalServerError(
    'PROGRAM_MISSING',
    `Java ${JAVA_VERSION_MIN} or newer is needed for ${wantedFor}, but ${file} says ` +
      `"${text.split('\n')[0]}"; ${wayOut}, and run again`,
  );
}

/** @throws LocalServerError PROGRAM_MISSING that says what Maven was wanted for. */
export async function findMaven(
  wantedFor: string,
  environment = readEnvironment(),
): Promise<string> {
  const file = await findOnPath('mvn', environment);
  if (file !== undefined) return file;
  throw new LocalServerError(
    'PROGRAM_MISSING',
    `no Maven found: looked for mvn on PATH, to fetch ${wantedFor}; ` +
      'install Maven (Debian: maven) and run again',
  );
}

/** The redis-server of PATH when it is new enough for what the lab asks of Redis. */
export async function findRedis(environment = readEnvironment()): Promise<string | undefined> {
  const file = await findOnPath('redis-server', environment);
  if (file === undefined) return undefined;
  const found = /v=(\d+)\.(\d+)/.exec(await versionTextOf(file, '--version'));
  if (!found) return undefined;
  const [major, minor] = [Number(found[1]), Number(found[2])];
  const [majorMin, minorMin] = REDIS_VERSION_MIN;
  return major > majorMin || (major === majorMin && minor >= minorMin) ? file : undefined;
}

/** A C compiler; the first of the usual names that PATH has. */
export async function findCompiler(environment = readEnvironment()): Promise<string | undefined> {
  for (const name of ['cc', 'gcc', 'clang']) {
    const file = await findOnPath(name, environment);
    if (file !== undefined) return file;
  }
  return undefined;
}

/** Linux has a program that lets a child die with its parent; elsewhere there is none. */
export async function findSetpriv(environment = readEnvironment()): Promise<string | undefined> {
  return process.platform === 'linux' ? findOnPath('setpriv', environment) : undefined;
}
