import { describe, expect, test } from 'vitest';
import { PostUsers, USERS_MAX, userName } from '../../../likes/workloads/users.ts';

describe('users', () => {
  test('have names of eight digits', () => {
    const numbers = [0, 9_999, 10_000, 1_234_567, USERS_MAX - 1];
    expect(numbers.map(userName)).toEqual([
      'u00000000',
      'u00009999',
      'u00010000',
      'u01234567',
      'u67108863',
    ]);
  });

  test('of one post are all different', () => {
    const users = new PostUsers(3, 1);
    const names = Array.from({ length: 200_000 }, (_, k) => users.nameOf(2, k));
    expect(new Set(names).size).toBe(200_000);
  });

  test('of two posts, or of two seeds, are not the same ones', () => {
    const names = (post: number, seed: number) =>
      Array.from({ length: 5 }, (_, k) => new PostUsers(2, seed).nameOf(post, k)).join();
    expect(new Set([names(0, 1), names(1, 1), names(0, 2), names(1, 2)]).size).toBe(4);
  });
});
