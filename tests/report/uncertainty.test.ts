import { expect, test } from 'vitest';
import { figureOf, figureText, sureness } from '../../report/uncertainty.ts';

test('one run is a figure, a few are a range, six and more an interval', () => {
  expect(figureOf([])).toBeUndefined();
  expect(figureText(figureOf([1_000])!, 0)).toBe('1,000');
  expect(figureText(figureOf([3, 1, 2])!, 1)).toBe('2.0 (1.0–3.0)');
  const six = figureOf([10, 11, 12, 13, 14, 15])!;
  expect(six).toMatchObject({ kind: 'interval', runs: 6, middle: 12.5 });
  expect(figureText(six, 1)).toMatch(/^12\.5 \[\d+\.\d–\d+\.\d\]$/);
});

test('the words say how much may be made of it', () => {
  const six = figureOf([10, 11, 12, 13, 14, 15])!;
  expect(sureness([figureOf([1])!])).toBe(
    'Each figure is one run: small differences mean nothing.',
  );
  expect(sureness([six])).toBe('Medians of 6 runs each, with the 95 % interval of the median.');
  expect(sureness([six, figureOf([1, 2])!])).toContain('2 to 6 runs each, with the least and');
});
