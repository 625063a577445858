/** Runs the `docker` program, each time with a limit, and says what to do when it fails. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { dockerEnvironment } from './environment.ts';
import { ComposeError } from './errors.ts';

/** How long the daemon may take to say that it is there, or what it knows of a container. */
export const ANSWER_TIMEOUT_MS = 15_000;
/** What a `docker` program may print, logs of a server included. */
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;
const LINES_SHOWN = 15;
const ENGINE_MAJOR_MIN = 25;
const COMPOSE_VERSION_MIN = [2, 24] as const;
const INSTALL = 'install Docker 25 and its Compose plugin 2.24, or newer';
const OTHERWISE = 'or choose --runtime local or external';

export const COMPOSE_FILE = fileURLToPath(new URL('../../../docker-compose.yml', import.meta.url));

export interface DockerCall {
  readonly timeoutMs: number;
  /** Variables of docker-compose.yml. */
  readonly variables?: Readonly<Record<string, string>>;
}

interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  /** Undefined when it ended well. */
  readonly problem: string | undefined;
}

/**
 * Resolves with what the program printed to standard output.
 * @throws ComposeError DOCKER_FAILED with the program's last lines, DOCKER_MISSING
 */
export async function docker(args: readonly string[], call: DockerCall): Promise<string> {
  const ended = await run(args, call);
  if (ended.problem === undefined) return ended.stdout;
  throw new ComposeError(
    'DOCKER_FAILED',
    `docker ${args.join(' ')} ${ended.problem}; correct what its last lines name, and run again:`,
    { lines: lastLines(ended.stderr) },
  );
}

/** The arguments of a Compose command on one project of docker-compose.yml. */
export function composeArgs(project: string, args: readonly string[]): string[] {
  // Without the profiles, `down` would leave the containers of other tiers behind.
  return ['compose', '-p', project, '-f', COMPOSE_FILE, '--profile', '*', ...args];
}

/**
 * Resolves when a daemon answers and Compose is there, both new enough.
 * @throws ComposeError DOCKER_MISSING or DOCKER_UNREACHABLE, one line with the next step
 */
export async function checkDocker(): Promise<void> {
  const engine = await run(['version', '--format', '{{.Server.Version}}'], {
    timeoutMs: ANSWER_TIMEOUT_MS,
  });
  if (engine.problem !== undefined) {
    const said = lastLines(engine.stderr).at(-1) ?? `docker version ${engine.problem}`;
    throw new ComposeError(
      'DOCKER_UNREACHABLE',
      `no Docker daemon answers (${said.replace(/\.$/, '')}); start Docker and run again, ` +
        OTHERWISE,
    );
  }
  const engineVersion = engine.stdout.trim();
  if (!isAtLeast(engineVersion, [ENGINE_MAJOR_MIN, 0])) {
    throw tooOld(`the Docker daemon is ${engineVersion || 'of an unknown version'}`);
  }
  const plugin = await run(['compose', 'version', '--short'], { timeoutMs: ANSWER_TIMEOUT_MS });
  if (plugin.problem !== undefined) throw tooOld('docker has no command `compose`');
  const pluginVersion = plugin.stdout.trim();
  if (!isAtLeast(pluginVersion, COMPOSE_VERSION_MIN)) {
    throw tooOld(`Docker Compose is ${pluginVersion || 'of an unknown version'}`);
  }
}

function tooOld(what: string): ComposeError {
  return new ComposeError('DOCKER_MISSING', `${what}; ${INSTALL}, and run again, ${OTHERWISE}`);
}

/** `v2.24.5-desktop.1` and the like. */
function isAtLeast(version: string, [majorMin, minorMin]: readonly [number, number]): boolean {
  const found = /^v?(\d+)\.(\d+)/.exec(version);
  if (!found) return false;
  const [major, minor] = [Number(found[1]), Number(found[2])];
  return major > majorMin || (major === majorMin && minor >= minorMin);
}

function run(args: readonly string[], call: DockerCall): Promise<Ended> {
  const options = {
    encoding: 'utf8' as const,
    timeout: call.timeoutMs,
    maxBuffer: OUTPUT_BYTES_MAX,
    env: dockerEnvironment(call.variables ?? {}),
  };
  return new Promise((resolve, reject) => {
    execFile('docker', args, options, (error, stdout, stderr) => {
      if (error === null) resolve({ stdout, stderr, problem: undefined });
      else if (error.code === 'ENOENT') reject(tooOld('there is no docker on PATH'));
      else resolve({ stdout, stderr, problem: problemOf(error, call.timeoutMs) });
    });
  });
}

function problemOf(error: Error & { killed?: boolean; code?: unknown }, timeoutMs: number): string {
  if (error.killed === true) return `did not end within ${timeoutMs / 1000} s`;
  return `failed (${typeof error.code === 'number' ? `exit code ${error.code}` : error.message})`;
}

function lastLines(text: string): string[] {
  const lines = text.split('\n').map((line) => line.trimEnd());
  return lines.filter((line) => line !== '').slice(-LINES_SHOWN);
}
