/** One line about what goes on: drawn anew on a terminal, a line of its own each time elsewhere. */
import { createLogUpdate } from 'log-update';

export interface StatusLine {
  show(line: string): void;
  /** A line that stays, above the one that is drawn anew. */
  log(line: string): void;
}

export function openStatusLine(stream: NodeJS.WriteStream): StatusLine {
  const update = stream.isTTY ? createLogUpdate(stream, { showCursor: true }) : undefined;
  const write = (line: string) => void stream.write(`${line}\n`);
  return {
    show: update ?? write,
    log(line) {
      update?.clear();
      write(line);
    },
  };
}
