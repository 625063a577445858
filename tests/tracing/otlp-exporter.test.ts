import { expect, test } from 'vitest';
import { tracesUrl } from '../../tracing/otlp-exporter.ts';

test('an address stands for the receiver as a whole, or names the path of traces', () => {
  expect(tracesUrl('http://localhost:4318')).toBe('http://localhost:4318/v1/traces');
  expect(tracesUrl('https://host/otlp/')).toBe('https://host/otlp/v1/traces');
  expect(tracesUrl('http://localhost:4318/v1/traces')).toBe('http://localhost:4318/v1/traces');
});
