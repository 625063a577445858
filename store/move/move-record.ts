/** A move that is under way, as the store's own description remembers it. */
import { z } from 'zod';
import { slotMapFromDocument, slotMapSchema, slotMapToDocument } from '../slot-map.ts';
import type { Move } from './transfers.ts';

/**
 * Where a move stands. Up to `fencing` the old map is in force and the move can go either way; from
 * `switched` on the new one is, and it can only go on.
 */
const MOVE_STAGES = [
  'copying',
  'fencing',
  'going back',
  'switched',
  'dropping',
  'inheriting',
  'removing',
] as const;
export type MoveStage = (typeof MOVE_STAGES)[number];

/** A move that was begun and is not finished, as the store itself remembers it. */
export interface MoveRecord extends Move {
  /** In the words of a person: `4 to 5 shards`. */
  readonly title: string;
  readonly stage: MoveStage;
}

export const moveRecordSchema = z.strictObject({
  title: z.string(),
  stage: z.enum(MOVE_STAGES),
  shardsAfter: z.number().int().positive(),
  from: slotMapSchema,
  to: slotMapSchema,
});
export type MoveDocument = z.infer<typeof moveRecordSchema>;

export function moveToDocument({ title, stage, shardsAfter, from, to }: MoveRecord): MoveDocument {
  const maps = { from: slotMapToDocument(from), to: slotMapToDocument(to) };
  return { title, stage, shardsAfter, ...maps };
}

export function moveFromDocument(document: MoveDocument): MoveRecord {
  const { title, stage, shardsAfter } = document;
  const maps = { from: slotMapFromDocument(document.from), to: slotMapFromDocument(document.to) };
  return { title, stage, shardsAfter, ...maps };
}
