/** Looks through a tally store on Cassandra for what must never be there. */
import type { FoundCheckpoint, FoundCount, FoundMarks } from './cassandra-rows.ts';
import { spelledOut } from './findings.ts';
import { nameOfBlock } from './lane-state.ts';
import { countMarks } from './marks.ts';

/** There are no snapshots: while a lane is being counted, its rows do not fit one another. */
const LOOKS_MAX = 3;

/** The rows of a store, each scanned from the beginning. */
export interface TallyRows {
  countRows(): AsyncIterable<FoundCount>;
  markRows(): AsyncIterable<FoundMarks>;
  checkpoints(): Promise<FoundCheckpoint[]>;
}

interface LaneSums {
  counted: number;
  marks: number;
  /** Rows behind which the checkpoint has stayed. */
  ahead: number;
}

/**
 * Findings in plain words, empty when the store is sound. Looks again where a lane is on the move;
 * one that never rests is said to be so, since nobody can tell then whether its sums are right.
 */
export async function tallyProblems(rows: TallyRows, spelledOutMax?: number): Promise<string[]> {
  let problems: string[] = [];
  for (let look = 0; look < LOOKS_MAX; look++) {
    const before = await rows.checkpoints();
    const found = await lookThrough(rows, before);
    problems = found.kinds.flatMap((kind) => spelledOut(kind, spelledOutMax));
    if (problems.length === 0) return [];
    if (!hasMoved(before, await rows.checkpoints()) && !found.isUnderWay) break;
  }
  return problems;
}

async function lookThrough(rows: TallyRows, checkpoints: readonly FoundCheckpoint[]) {
  const damaged = checkpoints
    .filter(({ isSound }) => !isSound)
    .map(({ lane }) => `the checkpoint of lane ${quoted(lane)} is damaged: its checksum is wrong`);
  const lanes = new Map<string, LaneSums>();
  const uptoOf = new Map(checkpoints.map(({ lane, upto }) => [lane, upto]));
  const sumsOf = (lane: string, upto: bigint): LaneSums => {
    const sums = lanes.get(lane) ?? { counted: 0, marks: 0, ahead: 0 };
    lanes.set(lane, sums);
    if (upto > (uptoOf.get(lane) ?? -1n)) sums.ahead += 1;
    return sums;
  };
  const counts: string[] = [];
  for await (const { post, lane, likes, unlikes, upto, isSound } of rows.countRows()) {
    const name = `post ${quoted(post)} in lane ${quoted(lane)}`;
    if (!isSound) counts.push(`${name} is damaged: ${likes} likes, ${unlikes} unlikes`);
    else if (likes < 0 || unlikes < 0) counts.push(`${name} is below 0`);
    sumsOf(lane, upto).counted += likes + unlikes;
  }
  const marks: string[] = [];
  const doubled: string[] = [];
  const union = new Map<string, Uint8Array>();
  for await (const row of rows.markRows()) {
    const name = `block ${row.block} of source ${quoted(row.source)} in lane ${quoted(row.lane)}`;
    if (!row.isSound) marks.push(`${name} is damaged: its checksum is wrong`);
    sumsOf(row.lane, row.upto).marks += countMarks(row.bits);
    const twice = addTo(union, row);
    if (twice > 0) doubled.push(`${name} has ${twice} marks that another lane has as well`);
  }
  const isUnderWay = [...lanes.values()].some(({ ahead }) => ahead > 0);
  const kinds = [damaged, counts, marks, doubled, laneProblems(lanes)];
  return { isUnderWay, kinds };
}

function laneProblems(lanes: ReadonlyMap<string, LaneSums>): string[] {
  return [...lanes].flatMap(([lane, { counted, marks, ahead }]) => {
    const name = `lane ${quoted(lane)}`;
    if (ahead > 0) {
      return [
        `${name} has ${ahead} rows ahead of its checkpoint: a batch of it is under way, or was ` +
          'broken off and has not been delivered again; look again when its queue is drained',
      ];
    }
    if (counted === marks) return [];
    return [`${name} has ${counted} likes and unlikes, but ${marks} marks`];
  });
}

/** How many marks were there already, from another lane. */
function addTo(union: Map<string, Uint8Array>, row: FoundMarks): number {
  const name = nameOfBlock(row);
  const all = union.get(name);
  if (all === undefined) {
    union.set(name, row.bits.slice());
    return 0;
  }
  const both = all.map((byte, index) => byte & (row.bits[index] ?? 0));
  for (const [index, byte] of row.bits.entries()) all[index] = (all[index] ?? 0) | byte;
  return countMarks(both);
}

function hasMoved(before: readonly FoundCheckpoint[], after: readonly FoundCheckpoint[]): boolean {
  const places = new Map(before.map(({ lane, upto }) => [lane, upto]));
  return after.some(({ lane, upto }) => places.get(lane) !== upto);
}

function quoted(name: string): string {
  return JSON.stringify(name);
}
