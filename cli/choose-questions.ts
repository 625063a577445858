/** The questions of `choose`, one after the other; a wrong answer is asked again a few times. */
import { InvalidArgumentError } from 'commander';
import { type Needs, SURVIVE, type Survive } from '../experiments/choose-cell.ts';
import { SKILLS, type Skill } from '../experiments/choose-facts.ts';
import { UsageError } from './usage-error.ts';

const RATE_MAX = 1_000_000_000;
/** Wrong answers to one question before the lab gives up asking. */
const ANSWERS_MAX = 3;

export type Ask = (question: string) => Promise<string>;

/** @throws InvalidArgumentError that says what is allowed */
export function parseRate(text: string): number {
  const rate = Number(text.replaceAll(/[_,]/g, ''));
  if (/^[\d_,]+$/.test(text) && rate >= 1 && rate <= RATE_MAX) return rate;
  throw new InvalidArgumentError(`allowed are whole numbers from 1 to ${RATE_MAX}.`);
}

/** @throws InvalidArgumentError that says what is allowed */
export function parseSurvive(text: string): Survive {
  const found = SURVIVE.find((one) => one === text);
  if (found !== undefined) return found;
  throw new InvalidArgumentError(`allowed are ${SURVIVE.join(', ')}.`);
}

/** @throws InvalidArgumentError that says what is allowed */
export function parseSkills(text: string): readonly Skill[] {
  if (text === 'none' || text === '') return [];
  const names = text.split(',').map((name) => name.trim());
  const skills = names.map((name) => SKILLS.find((one) => one === name));
  if (skills.every((skill) => skill !== undefined)) return [...new Set(skills)];
  throw new InvalidArgumentError(`allowed are ${SKILLS.join(', ')}, several by commas, or none.`);
}

function parseYesNo(text: string): boolean {
  if (/^(y|yes)$/i.test(text)) return true;
  if (/^(n|no|)$/i.test(text)) return false;
  throw new InvalidArgumentError('allowed are yes and no.');
}

/**
 * @param tell says what was wrong with an answer
 * @throws UsageError after three wrong answers to the same question
 */
export async function askNeeds(
  ask: Ask,
  tell: (line: string) => void,
  objectiveMs: number,
): Promise<Needs> {
  const answer = async <T>(question: string, parse: (text: string) => T): Promise<T> => {
    for (let tries = 1; ; tries++) {
      try {
        return parse((await ask(question)).trim());
      } catch (error) {
        if (!(error instanceof InvalidArgumentError)) throw error;
        if (tries === ANSWERS_MAX) throw new UsageError(`${question.trim()} ${error.message}`);
        tell(error.message);
      }
    }
  };
  return {
    likesPerS: await answer('How many likes a second, at the most? ', parseRate),
    ordered: await answer('Must the likes of a post be counted in their order? [y/N] ', parseYesNo),
    survive: await answer(
      'What must an acknowledged like survive: none, kill (of the server) or power (cut)? ',
      parseSurvive,
    ),
    reRead: await answer('Must counted likes be there to be read again? [y/N] ', parseYesNo),
    skills: await answer(
      'What do you know already: kafka, redis, aws (several by commas) or none? It ' +
        'only breaks ties. ',
      parseSkills,
    ),
    objectiveMs,
  };
}
