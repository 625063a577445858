/** Reads a file of cumulative like counts, by video and day, and refuses what makes no sense. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'csv-parse/sync';
import { NAME_LENGTH_MAX } from '../like.ts';
import { WorkloadError } from './planned-like.ts';

/** The real counts that come with the project; README.md beside it tells where they are from. */
export const TRENDING_FILE = fileURLToPath(
  new URL('./youtube-trending-us-2017.csv', import.meta.url),
);

/** The largest count a file may hold. */
const COUNT_MAX = 1_000_000_000;

/** The columns that are read; others, such as `views`, are ignored. */
const COLUMNS = ['date', 'video_id', 'likes'] as const;

/** What the file says of one video on one day. */
export interface TrendingRow {
  /** ISO day. */
  readonly date: string;
  readonly video: string;
  /** Likes that the video had in all on that day. */
  readonly likes: number;
}

/**
 * Reads and checks a file. The rows come back sorted by day, then by video (in UTF-16 order), in
 * whatever order the days and videos stand in the file. Real counts were sometimes taken twice on a
 * day: the later line is then the day's count. A count may fall from one day to the next.
 * @throws WorkloadError DATA_UNREADABLE, or DATA_INVALID with file, line, column and what is
 * allowed
 */
export function readTrendingRows(file: string): TrendingRow[] {
  const rows = new Map<string, TrendingRow>();
  for (const { record, line } of parseRecords(file, readText(file))) {
    const date = dateOf(record.date!, { file, line });
    const video = videoOf(record.video_id!, { file, line });
    rows.set(`${date} ${video}`, { date, video, likes: likesOf(record.likes!, { file, line }) });
  }
  const order = (one: TrendingRow, other: TrendingRow) =>
    compare(one.date, other.date) || compare(one.video, other.video);
  return [...rows.values()].sort(order);
}

interface Where {
  readonly file: string;
  readonly line: number;
}

interface NumberedRecord {
  readonly line: number;
  readonly record: Readonly<Record<string, string>>;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code ?? String(cause);
    const next = 'give the path of a CSV file that you may read';
    throw new WorkloadError('DATA_UNREADABLE', `cannot read ${file} (${why}): ${next}`, cause);
  }
}

function parseRecords(file: string, text: string): NumberedRecord[] {
  let records: { info: { lines: number }; record: string[] }[];
  try {
    records = parse(text, { bom: true, info: true }) as unknown as typeof records;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.replaceAll(/\s+/g, ' ') : String(cause);
    throw invalid(`${file} is not a CSV file with equally long lines: ${why}`, cause);
  }
  const [header, ...body] = records;
  const names = header?.record ?? [];
  const missing = COLUMNS.filter((column) => names.filter((name) => name === column).length !== 1);
  if (missing.length > 0) {
    const found = names.join(', ').slice(0, 100) || 'nothing';
    const wanted = COLUMNS.join(', ');
    throw invalid(
      `${file}, line 1: column ${missing[0]} must be there once, found ${found}; needed: ${wanted}`,
    );
  }
  if (body.length === 0) {
    throw invalid(`${file} has a header and no line under it; at least one is needed`);
  }
  return body.map(({ info, record }) => ({
    line: info.lines,
    record: Object.fromEntries(names.map((name, place) => [name, record[place]!])),
  }));
}

function dateOf(text: string, where: Where): string {
  const date = /^\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(`${text}T00:00:00Z`) : undefined;
  // JavaScript reads 30 February as 1 March, so only a day that survives the round trip is one.
  const real = date !== undefined && !Number.isNaN(date.getTime());
  if (real && date.toISOString().startsWith(text)) return text;
  throw refused(where, {
    column: 'date',
    found: JSON.stringify(text),
    allowed: 'a day such as 2017-09-13',
  });
}

function videoOf(text: string, where: Where): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a name may not hold.
  const allowed = text.length <= NAME_LENGTH_MAX && /^[^\s\x00-\x1f\x7f]+$/.test(text);
  if (allowed) return text;
  throw refused(where, {
    column: 'video_id',
    found: JSON.stringify(text.slice(0, 60)),
    allowed: `1 to ${NAME_LENGTH_MAX} characters without spaces`,
  });
}

function likesOf(text: string, where: Where): number {
  const value = Number(text);
  if (/^\d{1,10}$/.test(text) && value <= COUNT_MAX) return value;
  throw refused(where, {
    column: 'likes',
    found: JSON.stringify(text.slice(0, 60)),
    allowed: `a whole number from 0 to ${COUNT_MAX}`,
  });
}

function refused(
  where: Where,
  what: { column: string; found: string; allowed: string },
): WorkloadError {
  const { column, found, allowed } = what;
  return invalid(
    `${where.file}, line ${where.line}, column ${column}: ${found}; allowed: ${allowed}`,
  );
}

function invalid(message: string, cause?: unknown): WorkloadError {
  return new WorkloadError('DATA_INVALID', `${message}: correct the file`, cause);
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
