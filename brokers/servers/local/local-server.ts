/** What every server of this machine has in common; kafka.ts, redis.ts and so on say the rest. */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import getPort from 'get-port';
import type {
  AnyServerName,
  Endpoint,
  KillProof,
  Server,
  ServerDisk,
  ServerName,
  ServerUsage,
  Tier,
} from '../server.ts';
import { type OpenedServerDisk, openServerDisk } from './disk/server-disk.ts';
import { removeElsewhere } from './elsewhere.ts';
import { LocalServerError } from './errors.ts';
import { diskBytesOf, lastLinesOf, usageOf } from './living.ts';
import { type Command, HOST, LOG_FILE, ServerProcess } from './process.ts';

/** Between choosing a free port and listening on it, another program may take it. */
const PORT_ATTEMPTS = 3;
const LOG_LINES_SEARCHED = 200;
const PORT_TAKEN = /address already in use|EADDRINUSE/i;

export interface LocalServerOptions {
  readonly tier: Tier;
  /** Gets `data`, the configuration and the log. It must be there. */
  readonly folder: string;
  /** Gets lines of progress, such as what is being fetched. */
  readonly log: (line: string) => void;
  /** The port of this machine where a proxy waits for the clients, when they come through one. */
  readonly proxyPort?: number | undefined;
  /** It is started again and again: one that starts fast is worth more than one that runs fast. */
  readonly restartsOften?: boolean | undefined;
  /** Where it listens, when it is one of several nodes; 127.0.0.1 unless told. */
  readonly host?: string | undefined;
  /** Its ports, where others have to know them before it starts; free ones unless told. */
  readonly ports?: readonly number[] | undefined;
  /** Start it with the library between it and its disk; see `Server.disk`. */
  readonly disk?: boolean | undefined;
}

/** The parts of a server that differ. */
export interface Recipe<Name extends AnyServerName = ServerName> {
  readonly name: Name;
  readonly title: string;
  readonly tiers: readonly Tier[];
  /** How many free ports it needs; clients use the first one. */
  readonly ports: number;
  /** Which of them a proxy passes on to, where that is not the first one. */
  readonly portBehindProxy?: number;
  /**
   * Whether the server only ever adds to the end of a file, by its path below the data folder.
   * Left out where it writes in place: nobody can then say what a power cut would leave.
   */
  readonly appendOnly?: (path: string) => boolean;
  /** How long a start may take where that is longer than for most. */
  readonly startTimeoutMs?: number;
  /** Finds the server's version in the lines that it logs at its start. */
  readonly versionLine: RegExp;
  /** Called once, with an empty data folder. Returns what `command` needs to know. */
  prepare(options: LocalServerOptions): Promise<string>;
  /** Called before every start, with the same ports and data folder each time. */
  command(start: StartFacts): Promise<RecipeCommand>;
  /** With what a client shows who it is, where the server asks for it. */
  readonly credentials?: (prepared: string) => Pick<Endpoint, 'username' | 'password'>;
}

export type RecipeCommand = Pick<Command, 'file' | 'args' | 'answers' | 'user' | 'stopSignal'>;

export interface StartFacts {
  readonly tier: Tier;
  readonly folder: string;
  readonly dataFolder: string;
  readonly ports: readonly number[];
  /** What `prepare` returned. */
  readonly prepared: string;
  readonly proxyPort?: number | undefined;
  readonly restartsOften?: boolean | undefined;
}

/** A server on this machine. Its log is a file that proof of a recovery can be read from. */
export class LocalServer<Name extends AnyServerName = ServerName> implements Server {
  readonly name: Name;
  readonly title: string;
  readonly runtime = 'local';
  readonly tier: Tier;
  readonly folder: string;
  readonly logFile: string;
  readonly #recipe: Recipe<Name>;
  readonly #options: LocalServerOptions;
  #prepared: string | undefined;
  #ports: readonly number[] = [];
  #process: ServerProcess | undefined;
  #disk: OpenedServerDisk | undefined;

  /** @throws LocalServerError TIER_UNKNOWN when the server has no such tier */
  constructor(recipe: Recipe<Name>, options: LocalServerOptions) {
    if (!recipe.tiers.includes(options.tier)) {
      throw new LocalServerError(
        'TIER_UNKNOWN',
        `${recipe.title} has no tier "${options.tier}"; choose ${recipe.tiers.join(' or ')}`,
      );
    }
    this.name = recipe.name;
    this.title = recipe.title;
    this.tier = options.tier;
    this.folder = options.folder;
    this.logFile = join(options.folder, LOG_FILE);
    this.#recipe = recipe;
    this.#options = options;
  }

