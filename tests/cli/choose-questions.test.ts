import { expect, test } from 'vitest';
import { askNeeds } from '../../cli/choose-questions.ts';

/** Gives these answers one after the other, and keeps what was asked and said. */
function somebody(...answers: string[]) {
  const asked: string[] = [];
  const told: string[] = [];
  const ask = async (question: string) => {
    asked.push(question);
    return answers[asked.length - 1] ?? '';
  };
  return { asked, told, needs: askNeeds(ask, (line) => told.push(line), 250) };
}

test('each answer becomes a need', async () => {
  const { needs, asked } = somebody('1,500', 'yes', 'power', 'n', 'redis, kafka');
  expect(await needs).toEqual({
    likesPerS: 1_500,
    ordered: true,
    survive: 'power',
    reRead: false,
    skills: ['redis', 'kafka'],
    objectiveMs: 250,
  });
  expect(asked).toHaveLength(5);
});

test('an empty answer means no where that is offered, and no skills', async () => {
  const { needs } = somebody('100', '', 'none', '', '');
  expect(await needs).toMatchObject({ ordered: false, reRead: false, skills: [] });
});

test('a wrong answer is told what is allowed, and asked again', async () => {
  const { needs, told, asked } = somebody('many', '100', 'y', 'nothing', 'kill', 'y', 'none');
  expect(await needs).toMatchObject({ likesPerS: 100, survive: 'kill' });
  expect(told).toEqual([
    'allowed are whole numbers from 1 to 1000000000.',
    'allowed are none, kill, power.',
  ]);
  expect(asked).toHaveLength(7);
});

test('three wrong answers to a question end the asking with a usage error', async () => {
  const { needs, asked } = somebody('many', 'some', 'few');
  await expect(needs).rejects.toMatchObject({
    code: 'USAGE',
    message:
      'How many likes a second, at the most? allowed are whole numbers from 1 to 1000000000.',
  });
  expect(asked).toHaveLength(3);
});
