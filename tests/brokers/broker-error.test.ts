import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { BrokerError } from '../../brokers/broker-error.ts';

describe('a server that does not let the lab in', () => {
  test.each([
    'SASL PLAIN authentication failed: Authentication failed: Invalid username or password',
    'WRONGPASS invalid username-password pair or user is disabled.',
    'NOAUTH Authentication required.',
    'Could not load credentials from any providers',
    'The security token included in the request is invalid.',
    'The request signature we calculated does not match the signature you provided.',
  ])('is told from one that does not answer: %s', (reason) => {
    const error = BrokerError.unreachable('x', 'host:1', new Error(reason));
    expect(error.message).toBe(
      `x lets nobody in like this at host:1 (${reason}); check user name, password and how they ` +
        'are shown',
    );
  });

  test('is reported without the command that was refused, which holds the password', () => {
    const command = { name: 'auth', args: ['lab', 'sesame'] };
    const cause = Object.assign(new Error('WRONGPASS invalid password'), { command });
    const error = BrokerError.unreachable('x', 'host:1', cause);
    expect(inspect(error, { depth: Number.POSITIVE_INFINITY })).not.toContain('sesame');
  });
});

test('a server that does not answer is reported with its address and the next step', () => {
  const cause = new Error('connect ECONNREFUSED');
  const error = BrokerError.unreachable('x', '', cause);
  expect(error.message).toBe(
    'x does not answer at Amazon SQS (connect ECONNREFUSED); check that the server runs and that ' +
      'the address is right',
  );
  expect(error.cause).toBe(cause);
});

test('a message that is refused is named on one line, however long it is', () => {
  const text = `first line\nand ${'more '.repeat(100)}`;
  const error = BrokerError.messageRefused('x', text, new Error('too large'));
  expect(error.code).toBe('MESSAGE_REFUSED');
  expect(error.message).toBe(
    'x refused the message "first line\\nand more more more more more …" of 515 bytes: ' +
      'too large; leave it out, or make it such that the server takes it',
  );
});
