/** The marks that a batch needs, read in one go, for countBatch to work on. Pure. */
import type { Like } from '../likes/like.ts';
import type { KnownSource, MarkReader, PostTally } from './count-batch.ts';
import { BLOCK_BYTES, emptyBlock } from './marks.ts';
import { type WantedSource, wantedBlocks } from './wanted-blocks.ts';

interface BatchSource extends WantedSource {
  isRetired: boolean;
  readonly bits: Map<number, Uint8Array>;
  readonly inherited: Map<number, Uint8Array>;
}

/** Sources have their place in `sources` as id. */
export class PostgresBatch implements MarkReader {
  readonly sources: readonly BatchSource[];
  readonly #ids: ReadonlyMap<string, number>;

  constructor(likes: readonly Like[], places: readonly number[]) {
    this.sources = wantedBlocks(likes, places).map((source) => ({
      ...source,
      isRetired: false,
      bits: new Map(),
      inherited: new Map(),
    }));
    this.#ids = new Map(this.sources.map(({ name }, id) => [name, id]));
  }

  source(name: string): KnownSource {
    const id = this.#ids.get(name)!;
    return { id, ended: this.sources[id]!.isRetired };
  }

  bits(sourceId: number, block: number): Uint8Array {
    return this.sources[sourceId]!.bits.get(block)!;
  }

  inherited(sourceId: number, block: number): Uint8Array | undefined {
    return this.sources[sourceId]!.inherited.get(block);
  }

  /** Those that were not retired. */
  get openSources(): BatchSource[] {
    return this.sources.filter(({ isRetired }) => !isRetired);
  }

  get keys(): Buffer[] {
    return this.sources.map(({ key }) => key);
  }

  /** Takes rows of `retired_sources` in. */
  retire(rows: readonly Record<string, unknown>[]): void {
    const retired = new Set(rows.map(({ source }) => String(source)));
    for (const source of this.sources) source.isRetired = retired.has(source.name);
  }

  /**
   * Takes rows of `marks` in: the last answers are those of the open sources, in their order. A row
   * without bits is one that was only just inserted.
   * @throws RangeError when a block has another length: marks would be lost in it.
   */
  take(answers: readonly (readonly Record<string, unknown>[])[]): void {
    this.#takeInto('bits', answers);
  }

  /** Takes rows of `inherited` in, likewise. */
  takeInherited(answers: readonly (readonly Record<string, unknown>[])[]): void {
    this.#takeInto('inherited', answers);
  }

  #takeInto(
    table: 'bits' | 'inherited',
    answers: readonly (readonly Record<string, unknown>[])[],
  ): void {
    const open = this.openSources;
    for (const [index, rows] of answers.slice(answers.length - open.length).entries()) {
      for (const { block, bits } of rows as { block: number; bits: Uint8Array }[]) {
        if (bits.length !== 0 && bits.length !== BLOCK_BYTES) {
          throw new RangeError(`block ${block} has ${bits.length} bytes instead of ${BLOCK_BYTES}`);
        }
        open[index]![table].set(block, bits.length === 0 ? emptyBlock() : bits);
      }
    }
  }

  /** Whether a block that was to be there is not. */
  get lacksBlocks(): boolean {
    return this.openSources.some(({ blocks, bits }) => blocks.some((block) => !bits.has(block)));
  }
}

/**
 * As columns, in the order of the posts' bytes. Posts are in hexadecimal digits, as they are sent;
 * `digitsOf` gives them, and their order is that of the bytes.
 */
export function columnsOf(
  tallies: Iterable<PostTally>,
  digitsOf: (post: string) => string,
): { readonly posts: string[]; readonly likes: number[]; readonly unlikes: number[] } {
  const rows = [...tallies].map((tally) => ({ tally, digits: digitsOf(tally.post) }));
  rows.sort((one, other) => (one.digits < other.digits ? -1 : 1));
  return {
    posts: rows.map(({ digits }) => digits),
    likes: rows.map(({ tally }) => tally.likes),
    unlikes: rows.map(({ tally }) => tally.unlikes),
  };
}
