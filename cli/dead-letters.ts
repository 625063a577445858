/** `lab dead-letters`: what nobody could count, with the reason, and the way back for it. */
import type { Command } from 'commander';
import type { ParkedMessage } from '../brokers/broker.ts';
import { messageOf } from '../lab/lab-error.ts';
import { decodeLike, NotALikeError } from '../likes/like.ts';
import { whole } from './flag-values.ts';
import { addNamedQueueOptions, type NamedQueueOptions, openQueue } from './queue-options.ts';
import { EXIT } from './usage-error.ts';

const LETTERS_MAX = 10_000_000;
/** Of a text, on its line. */
const EXCERPT_LENGTH_MAX = 100;

interface DeadLettersOptions extends NamedQueueOptions {
  readonly redrive: boolean;
  readonly max?: number;
}

export function addDeadLettersCommand(program: Command): void {
  const command = program
    .command('dead-letters')
    .description('list the messages of a queue that nobody could count, or send them again')
    .option('--redrive', 'move them back into the queue instead of listing them', false)
    .option(
      '--max <number>',
      'so many at most, the oldest first (default: all)',
      whole(1, LETTERS_MAX),
    );
  addNamedQueueOptions(command).action(async (options: DeadLettersOptions) => {
    await using opened = await openQueue(options);
    const { broker } = opened;
    try {
      const lines = options.redrive
        ? await redrive(opened, options)
        : list(await broker.parked(options.queue), options);
      for (const line of lines) process.stdout.write(`${line}\n`);
    } catch (cause) {
      throw new DeadLettersError(options, cause);
    }
    process.exitCode = EXIT.pass;
  });
}

/** The server, or the connection to it, gave up on the way. */
class DeadLettersError extends Error {
  override readonly name = 'DeadLettersError';
  readonly code = 'DEAD_LETTERS_UNFINISHED';

  constructor({ brokers, queue, redrive: isMoving }: DeadLettersOptions, cause: unknown) {
    const what = isMoving ? 'not all dead letters were moved' : 'the dead letters were not read';
    super(
      `${brokers}, queue ${queue}: ${what}: ${messageOf(cause)}; none is lost, mend that and ` +
        'start it again',
      { cause },
    );
  }
}

async function redrive(
  { broker }: Awaited<ReturnType<typeof openQueue>>,
  { queue, max, json }: DeadLettersOptions,
): Promise<string[]> {
  const { redriven } = await broker.redrive(queue, max === undefined ? {} : { max });
  const { parked } = await broker.backlog(queue);
  if (json) return [JSON.stringify({ redriven, parked })];
  return [`moved back ${redriven} · parked ${parked}`];
}

function list(letters: readonly ParkedMessage[], { max, json }: DeadLettersOptions): string[] {
  const shown = letters
    .slice(0, max)
    .map((letter) => ({ ...letter, isLike: isDecodable(letter.text) }));
  if (json) return shown.map((letter) => JSON.stringify(letter));
  const strangers = letters.filter(({ text }) => !isDecodable(text)).length;
  return [
    ...shown.map(({ isLike, reason, text }) =>
      [isLike ? 'like   ' : 'no like', onOneLine(reason), excerpt(text)].join(' · '),
    ),
    `parked ${letters.length}, of which ${strangers} are no likes`,
  ];
}

/** Whether the store could be asked; what is no like comes back however often it is sent. */
function isDecodable(text: string): boolean {
  try {
    decodeLike(text);
    return true;
  } catch (error) {
    if (!(error instanceof NotALikeError)) throw error;
    return false;
  }
}

const onOneLine = (text: string): string => text.replace(/\s+/g, ' ');

function excerpt(text: string): string {
  const isLong = text.length > EXCERPT_LENGTH_MAX;
  const shown = JSON.stringify(isLong ? text.slice(0, EXCERPT_LENGTH_MAX) : text);
  return isLong ? `${shown}… (${text.length} characters)` : shown;
}
