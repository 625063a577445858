import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { authorPostNames, readSurnames } from '../../../likes/workloads/author-posts.ts';

const surnames = readSurnames();
const people = surnames.reduce((sum, one) => sum + one.people, 0);

function fileWith(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'surnames-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'surnames.csv');
  writeFileSync(path, text);
  return path;
}

describe('the surnames', () => {
  test('are the thousand most common ones, the most common first', () => {
    expect(surnames).toHaveLength(1_000);
    expect(surnames.slice(0, 2)).toEqual([
      { name: 'smith', people: 2_442_977 },
      { name: 'johnson', people: 1_932_812 },
    ]);
    expect(surnames.at(-1)).toEqual({ name: 'archer', people: 34_949 });
    expect(people).toBe(120_848_141);
    expect(surnames).toEqual(surnames.toSorted((one, other) => other.people - one.people));
    expect(new Set(surnames.map(({ name }) => name)).size).toBe(1_000);
  });

  test.each([
    ['a name that is none', 'surname,people\nSMITH,5\nO-NE,5\n', 'line 3: ["O-NE","5"]'],
    ['no number of people', 'surname,people\nSMITH,many\n', 'line 2: ["SMITH","many"]'],
    ['another column', 'surname,count\nSMITH,5\n', 'line 2: ["SMITH",""]'],
  ])('are refused with %s', (_, text, reason) => {
    expect(() => readSurnames(fileWith(text))).toThrow(reason);
  });

  test('are missed in one line', () => {
    expect(() => readSurnames('/nowhere/at-all.csv')).toThrow(/cannot read .*restore the file/);
  });
});

describe('posts of authors', () => {
  test('have first letters as often as people have', () => {
    const posts = authorPostNames(50_000, 7, 'created');
    for (const letter of 'abcdefghijklmnopqrstuvwxyz') {
      const own = surnames.filter(({ name }) => name.startsWith(letter));
      const chance = own.reduce((sum, one) => sum + one.people, 0) / people;
      const found = posts.filter((post) => post.startsWith(letter)).length;
      const deviation = Math.sqrt(posts.length * chance * (1 - chance));
      expect(Math.abs(found - posts.length * chance)).toBeLessThanOrEqual(5 * deviation);
    }
  });

  test('are the same for the same seed, and numbered in the order that is asked for', () => {
    expect(authorPostNames(3, 1, 'created')).toEqual(authorPostNames(3, 1, 'created'));
    expect(authorPostNames(50, 1, 'created')).not.toEqual(authorPostNames(50, 2, 'created'));
    const numbers = (order: 'created' | 'shuffled') =>
      authorPostNames(200, 1, order).map((post) => Number(/-(\d{5})$/.exec(post)![1]));
    expect(numbers('created')).toEqual(Array.from({ length: 200 }, (_, place) => place));
    expect(numbers('shuffled')).not.toEqual(numbers('created'));
    expect(numbers('shuffled').toSorted((a, b) => a - b)).toEqual(numbers('created'));
  });
});
