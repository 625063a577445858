/** Parsers for the values of flags. What is wrong they answer with what is allowed. */
import { InvalidArgumentError } from 'commander';

const PORT_MAX = 65_535;

/** A parser for whole numbers of a range; anything else is a usage error that names the range. */
export function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`allowed are whole numbers from ${least} to ${most}.`);
  };
}

/** Where to listen; 0 for any free one. */
export const port = whole(0, PORT_MAX);

/** A parser for names: anything but nothing. */
export function named(text: string): string {
  if (text.trim() !== '') return text;
  throw new InvalidArgumentError('give it a name.');
}
