/** The marks that a batch needs, read in one go, for countBatch to work on. Pure. */
import type { Like } from '../likes/like.ts';
import type { KnownSource, MarkReader, PostTally, TouchedBlock } from './count-batch.ts';
import { BLOCK_BYTES, emptyBlock } from './marks.ts';
import { type WantedSource, wantedBlocks } from './wanted-blocks.ts';

interface BatchSource extends WantedSource {
  isRetired: boolean;
  readonly bits: Map<number, Uint8Array>;
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

  /**
   * Takes rows of `marks` in. A row without bits is one that was only just inserted.
   * @throws RangeError when a block has another length: marks would be lost in it.
   */
  take(sourceId: number, rows: readonly Record<string, unknown>[]): void {
    const { bits: blocks } = this.sources[sourceId]!;
    for (const { block, bits } of rows as { block: number; bits: Uint8Array }[]) {
      if (bits.length !== 0 && bits.length !== BLOCK_BYTES) {
        throw new RangeError(`block ${block} has ${bits.length} bytes instead of ${BLOCK_BYTES}`);
      }
      blocks.set(block, bits.length === 0 ? emptyBlock() : bits);
    }
  }

  /** Whether a block that was to be there is not. */
  get lacksBlocks(): boolean {
    return this.sources.some(
      ({ isRetired, blocks, bits }) => !isRetired && blocks.some((block) => !bits.has(block)),
    );
  }
}

/** The blocks in which marks were set, by source, in rising order. */
export function changedBlocks(blocks: readonly TouchedBlock[]): Map<number, TouchedBlock[]> {
  const changed = blocks
    .filter((block) => block.changed)
    .sort((one, other) => one.block - other.block);
  return Map.groupBy(changed, ({ sourceId }) => sourceId);
}

/** As columns, in the order of the posts' bytes. */
export function columnsOf(tallies: Iterable<PostTally>): [Buffer[], number[], number[]] {
  const rows = [...tallies].map(({ post, likes, unlikes }) => {
    return { key: Buffer.from(post), likes, unlikes };
  });
  rows.sort((one, other) => Buffer.compare(one.key, other.key));
  return [
    rows.map(({ key }) => key),
    rows.map(({ likes }) => likes),
    rows.map(({ unlikes }) => unlikes),
  ];
}
