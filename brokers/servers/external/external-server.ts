/** A server that somebody else runs. The lab only ever connects to it. */
import type { Endpoint, KillProof, Server, ServerName, Tier } from '../server.ts';
import { type ExternalFacts, type ExternalName, readExternal } from './environment.ts';
import { ExternalError } from './errors.ts';
import { reach } from './reach.ts';

export class ExternalServer implements Server {
  readonly name: ServerName;
  readonly title: string;
  readonly runtime = 'external';
  readonly tier: Tier;
  readonly endpoint: Endpoint;
  readonly pid = undefined;
  readonly #facts: ExternalFacts;

  constructor(name: ExternalName, facts = readExternal(name)) {
    this.name = name;
    this.title = facts.title;
    this.tier = facts.tier;
    this.endpoint = facts.endpoint;
    this.#facts = facts;
  }

  /** @throws ExternalError SERVER_UNREACHABLE when nobody answers, or nobody to be trusted */
  async start(): Promise<void> {
    await reach(this.#facts);
  }

  async stop(): Promise<void> {}

  async kill(): Promise<KillProof> {
    throw new ExternalError(
      'NOT_OURS',
      `${this.title} is not the lab's to kill; run this experiment with --runtime local or compose`,
    );
  }

  async version(): Promise<string> {
    return 'not told';
  }

  async usage(): Promise<undefined> {
    return undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
