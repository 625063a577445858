import { Command } from 'commander';
import { expect, test } from 'vitest';
import { metricsPortOption } from '../../../cli/watch/metrics-option.ts';

function parsed(...args: string[]): unknown {
  const command = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  return command.addOption(metricsPortOption()).parse(args, { from: 'user' }).opts().metricsPort;
}

test('a port is one of the machine’s, or any, and off unless told', () => {
  expect(parsed()).toBeUndefined();
  expect(parsed('--metrics-port', '0')).toBe(0);
  expect(parsed('--metrics-port', '65535')).toBe(65_535);
  for (const wrong of ['65536', '-1', '1.5', 'x', '']) {
    expect(() => parsed('--metrics-port', wrong)).toThrow(/from 0 to 65535/);
  }
});
