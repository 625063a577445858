/** Ids of posts that say who wrote them and when: a real surname, and a number that rises. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'csv-parse/sync';
import { WorkloadError } from './planned-like.ts';
import { Random } from './random.ts';

/** The 1,000 most common surnames of the United States; README.md beside it tells the source. */
const SURNAMES_FILE = fileURLToPath(new URL('./us-surnames-2010.csv', import.meta.url));

const NAME_SEQUENCE = 71;
const ORDER_SEQUENCE = 72;
const DIGITS = 5;

export interface Surname {
  /** In small letters. */
  readonly name: string;
  /** How many people bear it. */
  readonly people: number;
}

/** In the order of the file: the most common first. @throws WorkloadError DATA_UNREADABLE, or
 * DATA_INVALID for a file that was changed. */
export function readSurnames(file: string = SURNAMES_FILE): Surname[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    const next = 'restore the file from the project';
    throw new WorkloadError('DATA_UNREADABLE', `cannot read ${file}: ${next}`, cause);
  }
  const records = parse(text, { columns: true }) as Record<string, string>[];
  return records.map(({ surname = '', people = '' }, place) => {
    if (/^[A-Z]+$/.test(surname) && /^[1-9]\d{0,8}$/.test(people)) {
      return { name: surname.toLowerCase(), people: Number(people) };
    }
    const found = JSON.stringify([surname, people]);
    throw new WorkloadError(
      'DATA_INVALID',
      `${file}, line ${place + 2}: ${found}; allowed: a surname in capitals and a number of ` +
        'people: restore the file from the project',
    );
  });
}

/**
 * Ids such as `garcia-00042`. The author of each post is drawn by how many people bear the name;
 * the number is that of its creation.
 * @param order `created`: the k-th id is that of the k-th post created. `shuffled`: the k-th id has
 * any number, so that what is popular is neither old nor new.
 */
export function authorPostNames(
  posts: number,
  seed: number,
  order: 'created' | 'shuffled',
): string[] {
  const surnames = readSurnames();
  const random = Random.seeded(seed, NAME_SEQUENCE);
  const numbers = order === 'created' ? upTo(posts) : shuffledUpTo(posts, seed);
  const borders = bordersOf(surnames);
  const people = borders.at(-1)!;
  return numbers.map((number) => {
    const drawn = random.nextUnit() * people;
    const { name } = surnames[placeOf(borders, drawn)]!;
    return `${name}-${String(number).padStart(DIGITS, '0')}`;
  });
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, place) => place);
}

/** Fisher and Yates' shuffle. */
function shuffledUpTo(count: number, seed: number): number[] {
  const random = Random.seeded(seed, ORDER_SEQUENCE);
  const numbers = upTo(count);
  for (let last = count - 1; last > 0; last--) {
    const other = random.nextBelow(last + 1);
    [numbers[last], numbers[other]] = [numbers[other]!, numbers[last]!];
  }
  return numbers;
}

/** People up to and with each surname. */
function bordersOf(surnames: readonly Surname[]): Float64Array {
  const borders = new Float64Array(surnames.length);
  let sum = 0;
  for (const [place, { people }] of surnames.entries()) {
    sum += people;
    borders[place] = sum;
  }
  return borders;
}

/** The first border above `drawn`, by halves. */
function placeOf(borders: Float64Array, drawn: number): number {
  let [low, high] = [0, borders.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (borders[middle]! > drawn) high = middle;
    else low = middle + 1;
  }
  return low;
}
