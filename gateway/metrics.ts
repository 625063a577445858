/**
 * What the gateway counts, for Prometheus: the client's side of the queue by the OpenTelemetry
 * messaging conventions (dots become underscores, units and `_total` are added), and likes by what
 * became of them. Likes that were offered and are answered:
 * offered = accepted + shed + limited + unaccepted + repeated + invalid.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Answer } from './accept-like.ts';
import type { LikePath, PathObserver } from './like-path.ts';

/** From below a ms, as the advised buckets (5 ms up) hide what a queue on the same machine does. */
export const SECONDS_BUCKETS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

export interface MetricsOptions {
  /** What takes the likes, as the conventions name it, such as `kafka`. */
  readonly system: string;
  /** The queue. */
  readonly destination: string;
}

export class GatewayMetrics implements PathObserver {
  readonly registry = new Registry();
  readonly #labels: Readonly<Record<string, string>>;
  readonly #counters;
  readonly #sendDuration;
  readonly #requestDuration;
  readonly #away;

  constructor({ system, destination }: MetricsOptions) {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    this.#labels = { messaging_system: system, messaging_destination_name: destination };
    const messaging = Object.keys(this.#labels);
    const counter = (name: string, help: string, labelNames: string[] = []) =>
      new Counter({ name, help, labelNames, registers });
    this.#counters = {
      offered: counter('likes_offered_total', 'Requests that wanted to give a like'),
      accepted: counter('likes_accepted_total', 'Likes answered 202'),
      shed: counter('likes_shed_total', 'Likes answered 503 and never handed on', ['reason']),
      limited: counter('likes_limited_total', 'Likes answered 429'),
      unaccepted: counter('likes_unaccepted_total', 'Likes handed on and answered 503', [
        'outcome',
      ]),
      repeated: counter('likes_repeated_total', 'Requests whose key was known', ['answer']),
      invalid: counter('likes_invalid_total', 'Requests that held no like'),
      published: counter('likes_published_total', 'Likes that were acknowledged, however late'),
      alone: counter('likes_limiter_alone_total', 'Likes that this process limited by itself'),
      unkept: counter('likes_sent_unkept_total', 'Likes sent though a repeat would not be known'),
      sent: counter('messaging_client_sent_messages_total', 'Likes handed to the client', [
        ...messaging,
        'messaging_operation_name',
        'error_type',
      ]),
    };
    this.#sendDuration = new Histogram({
      name: 'messaging_client_operation_duration_seconds',
      help: 'From a send to its acknowledgement or error',
      labelNames: [...messaging, 'messaging_operation_name', 'error_type'],
      buckets: SECONDS_BUCKETS,
      registers,
    });
    this.#requestDuration = new Histogram({
      name: 'http_server_request_duration_seconds',
      help: 'From the first byte of a request to the last of its answer',
      labelNames: ['http_request_method', 'http_route', 'http_response_status_code'],
      buckets: SECONDS_BUCKETS,
      registers,
    });
    this.#away = new Gauge({
      name: 'likes_system_away',
      help: '1 while a system that the gateway can do without does not answer',
      labelNames: ['name'],
      registers,
    });
  }

  /** For Prometheus. Each series names the queue, so that boards can tell one from another. */
  text(): Promise<string> {
    const served = Registry.merge([this.registry]);
    served.setDefaultLabels(this.#labels);
    return served.metrics();
  }

  /** Gauges that are read when somebody asks. */
  watch(path: LikePath, loopDelay: { readonly ms: number }): void {
    const gauge = (name: string, help: string, read: () => number) =>
      new Gauge({
        name,
        help,
        registers: [this.registry],
        collect() {
          this.set(read());
        },
      });
    gauge('likes_waiting', 'Likes whose send has not begun', () => path.load().waiting);
    gauge('likes_in_flight', 'Likes sent and not answered', () => path.load().inFlight);
    gauge('likes_sends_in_flight', 'Sends without an acknowledgement', () => path.load().sends);
    gauge('likes_event_loop_delay_seconds', 'How late the event loop is', () => {
      return loopDelay.ms / 1_000;
    });
  }

  sent({ ok, fail, unknown }: Parameters<PathObserver['sent']>[0], ms: number, error?: unknown) {
    const labels = { ...this.#labels, messaging_operation_name: 'send' };
    const failed =
      error === undefined ? {} : { error_type: errorTypeOf((error as Error).cause ?? error) };
    this.#sendDuration.observe({ ...labels, ...failed }, ms / 1_000);
    if (ok > 0) this.#counters.sent.inc(labels, ok);
    if (fail + unknown > 0) this.#counters.sent.inc({ ...labels, ...failed }, fail + unknown);
    this.#counters.published.inc(ok);
  }

  offered(): void {
    this.#counters.offered.inc();
  }

  invalid(): void {
    this.#counters.invalid.inc();
  }

  answered(answer: Answer): void {
    const { accepted, shed, limited, unaccepted, repeated } = this.#counters;
    if (answer.kind === 'accepted') accepted.inc();
    else if (answer.kind === 'shed') shed.inc({ reason: answer.reason });
    else if (answer.kind === 'keys-away') shed.inc({ reason: 'keys-away' });
    else if (answer.kind === 'limited') limited.inc();
    else if (answer.kind === 'refused' || answer.kind === 'unknown') {
      unaccepted.inc({ outcome: answer.kind });
    } else repeated.inc({ answer: answer.kind });
  }

  requested(method: string, route: string, status: number, ms: number): void {
    const labels = {
      http_request_method: method,
      http_route: route,
      http_response_status_code: status,
    };
    this.#requestDuration.observe(labels, ms / 1_000);
  }

  limitedAlone(): void {
    this.#counters.alone.inc();
  }

  sentUnkept(): void {
    this.#counters.unkept.inc();
  }

  away(name: string, isAway: boolean): void {
    this.#away.set({ name }, isAway ? 1 : 0);
  }
}

/** The error's own code where it has one; never its text, which would make a series of its own. */
export function errorTypeOf(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: unknown };
  if (typeof code === 'string' && /^\w{1,40}$/.test(code)) return code;
  return typeof name === 'string' ? name : '_OTHER';
}
