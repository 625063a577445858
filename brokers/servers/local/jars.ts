/**
 * Brings the servers' jars to this machine, once: Maven fetches what a pinned pom names, and every
 * file is held against a committed list of SHA-256 sums before anything of it runs.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, mkdir, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { LocalServerError, systemCodeOf } from './errors.ts';
import { LAB_FOLDER } from './lab-folder.ts';
import { waitForLock } from './lock.ts';
import { runMaven } from './maven.ts';
import { findJava, findMaven } from './programs.ts';

/** The servers whose files come through Maven. Each has a pom and a folder of its own. */
export type FetchedServer = 'kafka' | 'elasticmq' | 'redis' | 'cassandra';

const WANTED_FOR: Readonly<Record<FetchedServer, string>> = {
  kafka: 'Kafka',
  elasticmq: 'ElasticMQ',
  redis: 'Redis (no redis-server 6.2 or newer on PATH)',
  cassandra: 'Cassandra',
};

export interface JarSource {
  /** The folder that gets one folder of files per server. */
  readonly jarsFolder: string;
  /** Lines of `<sha-256>  <server>/<file>`, as `sha256sum` writes them. */
  readonly sumsFile: string;
}

const JAR_SOURCE: JarSource = {
  jarsFolder: join(LAB_FOLDER, 'jars'),
  sumsFile: fileURLToPath(new URL('jars.sha256', import.meta.url)),
};

const PROGRESS_EVERY_FILES = 10;

/** The Redis builds in the embedded-redis jar, by `process.platform` and `process.arch`. */
const REDIS_BUILDS: Readonly<Record<string, string>> = {
  'linux x64': 'redis-server-6.2.6-v5-linux-amd64',
  'linux arm64': 'redis-server-6.2.7-linux-arm64',
  'darwin x64': 'redis-server-6.2.6-v5-darwin-amd64',
  'darwin arm64': 'redis-server-6.2.6-v5-darwin-arm64',
};

interface WantedFile {
  readonly path: string;
  readonly sum: string;
}

/**
 * The paths of a server's files, in the order of the list, each proved to be the listed one.
 * Two labs may ask at once: one fetches, the other waits for it.
 * @throws LocalServerError PROGRAM_MISSING, MAVEN_FAILED, JARS_WRONG or LOCK_BUSY
 */
export async function fetchJars(
  server: FetchedServer,
  onProgress: (line: string) => void,
  source: JarSource = JAR_SOURCE,
): Promise<string[]> {
  const wanted = await readWanted(server, source);
  const paths = wanted.map((file) => file.path);
  if ((await findWrong(wanted)).length === 0) return paths;
  await using _lock = await waitForLock(join(source.jarsFolder, `${server}.lock`), (owner) =>
    onProgress(`waiting for process ${owner.pid}, which is fetching ${server}`),
  );
  const wrong = await findWrong(wanted);
  if (wrong.length === 0) return paths;
  for (const file of wrong) {
    if (file.found !== undefined)
      onProgress(`${basename(file.path)} is corrupt: fetching it again`);
    else if (wrong.length < wanted.length)
      onProgress(`${basename(file.path)} is missing: fetching it`);
    await rm(file.path, { force: true });
  }
  await fetchWithMaven(server, join(source.jarsFolder, server), paths, onProgress);
  const stillWrong = (await findWrong(wanted))[0];
  if (stillWrong !== undefined) throw wrongFile(stillWrong, source.sumsFile);
  onProgress(`${server} is there: ${paths.length} files, each with the listed SHA-256`);
  return paths;
}

/** @throws LocalServerError PROGRAM_MISSING when they are not there and cannot be fetched here */
export async function checkJars(server: FetchedServer, source = JAR_SOURCE): Promise<void> {
  if ((await findWrong(await readWanted(server, source))).length > 0) await findFetcher(server);
}

