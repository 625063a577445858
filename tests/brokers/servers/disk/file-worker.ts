/**
 * A process that does to files what it is told, and nothing by itself: `node file-worker.ts`.
 * Reads orders from its input, one line of JSON each, and answers each with a line: `ok` or the
 * system's code of the error. Files stay open from the first append on.
 */
import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createInterface } from 'node:readline';

export type FileOrder =
  | { readonly does: 'append'; readonly file: string; readonly bytes: number }
  | { readonly does: 'truncate'; readonly file: string; readonly bytes: number }
  | { readonly does: 'sync'; readonly file: string }
  | { readonly does: 'remove'; readonly file: string }
  | { readonly does: 'rename'; readonly file: string; readonly to: string }
  | { readonly does: 'write whole'; readonly file: string; readonly bytes: number };

const opened = new Map<string, number>();

function descriptorOf(file: string): number {
  const descriptor = opened.get(file) ?? openSync(file, 'a');
  opened.set(file, descriptor);
  return descriptor;
}

function obey(order: FileOrder): void {
  const { file } = order;
  switch (order.does) {
    case 'append':
      writeSync(descriptorOf(file), Buffer.alloc(order.bytes, 'x'));
      break;
    case 'truncate':
      ftruncateSync(descriptorOf(file), order.bytes);
      break;
    case 'sync':
      fsyncSync(descriptorOf(file));
      break;
    case 'remove':
      rmSync(file);
      // Only then is the inode free for another file.
      closeSync(descriptorOf(file));
      opened.delete(file);
      break;
    case 'rename':
      renameSync(file, order.to);
      opened.set(order.to, descriptorOf(file));
      opened.delete(file);
      break;
    case 'write whole':
      writeFileSync(file, Buffer.alloc(order.bytes, 'x'));
      break;
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  let answer = 'ok';
  try {
    obey(JSON.parse(line) as FileOrder);
  } catch (error) {
    answer = (error as NodeJS.ErrnoException).code ?? String(error);
  }
  process.stdout.write(`${answer}\n`);
}
