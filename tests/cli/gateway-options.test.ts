import { Command } from 'commander';
import { expect, test } from 'vitest';
import {
  addGatewayOptions,
  checkGatewayOptions,
  type GatewayCommandOptions,
  needsRedis,
} from '../../cli/gateway-options.ts';

const QUEUE = '--brokers kafka --queue q --store s';

function parse(args: string): GatewayCommandOptions {
  const command = addGatewayOptions(new Command()).exitOverride();
  command.configureOutput({ writeErr: () => undefined });
  command.parse(args.split(' '), { from: 'user' });
  const options = command.opts<GatewayCommandOptions>();
  checkGatewayOptions(options);
  return options;
}

test('a queue with its store is enough, and is safe by default', () => {
  expect(parse(QUEUE)).toEqual({
    brokers: 'kafka',
    queue: 'q',
    store: 's',
    runtime: 'local',
    create: false,
    json: false,
    path: 'queue',
    rule: 'states',
    host: '127.0.0.1',
    port: 8_080,
    limiter: 'process',
    userRate: 2,
    userBurst: 10,
    idempotencyAway: 'refuse',
    // Only with --otlp.
    traceShare: 0.01,
  });
});

test.each<[string, string, RegExp]>([
  ['no queue', '--brokers kafka --store s', /--path queue needs --queue/],
  ['no broker', '--queue q --store s', /--path queue needs --brokers/],
  ['no store', '--brokers kafka --queue q', /--path queue needs --store/],
  ['a database for a queue', `${QUEUE} --database x`, /--database has no meaning with --path q/],
  ['no database', '--path direct', /--path direct needs --database/],
  ['a queue for a database', `--path direct --database x ${QUEUE}`, /--brokers has no meaning/],
  ['a linger for a database', '--path direct --database x --linger 1', /--linger has no meaning/],
  ['another rule', `${QUEUE} --rule twice`, /Allowed choices are tally, states/],
  ['another broker', '--brokers rabbit --queue q --store s', /allowed is one of kafka, /],
  ['a port beyond', `${QUEUE} --port 65536`, /'65536' is invalid\. .* from 0 to 65535/],
  ['a rate of nothing', `${QUEUE} --user-rate 0`, /from 1 to 100000/],
])('is refused with its reason: %s', (_name, args, pattern) => {
  expect(() => parse(args)).toThrow(pattern);
});

test.each([
  ['', false],
  [' --limiter off', false],
  [' --limiter redis', true],
  [' --rule tally', true],
] as const)('a Redis beside the broker is needed with "%s": %s', (more, isNeeded) => {
  expect(needsRedis(parse(QUEUE + more))).toBe(isNeeded);
});
