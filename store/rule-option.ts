/** By which rule a store counts: an option like any other, but one that never changes. */
import { z } from 'zod';
import { COUNTING_RULES, type CountingRule } from './count-store.ts';
import { StoreFolderError } from './errors.ts';

export const ruleSchema = z.enum(COUNTING_RULES).optional();

/** Undefined when the store may be opened. A store that names no rule counts by *tally*. */
export function ruleProblem(
  where: string,
  found: CountingRule = 'tally',
  asked: CountingRule = found,
): StoreFolderError | undefined {
  if (asked === found) return undefined;
  return new StoreFolderError(
    'STORE_RULE_DIFFERS',
    `${where} counts by the rule ${found}, ${asked} was asked for; ask for ${found}, for no ` +
      'rule, or use another store: neither can be made of the other',
  );
}
