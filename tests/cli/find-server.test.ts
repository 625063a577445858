import { expect, test } from 'vitest';
import { publishedAddress } from '../../cli/find-server.ts';

test('the address of a container is found among what docker ps prints', () => {
  const printed = [
    'redis-kill 127.0.0.1:6379->6379/tcp',
    'kafka 9093/tcp, 127.0.0.1:9092->9092/tcp',
    'redis-power ',
    '',
  ].join('\n');
  expect(publishedAddress(printed, 'kafka')).toBe('127.0.0.1:9092');
  expect(publishedAddress(printed, 'redis-kill')).toBe('127.0.0.1:6379');
  expect(publishedAddress(printed, 'redis-power')).toBeUndefined();
  expect(publishedAddress(printed, 'redis')).toBeUndefined();
});
