/** A PostgreSQL shard in the hands of the mover. */
import type { MarkBlock, PostCount } from '../count-store.ts';
import { countMarks } from '../marks.ts';
import type { PostgresSessions } from '../postgres-sessions.ts';
import { statementsOf } from '../postgres-statements.ts';
import type { SlotMap } from '../slot-map.ts';
import { StoreMoveError } from './move-error.ts';
import {
  type Arrival,
  type Arrived,
  type Changes,
  type Estate,
  type MovingShard,
  type NamedArrival,
  type Page,
  type Progress,
  progressFromText,
} from './moving-shard.ts';
import {
  addMoved,
  blockIn,
  countIn,
  dropCounts,
  endedOf,
  hold,
  noteArrival,
  type Row,
  takeIn,
  takeNamed,
  takeNamedBack,
  unite,
  type Work,
} from './postgres-arrivals.ts';
import { createArrivals, createNotes, dropMovingTables } from './postgres-moving-schema.ts';

type MarkTable = 'marks' | 'inherited';
/** Up to which block marks were read; the source in hexadecimal digits. */
type MarkPlace = [table: MarkTable, source: string, block: number];

/**
 * Each transaction that writes keeps all others out of the shard, for some ms: so what it reads
 * stays true, and nobody waits for anybody in another order.
 */
export class PostgresMovingShard implements MovingShard {
  readonly index: number;
  readonly #sessions: PostgresSessions;
  readonly #schema: string;
  /** Tells this mover from one that has taken the move over from it. */
  readonly #mover: string;

  /** Owns the sessions. `schema` is quoted. */
  constructor(index: number, sessions: PostgresSessions, schema: string, mover: string) {
    this.index = index;
    this.#sessions = sessions;
    this.#schema = schema;
    this.#mover = mover;
  }

  async slotMapVersion(): Promise<number> {
    const [row] = await this.#ask('SELECT slot_map_version FROM {schema}.shard');
    return row!.slot_map_version as number;
  }

