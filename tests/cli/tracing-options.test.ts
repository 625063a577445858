import { Command } from 'commander';
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  describeExported,
  openTracingOf,
  otlpFlag,
  putOtlpIntoEnvironment,
  traceShareFlag,
} from '../../cli/tracing-options.ts';
import type { Tracing } from '../../tracing/tracing.ts';
import { openOtlpReceiver } from '../tracing/otlp-receiver.ts';

function parse(...words: string[]): Record<string, unknown> {
  const command = traceShareFlag(otlpFlag(new Command().exitOverride()));
  command.configureOutput({ writeErr: () => undefined });
  return command.parse(words, { from: 'user' }).opts();
}

afterEach(() => vi.unstubAllEnvs());

describe('the flags of tracing', () => {
  test('take an address and a share', () => {
    expect(parse('--otlp', 'http://localhost:4318', '--trace-share', '0.5')).toEqual({
      otlp: 'http://localhost:4318',
      traceShare: 0.5,
    });
    expect(parse().otlp).toBeUndefined();
  });

  test.each([
    [['--otlp', 'localhost:4318'], 'http://host:4318'],
    [['--otlp', 'ftp://host'], 'http://host:4318'],
    [['--trace-share', '2'], 'from 0, none, to 1, all'],
    [['--trace-share', ''], 'from 0, none, to 1, all'],
  ])('refuse %j and say what is allowed', (words, allowed) => {
    expect(() => parse(...words)).toThrow(allowed);
  });
});

describe('tracing', () => {
  test.each([
    ['', '/v1/traces'],
    ['/v1/traces', '/v1/traces'],
    ['/base/', '/base/v1/traces'],
  ])('goes where the flag says, at %j too, whatever the environment does', async (path, wanted) => {
    await using receiver = await openOtlpReceiver();
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', 'http://127.0.0.1:9');
    vi.stubEnv('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'http://127.0.0.1:9/elsewhere');
    await putOtlpIntoEnvironment(`${receiver.url}${path}`);
    const tracing = await openTracingOf({ traceShare: 1 }, 'a service');
    tracing!.tracer.startSpan('made').end();
    await tracing![Symbol.asyncDispose]();
    expect([...receiver.paths]).toEqual([wanted]);
  });

  test('is not there unless a flag or the environment names a receiver', async () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', '');
    vi.stubEnv('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', '');
    expect(await openTracingOf({}, 'a service')).toBeUndefined();
    await putOtlpIntoEnvironment('http://127.0.0.1:9');
    const tracing = await openTracingOf({}, 'a service');
    expect(tracing!.exported()).toEqual({ delivered: 0, failed: 0 });
    await tracing![Symbol.asyncDispose]();
  });

  test('that lost spans says how many, and why', () => {
    const lost = { exported: () => ({ delivered: 7, failed: 3, reason: 'no answer' }) } as Tracing;
    expect(describeExported(lost)).toBe('3 of 10 spans did not reach the OTLP receiver: no answer');
    expect(describeExported(undefined)).toBeUndefined();
  });
});
