/** `--metrics-port`: off unless told. */
import { InvalidArgumentError, Option } from 'commander';

const PORT_MAX = 65_535;

export function metricsPortOption(): Option {
  return new Option(
    '--metrics-port <number>',
    'tell Prometheus at this port of 127.0.0.1, path /metrics; 0 for any (default: do not)',
  ).argParser((text) => {
    if (/^\d+$/.test(text) && Number(text) <= PORT_MAX) return Number(text);
    throw new InvalidArgumentError(`allowed are whole numbers from 0 to ${PORT_MAX}.`);
  });
}
