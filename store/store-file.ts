/** store.json: what a store folder says about itself. */
import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { CountingRule } from './count-store.ts';
import { StoreFolderError } from './errors.ts';
import {
  type MoveRecord,
  moveFromDocument,
  moveRecordSchema,
  moveToDocument,
} from './move/move-record.ts';
import { type SlotMap, slotMapFromDocument, slotMapSchema, slotMapToDocument } from './slot-map.ts';

export const STORE_FILE_NAME = 'store.json';

/** The number of the folder's layout; another layout gets another number. */
const STORE_FORMAT = 1;

/** Everything that has to be known before the shards of a folder are opened. */
export interface StoreDescription {
  /** Made once at random; each shard file repeats it. */
  readonly store: string;
  readonly engine: 'sqlite';
  /** Left out by *tally*, which stores of before there was another rule have. */
  readonly rule?: Exclude<CountingRule, 'tally'> | undefined;
  /** In force. */
  readonly slotMap: SlotMap;
  /** A move that was begun and is not finished. */
  readonly move?: MoveRecord | undefined;
}

const formatSchema = z.looseObject({ format: z.number() });

const storeFileSchema = z.strictObject({
  format: z.literal(STORE_FORMAT),
  store: z.uuid(),
  engine: z.literal('sqlite'),
  rule: z.literal('states').optional(),
  slotMap: slotMapSchema,
  move: moveRecordSchema.optional(),
});

/** Writes store.json in one step: whoever reads it finds the old one or the new one, whole. */
export function writeStoreFile(folder: string, description: StoreDescription): void {
  const { slotMap, move, ...rest } = description;
  const path = join(folder, STORE_FILE_NAME);
  const document = {
    format: STORE_FORMAT,
    ...rest,
    slotMap: slotMapToDocument(slotMap),
    ...(move !== undefined && { move: moveToDocument(move) }),
  };
  const draft = `${path}.${randomUUID()}`;
  writeFileSync(draft, `${JSON.stringify(document, null, 2)}\n`, { flush: true });
  renameSync(draft, path);
  syncFolder(folder);
}

/** Makes renames in a folder outlive a power cut. */
export function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** @throws StoreFolderError that names the file, what is wrong with it and the way out. */
export function readStoreFile(folder: string): StoreDescription {
  const path = join(folder, STORE_FILE_NAME);
  const value = parseJson(path);
  const format = formatSchema.safeParse(value).data?.format;
  if (format !== undefined && format !== STORE_FORMAT) {
    throw new StoreFolderError(
      'STORE_FORMAT_UNKNOWN',
      `${path} has format ${format}, only ${STORE_FORMAT} is known here; use the release that ` +
        'made it, or another folder',
    );
  }
  const { success, data, error } = storeFileSchema.safeParse(value);
  if (!success) throw corrupt(path, z.prettifyError(error).replaceAll(/\s+/g, ' '), error);
  return {
    store: data.store,
    engine: data.engine,
    ...(data.rule && { rule: data.rule }),
    slotMap: slotMapFromDocument(data.slotMap),
    ...(data.move !== undefined && { move: moveFromDocument(data.move) }),
  };
}

function parseJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw corrupt(path, (cause as Error).message.replaceAll('\n', ' '), cause);
  }
}

function corrupt(path: string, why: string, cause: unknown): StoreFolderError {
  return new StoreFolderError(
    'STORE_CORRUPT',
    `${path} cannot be used: ${why}; put back a copy of the whole folder, or count again ` +
      'into another folder',
    { cause },
  );
}
