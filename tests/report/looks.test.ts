import { describe, expect, test } from 'vitest';
import { BROKERS } from '../../brokers/index.ts';
import { lookOf, THEMES } from '../../report/looks.ts';

/** WCAG 2.2, 1.4.3: text needs this contrast with its ground. */
const CONTRAST_LEAST = 4.5;

/** Relative luminance by WCAG 2.2. */
function luminance(hex: string): number {
  const full = hex.length === 4 ? hex.replaceAll(/[\da-f]/g, '$&$&') : hex;
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(full.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

function contrast(one: string, other: string): number {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light! + 0.05) / (dark! + 0.05);
}

test('black on white has the contrast that the standard names', () => {
  expect(contrast('#000', '#fff')).toBeCloseTo(21, 5);
});

describe.each(['light', 'dark'] as const)('on a %s page', (theme) => {
  const colourOf = (name: string) => new RegExp(`--${name}:([^;]+);`).exec(THEMES[theme])![1]!;
  const grounds = [colourOf('page'), colourOf('wash')];

  test.each([...Object.keys(BROKERS), 'somebody-elses'])('%s can be read', (broker) => {
    for (const ground of grounds) {
      expect(contrast(lookOf(broker)[theme], ground)).toBeGreaterThanOrEqual(CONTRAST_LEAST);
    }
  });

  test.each(['text', 'quiet'])('%s can be read', (name) => {
    for (const ground of grounds) {
      expect(contrast(colourOf(name), ground)).toBeGreaterThanOrEqual(CONTRAST_LEAST);
    }
  });
});

test('no two brokers share a colour, a symbol, or a dash where they share the rest', () => {
  const looks = Object.keys(BROKERS).map(lookOf);
  for (const value of ['light', 'dark', 'symbol'] as const) {
    expect(new Set(looks.map((look) => look[value])).size).toBe(looks.length);
  }
});
