/** A worker's end of the line without a process behind it: a test is the conductor. */
import type { WorkerCommand, WorkerMessage, WorkerPort } from '../../lab/worker-messages.ts';

export interface MadePort extends WorkerPort {
  readonly told: readonly WorkerMessage[];
  command(command: WorkerCommand): void;
  /** Resolves with the first message of a kind. */
  until<Kind extends WorkerMessage['kind']>(
    kind: Kind,
  ): Promise<Extract<WorkerMessage, { kind: Kind }>>;
}

export function madePort(): MadePort {
  const told: WorkerMessage[] = [];
  const commands: WorkerCommand[] = [];
  const waiting: ((command: WorkerCommand) => void)[] = [];
  const listening: (() => void)[] = [];
  return {
    told,
    async tell(message) {
      told.push(message);
      for (const look of listening) look();
    },
    nextCommand() {
      const command = commands.shift();
      if (command) return Promise.resolve(command);
      return new Promise((resolve) => waiting.push(resolve));
    },
    command(command) {
      const next = waiting.shift();
      if (next) next(command);
      else commands.push(command);
    },
    until(kind) {
      return new Promise((resolve) => {
        const look = () => {
          const found = told.find((message) => message.kind === kind);
          if (found) resolve(found as Extract<WorkerMessage, { kind: typeof kind }>);
        };
        listening.push(look);
        look();
      });
    },
  };
}
