/** A server in a container of docker-compose.yml. */
import { setTimeout as sleep } from 'node:timers/promises';
import getPort from 'get-port';
import { HOST, portRefuses } from '../local/process.ts';
import type { Endpoint, KillProof, Server, ServerName, ServerUsage, Tier } from '../server.ts';
import { type ContainerState, endOf, stateOf, usageCommand, usageIn } from './container.ts';
import { ANSWER_TIMEOUT_MS, composeArgs, docker } from './docker.ts';
import { ComposeError } from './errors.ts';
import { newProject, removeProject } from './projects.ts';
import { type ComposedName, type Service, serviceOf } from './services.ts';

/** How long a container may take until its healthcheck passes; Compose is told the same. */
const HEALTHY_TIMEOUT_S = 90;
/** Compose makes volumes and the container besides. The image is there by then: see pullImages. */
const UP_TIMEOUT_MS = HEALTHY_TIMEOUT_S * 1000 + 60_000;
const STOP_TIMEOUT_MS = 45_000;
const KILL_TIMEOUT_MS = 20_000;
const KILL_POLL_MS = 20;
const LOGS_TIMEOUT_MS = 30_000;
const LOG_LINES_SHOWN = '15';
/** Between choosing a free port and publishing it, another program may take it. */
const PORT_ATTEMPTS = 3;
const PORT_TAKEN = /port is already allocated|address already in use|ports are not available/i;

/** It is the only one of its project, so that removing the project removes all that it made. */
export class ComposeServer implements Server {
  readonly name: ServerName;
  readonly title: string;
  readonly runtime = 'compose';
  readonly tier: Tier;
  readonly project = newProject();
  readonly #service: Service;
  readonly #log: (line: string) => void;
  #port: number | undefined;
  #container: string | undefined;
  #pid: number | undefined;

  /** @throws ComposeError TIER_UNKNOWN when the server has no such tier */
  constructor(name: ComposedName, options: { tier: Tier; log: (line: string) => void }) {
    this.#service = serviceOf(name, options.tier);
    this.name = name;
    this.title = this.#service.recipe.title;
    this.tier = options.tier;
    this.#log = options.log;
  }

  get endpoint(): Endpoint {
    if (this.#port === undefined) throw this.#notRunning('has no address yet');
    return { address: `${HOST}:${this.#port}` };
  }

  /** As Docker knows it; on Linux the machine's own process id. */
  get pid(): number | undefined {
    return this.#pid;
  }

  async start(): Promise<void> {
    const state = await this.#state();
    if (state?.Running) return;
    if (this.#port !== undefined) {
      await this.#startOn(this.#port);
      return;
    }
    for (let attempt = 1; ; attempt += 1) {
      const port = await getPort({ host: HOST });
      try {
        await this.#startOn(port);
        return;
      } catch (error) {
        const taken = error instanceof Error && PORT_TAKEN.test(error.message);
        if (attempt === PORT_ATTEMPTS || !taken) throw error;
        this.#log(`port ${port} was taken meanwhile: trying another`);
      }
    }
  }

  async stop(): Promise<void> {
    if (this.#container === undefined) return;
    await this.#compose(['stop', this.#service.name], STOP_TIMEOUT_MS);
    this.#pid = undefined;
  }

  async kill(): Promise<KillProof> {
    const before = await this.#state();
    if (!before?.Running) throw this.#notRunning('cannot be killed');
    const port = this.#port!;
    await this.#compose(['kill', '--signal', 'SIGKILL', this.#service.name], KILL_TIMEOUT_MS);
    const deadlineMs = Date.now() + KILL_TIMEOUT_MS;
    while (Date.now() < deadlineMs) {
      const after = await this.#state();
      if (after && !after.Running && after.Pid === 0 && (await portRefuses(port))) {
        this.#pid = undefined;
        return { pid: before.Pid, endedBy: endOf(after), portRefused: true };
      }
      await sleep(KILL_POLL_MS);
    }
    throw new ComposeError(
      'SERVER_NOT_ENDED',
      `${this.title} (process ${before.Pid}, port ${port}) was still there ` +
        `${KILL_TIMEOUT_MS / 1000} s after SIGKILL; look at docker ps and remove ${this.project}`,
    );
  }

  async version(): Promise<string> {
    const args = ['logs', '--no-color', '--no-log-prefix', this.#service.name];
    const printed = await this.#compose(args, LOGS_TIMEOUT_MS);
    return this.#service.recipe.versionLine.exec(printed)?.[1] ?? 'not told';
  }

  async usage(): Promise<ServerUsage | undefined> {
    if (this.#pid === undefined) throw this.#notRunning('has no usage');
    const args = ['exec', this.#container!, ...usageCommand(this.#service.dataFolder)];
    return usageIn(await docker(args, { timeoutMs: ANSWER_TIMEOUT_MS }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#pid = undefined;
    await removeProject(this.project);
  }

  async #startOn(port: number): Promise<void> {
    const { name } = this.#service;
    const wait = ['--wait', '--wait-timeout', String(HEALTHY_TIMEOUT_S)];
    const variables = { [this.#service.portVariable]: String(port) };
    await docker(composeArgs(this.project, ['up', '--detach', ...wait, name]), {
      timeoutMs: UP_TIMEOUT_MS,
      variables,
    }).catch(async (cause: Error) => {
      throw await this.#notStarted(cause);
    });
    this.#port = port;
    this.#container = (await this.#compose(['ps', '--all', '--quiet', name])).trim();
    const state = await stateOf(this.#container);
    if (!state.Running) throw await this.#notStarted(new Error('it ended at once'));
    this.#pid = state.Pid;
  }

  async #notStarted(cause: Error): Promise<ComposeError> {
    const args = ['logs', '--no-color', '--no-log-prefix', '--tail', LOG_LINES_SHOWN];
    // What Docker said comes first; a container that was never made has no log.
    const logged = await this.#compose([...args, this.#service.name]).catch(() => '');
    const [, ...said] = cause.message.split('\n  | ');
    const lines = [...(said.length > 0 ? said : [cause.message]), ...logged.trimEnd().split('\n')];
    return new ComposeError(
      'SERVER_NOT_STARTED',
      `${this.title} did not start in a container; correct what the last lines of Docker and of ` +
        'the server name, and run again:',
      { cause, lines: lines.filter((line) => line !== '') },
    );
  }

  /** Undefined before the first start. */
  async #state(): Promise<ContainerState | undefined> {
    return this.#container === undefined ? undefined : await stateOf(this.#container);
  }

  #compose(args: readonly string[], timeoutMs = ANSWER_TIMEOUT_MS): Promise<string> {
    // Compose reads the whole file each time, and would see another port as another container.
    const variables =
      this.#port === undefined ? {} : { [this.#service.portVariable]: String(this.#port) };
    return docker(composeArgs(this.project, args), { timeoutMs, variables });
  }

  #notRunning(problem: string): ComposeError {
    return new ComposeError(
      'SERVER_NOT_RUNNING',
      `${this.title} is not running in a container, so it ${problem}; start it first`,
    );
  }
}
