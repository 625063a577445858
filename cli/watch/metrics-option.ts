/** `--metrics-port`: off unless told. */
import { Option } from 'commander';
import { port } from '../flag-values.ts';

export function metricsPortOption(): Option {
  return new Option(
    '--metrics-port <number>',
    'tell Prometheus at this port of 127.0.0.1, path /metrics; 0 for any (default: do not)',
  ).argParser(port);
}
