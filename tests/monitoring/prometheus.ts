/**
 * A real Prometheus for tests: the one on PATH, else Debian's package, fetched by apt once and kept
 * in the lab's folder. It listens on 127.0.0.1 and ends with the test.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import getPort from 'get-port';
import { LAB_FOLDER } from '../../brokers/servers/local/lab-folder.ts';

export const MONITORING = fileURLToPath(new URL('../../monitoring', import.meta.url));
const KEPT_FOLDER = join(LAB_FOLDER, 'prometheus');
/** 19 MB from a mirror of Debian's. */
const FETCH_MS_MAX = 60_000;
const PROGRAM_MS_MAX = 20_000;
const READY_MS_MAX = 15_000;
const POLL_MS = 50;

const run = promisify(execFile);

export interface Programs {
  readonly prometheus: string;
  readonly promtool: string;
}

/** The programs, or why there are none on this machine. */
export async function findPrometheus(): Promise<Programs | string> {
  const onPath = { prometheus: 'prometheus', promtool: 'promtool' };
  if (await runs(onPath)) return onPath;
  const kept = programsIn(KEPT_FOLDER);
  if (existsSync(kept.prometheus)) return kept;
  try {
    await fetchPackage();
  } catch (error) {
    const [why] = String((error as { stderr?: string }).stderr || error).split('\n');
    return `no prometheus on PATH, and apt cannot fetch Debian's package (${why})`;
  }
  return (await runs(kept)) ? kept : `the fetched ${kept.prometheus} does not run here`;
}

function programsIn(folder: string): Programs {
  const program = (name: string) => join(folder, 'usr', 'bin', name);
  return { prometheus: program('prometheus'), promtool: program('promtool') };
}

async function runs({ prometheus, promtool }: Programs): Promise<boolean> {
  const versions = [prometheus, promtool].map((program) =>
    run(program, ['--version'], { timeout: PROGRAM_MS_MAX }),
  );
  return await Promise.all(versions).then(
    () => true,
    () => false,
  );
}

/** Needs no root: the package is unpacked, not installed. There whole, or not at all. */
async function fetchPackage(): Promise<void> {
  await mkdir(LAB_FOLDER, { recursive: true });
  const draft = await mkdtemp(join(LAB_FOLDER, 'prometheus-draft-'));
  try {
    const limits = { cwd: draft, timeout: FETCH_MS_MAX };
    await run('apt-get', ['download', 'prometheus'], limits);
    const file = (await readdir(draft)).find((name) => name.endsWith('.deb'));
    await run('dpkg-deb', ['-x', file!, 'unpacked'], limits);
    await rm(KEPT_FOLDER, { recursive: true, force: true });
    await rename(join(draft, 'unpacked'), KEPT_FOLDER);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** What a test has to have different from monitoring/, by exact text, each at least once. */
export type Changes = readonly (readonly [from: string | RegExp, to: string])[];

/** @throws Error for a text that is not there, since then the test would not test what it says */
export async function changed(file: string, changes: Changes): Promise<string> {
  let text = await readFile(join(MONITORING, file), 'utf8');
  for (const [from, to] of changes) {
    const after = text.replaceAll(from, to);
    if (after === text) throw new Error(`${file} has no ${from}`);
    text = after;
  }
  return text;
}

export interface Target {
  readonly job: string;
  /** Host and port. */
  readonly address: string;
}

export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Alert {
  readonly state: 'pending' | 'firing';
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export class Prometheus implements AsyncDisposable {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #said = '';

  private constructor(url: string, child: ChildProcess) {
    this.url = url;
    this.#child = child;
    this.#ended = once(child, 'close');
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#said = `${this.#said}${text}`.slice(-4_000);
    });
  }

  /** Resolves when it is ready. `folder` is the test's own, and its files are left there. */
  static async start(options: {
    readonly program: string;
    readonly folder: string;
    readonly targets: readonly Target[];
    readonly configuration: Changes;
    readonly alerts: Changes;
  }): Promise<Prometheus> {
    const { program, folder, targets } = options;
    const at = (name: string) => join(folder, name);
    await cp(MONITORING, folder, { recursive: true });
    await writeFile(at('prometheus.yml'), await changed('prometheus.yml', options.configuration));
    await writeFile(at('alerts.yml'), await changed('alerts.yml', options.alerts));
    const told = targets.map(({ job, address }) => ({ targets: [address], labels: { job } }));
    // JSON is YAML.
    await writeFile(at('targets.yml'), JSON.stringify(told));
    const address = `127.0.0.1:${await getPort({ host: '127.0.0.1' })}`;
    const child = spawn(
      program,
      [
        `--config.file=${at('prometheus.yml')}`,
        `--storage.tsdb.path=${at('data')}`,
        `--web.listen-address=${address}`,
        '--log.level=warn',
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const started = new Prometheus(`http://${address}`, child);
    const isReady = () =>
      fetch(`${started.url}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      );
    const deadlineMs = performance.now() + READY_MS_MAX;
    while (!(await isReady())) {
      if (child.exitCode === null && performance.now() < deadlineMs) await sleep(POLL_MS);
      else throw new Error(`Prometheus is not ready: ${started.#said}`);
    }
    return started;
  }

  /** An instant query, now. */
  async query(expression: string): Promise<Sample[]> {
    const { result } = await this.#get('query', { query: expression });
    return (result as { metric: Record<string, string>; value: [number, string] }[]).map(
      ({ metric, value }) => ({ metric, value: Number(value[1]) }),
    );
  }

  /** The values of a label, of the series that match. */
  async labelValues(label: string, match: string): Promise<string[]> {
    return await this.#get(`label/${label}/values`, { 'match[]': match });
  }

  async alerts(): Promise<Alert[]> {
    const { alerts } = await this.#get('alerts', {});
    return (alerts as (Omit<Alert, 'value'> & { value: string })[]).map((alert) => {
      return { ...alert, value: Number(alert.value) };
    });
  }

  // biome-ignore lint/suspicious/noExplicitAny: each answer has a shape of its own.
  async #get(path: string, parameters: Record<string, string>): Promise<any> {
    const response = await fetch(`${this.url}/api/v1/${path}?${new URLSearchParams(parameters)}`);
    const { status, data, error } = (await response.json()) as {
      status: string;
      data: unknown;
      error?: string;
    };
    if (status !== 'success') throw new Error(`${JSON.stringify(parameters)}: ${error}`);
    return data;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null) this.#child.kill('SIGKILL');
    await this.#ended;
  }
}
