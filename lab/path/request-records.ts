/**
 * What a client saw of each request: a line of text when it is answered. Its first letter tells the
 * kind of line, and names stand in lines of their own, so that the others stay short.
 */
import { readFileSync } from 'node:fs';
import { LabError } from '../lab-error.ts';
import { LineWriter } from './line-writer.ts';

/** What became of a request; the reason is that of the gateway. */
export type RequestOutcome =
  | { readonly kind: 'accepted'; readonly source: string; readonly seq: number }
  | { readonly kind: 'shed'; readonly reason: string }
  | { readonly kind: 'limited' | 'refused' | 'unknown' | 'noAnswer' | 'invalid' };

export interface RequestRecord {
  /** Of the request in its load, from 0. */
  readonly place: number;
  /** On the trial's clock, µs. `answeredUs`: when it was answered, or given up. */
  readonly dueUs: number;
  readonly sentUs: number;
  readonly answeredUs: number;
  readonly outcome: RequestOutcome;
}

const KINDS = ['limited', 'refused', 'unknown', 'noAnswer', 'invalid'] as const;
type Plain = (typeof KINDS)[number];
const LETTER: Readonly<Record<RequestOutcome['kind'], string>> = {
  accepted: 'a',
  shed: 's',
  limited: 'l',
  refused: 'r',
  unknown: 'u',
  noAnswer: 'n',
  invalid: 'i',
};
const PLAIN_OF = new Map<string, Plain>(KINDS.map((kind) => [LETTER[kind], kind]));
/** Declares the next name. */
const NAME = '=';

export class RequestWriter implements Disposable {
  readonly #lines: LineWriter;
  readonly #numberOf = new Map<string, number>();

  constructor(path: string) {
    this.#lines = new LineWriter(path);
  }

  write({ place, dueUs, sentUs, answeredUs, outcome }: RequestRecord): void {
    const times = [dueUs, sentUs, answeredUs].map(Math.round).join(' ');
    const rest = this.#rest(outcome);
    this.#lines.write(`${LETTER[outcome.kind]} ${place} ${times}${rest}`);
  }

  flush(): void {
    this.#lines.flush();
  }

  [Symbol.dispose](): void {
    this.#lines[Symbol.dispose]();
  }

  #rest(outcome: RequestOutcome): string {
    if (outcome.kind === 'accepted') return ` ${this.#number(outcome.source)} ${outcome.seq}`;
    return outcome.kind === 'shed' ? ` ${this.#number(outcome.reason)}` : '';
  }

  #number(name: string): number {
    const known = this.#numberOf.get(name);
    if (known !== undefined) return known;
    this.#lines.write(`${NAME} ${JSON.stringify(name)}`);
    this.#numberOf.set(name, this.#numberOf.size);
    return this.#numberOf.size - 1;
  }
}

/**
 * All requests of a file, in the order in which they were answered.
 * @throws LabError RECORDS_UNREADABLE when it holds something else, also at its end: nobody kills
 *   a client
 */
export function readRequests(path: string): RequestRecord[] {
  const names: string[] = [];
  const requests: RequestRecord[] = [];
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (line === '') continue;
    if (line.startsWith(NAME)) {
      names.push(String(JSON.parse(line.slice(2))));
      continue;
    }
    const [letter = '', ...fields] = line.split(' ');
    const [place, dueUs, sentUs, answeredUs, ...rest] = fields.map(Number);
    const outcome = outcomeOf(letter, rest, names);
    if (outcome === undefined || [place, dueUs, sentUs, answeredUs].some(isNoNumber)) {
      const what = `${path} holds a line that is no request; run the trial again`;
      throw new LabError('RECORDS_UNREADABLE', what);
    }
    requests.push({
      ...{ place: place!, dueUs: dueUs!, sentUs: sentUs!, answeredUs: answeredUs!, outcome },
    });
  }
  return requests;
}

function isNoNumber(value: number | undefined): boolean {
  return value === undefined || Number.isNaN(value);
}

function outcomeOf(
  letter: string,
  [name = -1, seq = -1]: readonly number[],
  names: readonly string[],
): RequestOutcome | undefined {
  const plain = PLAIN_OF.get(letter);
  if (plain !== undefined) return { kind: plain };
  const found = names[name];
  if (found === undefined) return undefined;
  if (letter === LETTER.shed) return { kind: 'shed', reason: found };
  if (letter !== LETTER.accepted || seq < 0) return undefined;
  return { kind: 'accepted', source: found, seq };
}