  get endpoint(): Endpoint {
    return { address: this.address, ...this.#recipe.credentials?.(this.#prepared ?? '') };
  }

  /** `host:port`, always of this machine. */
  get address(): string {
    if (this.#ports[0] === undefined) throw this.#notRunning('has no address yet');
    return `${this.#host}:${this.#ports[0]}`;
  }

  get behindProxy(): string | undefined {
    if (this.#options.proxyPort === undefined) return undefined;
    const port = this.#ports[this.#recipe.portBehindProxy ?? 0];
    if (port === undefined) throw this.#notRunning('has no address yet');
    return `${HOST}:${port}`;
  }

  get disk(): ServerDisk | undefined {
    return this.#disk?.disk;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  async start(): Promise<void> {
    if (this.pid !== undefined) return;
    if (this.#ports.length > 0) {
      await this.#startOn(this.#ports);
      return;
    }
    await mkdir(this.#dataFolder, { recursive: true });
    this.#prepared ??= await this.#recipe.prepare(this.#options);
    if (this.#options.disk) this.#disk ??= await this.#openDisk();
    for (let attempt = 1; ; attempt += 1) {
      const ports = this.#options.ports ?? (await freePorts(this.#recipe.ports));
      try {
        await this.#startOn(ports);
        this.#ports = ports;
        return;
      } catch (error) {
        if (this.#options.ports !== undefined || attempt === PORT_ATTEMPTS) throw error;
        if (!(await this.#portWasTaken())) throw error;
        this.#options.log(`port ${ports.join(' or ')} was taken meanwhile: trying others`);
      }
    }
  }

  async stop(): Promise<void> {
    await this.#process?.stop();
  }

  async kill(): Promise<KillProof> {
    if (this.#process === undefined) throw this.#notRunning('cannot be killed');
    return await this.#process.kill();
  }

  async usage(): Promise<ServerUsage> {
    const used = this.pid === undefined ? undefined : usageOf(this.pid);
    if (used === undefined) throw this.#notRunning('has no usage');
    return { ...used, diskBytes: await diskBytesOf(this.#dataFolder) };
  }

  async version(): Promise<string> {
    const found = this.#recipe.versionLine.exec(await readFile(this.logFile, 'utf8'));
    return found?.[1] ?? 'not told';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await removeElsewhere(this.folder);
  }

  get #host(): string {
    return this.#options.host ?? HOST;
  }

  get #dataFolder(): string {
    return join(this.folder, 'data');
  }

  async #startOn(ports: readonly number[]): Promise<void> {
    const { tier, folder } = this;
    const prepared = this.#prepared ?? '';
    const { proxyPort, restartsOften } = this.#options;
    const dataFolder = this.#dataFolder;
    const facts = { tier, folder, dataFolder, ports, prepared, proxyPort, restartsOften };
    const command = await this.#recipe.command(facts);
    await this.#disk?.beginLife();
    const { title, startTimeoutMs } = this.#recipe;
    const environment = this.#disk?.environment ?? {};
    this.#process = await ServerProcess.start(
      { title, folder, host: this.#host, port: ports[0]!, environment, ...command },
      { ...(startTimeoutMs !== undefined && { startTimeoutMs }) },
    );
    if (this.pid === undefined || (this.#disk?.isUsedBy(this.pid) ?? true)) return;
    await this.stop();
    throw new LocalServerError(
      'DISK_LIBRARY_MISSING',
      `${title} does not load the disk library (is it linked statically?); run a build of it ` +
        'that is linked dynamically, or leave out the faults that need the library',
    );
  }

  #openDisk(): Promise<OpenedServerDisk> {
    return openServerDisk({
      folder: this.folder,
      dataFolder: this.#dataFolder,
      appendOnly: this.#recipe.appendOnly,
      isRunning: () => this.pid !== undefined,
      log: this.#options.log,
    });
  }

  async #portWasTaken(): Promise<boolean> {
    const lines = await lastLinesOf(this.logFile, LOG_LINES_SEARCHED);
    return lines.some((line) => PORT_TAKEN.test(line));
  }

  #notRunning(problem: string): LocalServerError {
    return new LocalServerError(
      'SERVER_NOT_RUNNING',
      `${this.#recipe.title} is not running, so it ${problem}; start it first ` +
        `(log: ${this.logFile})`,
    );
  }
}

/** Free on 127.0.0.1. */
async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) ports.push(await getPort({ host: HOST, exclude: ports }));
  return ports;
}