  async begin(isGiver: boolean): Promise<void> {
    await this.#alone(async ({ session, schema, last }) => {
      await session.ask(createArrivals(schema));
      if (isGiver) await session.ask(createNotes(schema));
      last.push(`UPDATE ${schema}.shard SET mover = '${this.#mover}'`);
    }, 'whoever had it');
  }

  async end(): Promise<void> {
    await this.#alone(async ({ schema, last }) => {
      last.push(dropMovingTables(schema), `UPDATE ${schema}.shard SET mover = NULL`);
    });
  }

  async counts(from: string | undefined, limit: number): Promise<Page<PostCount>> {
    const text = `SELECT post, likes, unlikes FROM {schema}.counts
      WHERE post > $1 ORDER BY post LIMIT $2`;
    // No post is the empty text.
    const rows = (await this.#ask(text, Buffer.from(from ?? ''), limit)).map(countIn);
    return { rows, next: rows.length < limit ? undefined : rows.at(-1)!.post };
  }

  async countsOf(posts: readonly string[]): Promise<PostCount[]> {
    const text = 'SELECT post, likes, unlikes FROM {schema}.counts WHERE post = ANY ($1)';
    const names = posts.map((post) => Buffer.from(post));
    return (await this.#ask(text, names)).map(countIn);
  }

  async marks(from: string | undefined, limit: number): Promise<Page<MarkBlock>> {
    const place = placeIn(from);
    const page = await this.#marksPage(place, limit);
    if (page.next !== undefined || place[0] === 'inherited') return page;
    return { ...page, next: JSON.stringify(['inherited', '', -1] satisfies MarkPlace) };
  }

  async ownMarks(from: string | undefined, limit: number): Promise<Page<MarkBlock>> {
    return await this.#marksPage(placeIn(from), limit);
  }

  async blockCount(): Promise<number> {
    const text = `SELECT (SELECT count(*) FROM {schema}.marks) +
      (SELECT count(*) FROM {schema}.inherited) AS blocks`;
    return (await this.#ask(text))[0]!.blocks as number;
  }

  async endedSources(): Promise<string[]> {
    const rows = await this.#ask('SELECT source FROM {schema}.retired_sources');
    return rows.map(({ source }) => String(source));
  }

  async changes(after: string | undefined, limit: number): Promise<Changes> {
    const [lastCount, lastBlock] = JSON.parse(after ?? '[0, 0]') as [number, number];
    const schema = this.#schema;
    // In one message, since likes may be waiting: all are numbers.
    const [, , counts, marks] = await this.#sessions.use((session) =>
      session.askAll(
        [
          'BEGIN',
          statementsOf(schema).lockTable,
          `SELECT number, post, likes, unlikes
           FROM ${schema}.changed_counts JOIN ${schema}.counts USING (post)
           WHERE number > ${lastCount} ORDER BY number LIMIT ${limit}`,
          `SELECT number, source, block, bits
           FROM ${schema}.changed_marks JOIN ${schema}.marks USING (source, block)
           WHERE number > ${lastBlock} AND bits <> '' ORDER BY number LIMIT ${limit}`,
          'COMMIT',
        ],
        [],
      ),
    );
    const upTo = [lastNumber(counts!) ?? lastCount, lastNumber(marks!) ?? lastBlock];
    const isPart = counts!.length === limit || marks!.length === limit;
    return {
      counts: counts!.map(countIn),
      marks: marks!.map(blockIn),
      upTo: JSON.stringify(upTo),
      isPart,
    };
  }

  async arrived(giver: number): Promise<Arrived | undefined> {
    const text = 'SELECT progress, likes, unlikes FROM {schema}.arriving WHERE giver = $1';
    const [row] = await this.#ask(text, giver);
    return (
      row && {
        progress: progressFromText(row.progress as string),
        likes: row.likes as number,
        unlikes: row.unlikes as number,
      }
    );
  }

  async arrivedNamed(giver: number): Promise<PostCount[]> {
    const text = 'SELECT post, likes, unlikes FROM {schema}.arrived_named WHERE giver = $1';
    return (await this.#ask(text, giver)).map(countIn);
  }

  async receive(arrivals: readonly Arrival[]): Promise<void> {
    await this.#alone((work) => takeIn(work, arrivals));
  }

  async adopt(
    map: SlotMap,
    arrivals: readonly Arrival[] = [],
    named: readonly NamedArrival[] = [],
  ): Promise<void> {
    await this.#alone(async (work) => {
      await takeIn(work, arrivals);
      for (const arrival of named) await takeNamed(work, arrival);
      hold(work, map);
    });
  }

  async goBack(map: SlotMap): Promise<void> {
    await this.#alone(async (work) => {
      await takeNamedBack(work);
      hold(work, map);
    });
  }

  async drop(posts: readonly string[]): Promise<void> {
    await this.#alone((work) => dropCounts(work, posts));
  }

  async inherit(giver: number, marks: readonly MarkBlock[], progress: Progress): Promise<void> {
    await this.#alone(async (work) => {
      const ended = await endedOf(
        work,
        marks.map(({ source }) => source),
      );
      const marked = (blocks: readonly MarkBlock[]) =>
        blocks.reduce((sum, { bits }) => sum + countMarks(bits), 0);
      const sums = { likes: 0, unlikes: 0, marks: marked(marks) };
      await unite(
        work,
        'marks',
        marks.filter(({ source }) => !ended.has(source)),
      );
      // Retired everywhere but in the shard that goes: here its marks count as dropped.
      addDropped(work, marked(marks.filter(({ source }) => ended.has(source))));
      addMoved(work, sums);
      noteArrival(work, giver, progress, sums);
    });
  }

  async takeOver(giver: number, { moved, marksDropped }: Estate): Promise<void> {
    await this.#alone(async (work) => {
      const text = `UPDATE ${work.schema}.arriving SET taken = true
        WHERE giver = $1 AND NOT taken RETURNING marks`;
      const [row] = await work.session.ask({ text, values: [giver] });
      if (row === undefined) return;
      // Its marks were added when they were taken in; all its other sums hold without them.
      addMoved(work, { ...moved, marks: moved.marks - (row.marks as number) });
      addDropped(work, marksDropped);
    });
  }

  async estate(): Promise<Estate> {
    const [row] = await this.#ask(`SELECT moved_likes AS likes, moved_unlikes AS unlikes,
      moved_marks AS marks, marks_dropped AS dropped FROM {schema}.shard`);
    const { likes, unlikes, marks, dropped } = row as Record<string, number>;
    return {
      moved: { likes: likes!, unlikes: unlikes!, marks: marks! },
      marksDropped: dropped!,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sessions[Symbol.asyncDispose]();
  }

  async #marksPage([table, source, block]: MarkPlace, limit: number): Promise<Page<MarkBlock>> {
    const text = `SELECT source, block, bits FROM {schema}.${table}
      WHERE (source, block) > ($1, $2::bigint) ORDER BY source, block LIMIT $3`;
    const rows = await this.#ask(text, Buffer.from(source, 'hex'), block, limit);
    const last = rows.at(-1);
    const next =
      last === undefined || rows.length < limit
        ? undefined
        : JSON.stringify([table, (last.source as Buffer).toString('hex'), last.block]);
    // A block without bits was inserted by a batch that then had nothing new to mark in it.
    return { rows: rows.map(blockIn).filter(({ bits }) => bits.length > 0), next };
  }

  async #ask(text: string, ...values: unknown[]): Promise<Row[]> {
    const asked = text.replaceAll('{schema}', () => this.#schema);
    return await this.#sessions.ask({ text: asked, values });
  }

  /** In a transaction that nobody else is in. Rejects when another mover has taken over. */
  async #alone<Result>(
    work: (work: Work) => Promise<Result>,
    mover: 'this one' | 'whoever had it' = 'this one',
  ): Promise<Result> {
    const schema = this.#schema;
    return await this.#sessions.use(async (session) => {
      const { lockTable } = statementsOf(schema);
      const begin = ['BEGIN', lockTable, `SELECT mover FROM ${schema}.shard`];
      const [, , found] = await session.askAll(begin, []);
      const held = found![0]!.mover;
      if (mover === 'this one' && held !== null && held !== this.#mover) {
        throw new StoreMoveError(
          'MOVE_UNDER_WAY',
          `another process has taken this move over in shard ${this.index}; leave it to that one`,
        );
      }
      const last: string[] = [];
      const result = await work({ session, schema, last });
      await session.commit(last);
      return result;
    });
  }
}

function addDropped({ schema, last }: Work, marks: number): void {
  last.push(`UPDATE ${schema}.shard SET marks_dropped = marks_dropped + (${marks})`);
}

function lastNumber(rows: readonly Row[]): number | undefined {
  return rows.at(-1)?.number as number | undefined;
}

function placeIn(from: string | undefined): MarkPlace {
  return from === undefined ? ['marks', '', -1] : (JSON.parse(from) as MarkPlace);
}
