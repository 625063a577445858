import { test } from 'vitest';
import { expectExactOverKill } from './gateway-chain.ts';
import { useServer } from './queue-fixture.ts';

const kafka = useServer('kafka');

test('on Kafka every 202 is counted once although the server is killed in between', async () => {
  await expectExactOverKill(kafka, 'kafka');
});