function wrongFile(file: WantedFile & { found: string | undefined }, sumsFile: string) {
  const isRedis = !file.path.endsWith('.jar');
  const culprit = isRedis ? 'embedded-redis-1.4.3.jar' : basename(file.path);
  const problem = file.found ? `has SHA-256 ${file.found} instead of ${file.sum}` : 'is missing';
  return new LocalServerError(
    'JARS_WRONG',
    `${basename(file.path)} ${problem} after fetching it again (${sumsFile}); delete ${culprit} ` +
      'from the local Maven repository (usually ~/.m2/repository) and run again',
  );
}

async function readWanted(server: FetchedServer, source: JarSource): Promise<WantedFile[]> {
  const lines = (await readFile(source.sumsFile, 'utf8')).trim().split('\n');
  const files = lines.map((line) => {
    const found = /^([0-9a-f]{64}) {2}([a-z]+)\/([\w.+-]+)$/.exec(line);
    if (found) return { sum: found[1]!, server: found[2]!, name: found[3]! };
    throw new LocalServerError(
      'JARS_WRONG',
      `${source.sumsFile} has the line "${line}", which is no sum and path; restore that file`,
    );
  });
  const build = server === 'redis' ? redisBuild() : undefined;
  return files
    .filter((file) => file.server === server && (build === undefined || file.name === build))
    .map(({ sum, name }) => ({ sum, path: join(source.jarsFolder, server, name) }));
}

function redisBuild(): string {
  const machine = `${process.platform} ${process.arch}`;
  const build = REDIS_BUILDS[machine];
  if (build !== undefined) return build;
  throw new LocalServerError(
    'PROGRAM_MISSING',
    `no redis-server 6.2 or newer on PATH, and none can be fetched for ${machine}; ` +
      'install Redis and run again',
  );
}

async function findWrong(wanted: readonly WantedFile[]) {
  const found = await Promise.all(
    wanted.map(async (file) => ({ ...file, found: await sumOf(file.path) })),
  );
  return found.filter((file) => file.found !== file.sum);
}

async function sumOf(path: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  return hash.digest('hex');
}

/** The path of Maven. */
async function findFetcher(server: FetchedServer): Promise<string> {
  const maven = await findMaven(WANTED_FOR[server]);
  await findJava(WANTED_FOR[server]);
  return maven;
}

async function fetchWithMaven(
  server: FetchedServer,
  folder: string,
  paths: readonly string[],
  onProgress: (line: string) => void,
): Promise<void> {
  const maven = await findFetcher(server);
  await mkdir(folder, { recursive: true });
  onProgress(`fetching ${server} with Maven, once`);
  const pom = fileURLToPath(new URL(`${server}.pom.xml`, import.meta.url));
  const names = paths.map((path) => basename(path));
  await runMaven(
    maven,
    ['-f', pom, ...goalOf(server, folder, names)],
    countFiles(names, onProgress),
  );
  if (server === 'redis') for (const path of paths) await chmod(path, 0o755);
}

function goalOf(server: FetchedServer, folder: string, names: readonly string[]): string[] {
  if (server !== 'redis') {
    return [
      'dependency:copy-dependencies',
      `-DoutputDirectory=${folder}`,
      '-DincludeScope=runtime',
    ];
  }
  return [
    'dependency:unpack-dependencies',
    `-DoutputDirectory=${folder}`,
    `-Dmdep.unpack.includes=${names.join(',')}`,
    // Without this, Maven leaves a folder of its own in the sources and unpacks only once.
    `-DmarkersDirectory=${join(folder, 'markers')}`,
    '-Dmdep.overIfNewer=true',
    '-Dmdep.overWriteReleases=true',
  ];
}

/** Tells how far Maven is by what it downloads; a jar it has already does not show in its words. */
function countFiles(names: readonly string[], onProgress: (line: string) => void) {
  const missing = new Set(names);
  return (line: string) => {
    const name = /Downloaded from .*\/([\w.+-]+\.jar) /.exec(line)?.[1];
    if (name === undefined || !missing.delete(name)) return;
    const done = names.length - missing.size;
    if (done % PROGRESS_EVERY_FILES === 0) onProgress(`${done} of ${names.length} jars`);
  };
}
