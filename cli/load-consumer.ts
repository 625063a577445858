/** Loads a user's own consumer: the one place where the lab runs code that it does not know. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { OpenOwnConsumer } from '../brokers/broker.ts';
import type { OwnConsumer } from '../lab/trial-context.ts';

/** Of the file alone: what it imports may change without it. */
export function sumOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** Names of the functions that the module exports; rejects with whatever loading it throws. */
export async function functionsOf(path: string): Promise<string[]> {
  const module = await load(path);
  return Object.keys(module).filter((name) => typeof module[name] === 'function');
}

/** In a worker. Throws where the file is another than when the run began. */
export async function loadOwnConsumer(
  { path, sha256 }: OwnConsumer,
  name: string,
): Promise<OpenOwnConsumer> {
  if (sumOf(path) !== sha256) {
    throw new Error(`${path} was changed while the run went on; start the run again`);
  }
  const open = (await load(path))[name];
  if (typeof open !== 'function') throw new Error(`${path} exports no function ${name}`);
  return open as OpenOwnConsumer;
}

async function load(path: string): Promise<Record<string, unknown>> {
  return await import(pathToFileURL(path).href);
}
