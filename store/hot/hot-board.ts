/**
 * How counting processes that do not know each other share what they see: a folder in the store's
 * own, where each keeps one file with its latest window, and where the order stands by which all of
 * them hold the likes of hot posts. Nothing of it outlives its use, so nothing of it is flushed.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { monotonicUs } from '../transaction-bucket.ts';
import { type HoldOrder, holdOrderSchema } from './hot-path.ts';
import { type WindowSummary, windowSchema } from './hot-window.ts';

const FOLDER_NAME = 'hot';
const ORDER_NAME = 'hold.json';
const WINDOW_END = '.window.json';
const DRAFT_END = '.draft';

/** A window that is older belongs to a process that has ended, or that nobody should wait for. */
export const STALE_MS = 2_000;

const toldSchema = z.strictObject({ atMs: z.number(), window: windowSchema });

/** The clock of the board: one for all processes of this machine. */
export function boardNowMs(): number {
  return monotonicUs() / 1_000;
}

export class HotBoard {
  readonly #folder: string;
  readonly #nowMs: () => number;

  /** @param storeFolder of a store that is there */
  constructor(storeFolder: string, nowMs: () => number = boardNowMs) {
    this.#folder = join(storeFolder, FOLDER_NAME);
    this.#nowMs = nowMs;
    mkdirSync(this.#folder, { recursive: true });
  }

  /** Puts up what the process of this name sees now, in place of what it saw before. */
  tell(name: string, window: WindowSummary): void {
    this.#write(`${name}${WINDOW_END}`, { atMs: this.#nowMs(), window });
  }

  /** For a process that ends. */
  forget(name: string): void {
    rmSync(join(this.#folder, `${name}${WINDOW_END}`), { force: true });
  }

  /** The windows of all processes that told theirs lately. */
  windows(): WindowSummary[] {
    const names = readdirSync(this.#folder).filter((name) => name.endsWith(WINDOW_END));
    return names.flatMap((name) => {
      const told = this.#read(name, toldSchema);
      const ageMs = told === undefined ? Number.POSITIVE_INFINITY : this.#nowMs() - told.atMs;
      // A file of before the machine started is from the future.
      return told !== undefined && ageMs >= 0 && ageMs <= STALE_MS ? [told.window] : [];
    });
  }

  /** All counting processes obey it within half a second; without posts it ends all holding. */
  order(order: HoldOrder): void {
    this.#write(ORDER_NAME, order);
  }

  /** The order in force; undefined when there never was one. */
  currentOrder(): HoldOrder | undefined {
    return this.#read(ORDER_NAME, holdOrderSchema);
  }

  #write(name: string, value: unknown): void {
    const draft = join(this.#folder, `${name}.${randomUUID()}${DRAFT_END}`);
    writeFileSync(draft, JSON.stringify(value));
    renameSync(draft, join(this.#folder, name));
  }

  /** Undefined when it is not there, or is not what this version writes. */
  #read<T>(name: string, schema: z.ZodType<T>): T | undefined {
    try {
      return schema.safeParse(JSON.parse(readFileSync(join(this.#folder, name), 'utf8'))).data;
    } catch {
      return undefined;
    }
  }
}
