/** Lines of text in a new file, gathered in memory so that writing them costs little. */
import { closeSync, openSync, writeFileSync } from 'node:fs';

/** Lines that wait in memory before they are written out by themselves. */
const LINES_WAITING_MAX = 2_000;

export class LineWriter implements Disposable {
  readonly #file: number;
  #lines: string[] = [];

  constructor(path: string) {
    this.#file = openSync(path, 'wx');
  }

  write(line: string): void {
    this.#lines.push(`${line}\n`);
    if (this.#lines.length >= LINES_WAITING_MAX) this.flush();
  }

  flush(): void {
    // Unlike a single write to the file it goes on until all bytes are written.
    if (this.#lines.length > 0) writeFileSync(this.#file, this.#lines.join(''));
    this.#lines = [];
  }

  [Symbol.dispose](): void {
    this.flush();
    closeSync(this.#file);
  }
}
