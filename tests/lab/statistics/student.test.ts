import { describe, expect, test } from 'vitest';
import { normalProbability, studentQuantile } from '../../../lab/statistics/student.ts';

describe("quantiles of Student's t", () => {
  // Abramowitz and Stegun, table 26.10.
  test.each([
    [0.975, 1, 12.706],
    [0.975, 5, 2.571],
    [0.995, 5, 4.032],
    [0.95, 9, 1.833],
    [0.975, 30, 2.042],
    [0.975, 120, 1.98],
  ])('P = %s at %s degrees is %s', (probability, degrees, t) => {
    expect(studentQuantile(probability, degrees)).toBeCloseTo(t, 3);
    expect(studentQuantile(1 - probability, degrees)).toBeCloseTo(-t, 3);
  });

  test('refuse what is no probability', () => {
    expect(() => studentQuantile(1, 5)).toThrow(RangeError);
  });
});

describe('the normal distribution', () => {
  test.each([
    [0, 0.5],
    [1, 0.841344746],
    [-1.959963985, 0.025],
    [2.575829304, 0.995],
    [-4, 3.16712e-5],
  ])('P(Z <= %s) is %s', (z, probability) => {
    expect(normalProbability(z)).toBeCloseTo(probability, 6);
  });
});
