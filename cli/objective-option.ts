/** `--objective 250ms`: how soon 99 % of the likes must be visible. */
import { InvalidArgumentError, Option } from 'commander';
import { OBJECTIVE_MS_DEFAULT } from '../lab/capacity-probe.ts';

const OBJECTIVE_MS_LEAST = 1;
const OBJECTIVE_MS_MOST = 60_000;

/** @throws InvalidArgumentError that says what is allowed */
function parseObjective(text: string): number {
  const [, amount, unit] = /^(\d{1,6}(?:\.\d{1,3})?)(ms|s)$/.exec(text) ?? [];
  const ms = Number(amount) * (unit === 's' ? 1000 : 1);
  if (ms >= OBJECTIVE_MS_LEAST && ms <= OBJECTIVE_MS_MOST) return ms;
  throw new InvalidArgumentError('allowed are times from 1ms to 60s, such as 250ms or 2s.');
}

export function objectiveOption(): Option {
  return new Option(
    '--objective <time>',
    'how soon 99 % of the likes must be visible, from when they are due',
  )
    .argParser(parseObjective)
    .default(OBJECTIVE_MS_DEFAULT, `${OBJECTIVE_MS_DEFAULT}ms`);
}
