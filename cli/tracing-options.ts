/** The flags by which the services trace, and the spans themselves where one is given. */
import { type Command, InvalidArgumentError } from 'commander';
import { describeExported as describeSpans } from '../lab/write-path-schema.ts';
import type { Tracing } from '../tracing/tracing.ts';

export interface TracingFlags {
  readonly otlp?: string;
  readonly traceShare?: number;
}

/** Set by whoever runs OpenTelemetry: the address is theirs to say, and OpenTelemetry's to read. */
const TRACES_ADDRESS_VARIABLE = 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT';
const ADDRESS_VARIABLES = ['OTEL_EXPORTER_OTLP_ENDPOINT', TRACES_ADDRESS_VARIABLE];
const SHARE_DEFAULT = 0.01;

export function otlpFlag(command: Command): Command {
  const variables = `${ADDRESS_VARIABLES[0]} says it as well`;
  return command.option(
    '--otlp <url>',
    `hand spans to an OTLP receiver, such as http://localhost:4318; ${variables}`,
    address,
  );
}

/** For what begins traces; who only goes on with one has no share. */
export function traceShareFlag(command: Command): Command {
  return command.option(
    '--trace-share <share>',
    'of the requests that come without a trace, with --otlp',
    share,
    SHARE_DEFAULT,
  );
}

/** Undefined where nobody asked for spans; then OpenTelemetry is not even loaded. */
export async function openTracingOf(
  { otlp, traceShare }: TracingFlags,
  service: string,
): Promise<Tracing | undefined> {
  if (otlp === undefined && !isOtlpInEnvironment()) return undefined;
  const { openTracing } = await import('../tracing/tracing.ts');
  return openTracing({
    service,
    otlp: otlp ?? 'environment',
    ...(traceShare !== undefined && { share: traceShare }),
  });
}

/** What a service says of its spans when it ends; undefined where there is nothing to say. */
export function describeExported(tracing: Tracing | undefined): string | undefined {
  return describeSpans(tracing?.exported());
}

export function isOtlpInEnvironment(): boolean {
  // biome-ignore lint/style/noProcessEnv: these are OpenTelemetry's own, whatever runs.
  return ADDRESS_VARIABLES.some((name) => process.env[name]);
}

/**
 * For this process and for those that it starts. As the address of traces, which OpenTelemetry
 * takes before the other one, and takes as it is.
 */
export async function putOtlpIntoEnvironment(url: string): Promise<void> {
  const { tracesUrl } = await import('../tracing/otlp-exporter.ts');
  // biome-ignore lint/style/noProcessEnv: these are OpenTelemetry's own, whatever runs.
  process.env[TRACES_ADDRESS_VARIABLE] = tracesUrl(url);
}

function address(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return text;
  throw new InvalidArgumentError('Say it as http://host:4318 or https://host.');
}

function share(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError('Say a number from 0, none, to 1, all.');
}
