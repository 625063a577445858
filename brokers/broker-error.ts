/** What goes wrong between the lab and a server, each with the next step for the user. */

/** What kafkajs, Redis and SQS say when they know the user or the password not, or not enough. */
const NOT_LET_IN =
  /SASL|WRONGPASS|NOAUTH|NOPERM|authenticat|credential|security token|signature|denied/i;

/** Of a refused message, so that its error stays one line. */
const EXCERPT_LENGTH_MAX = 40;

export class BrokerError extends Error {
  override readonly name = 'BrokerError';
  readonly code:
    | 'BROKER_UNREACHABLE'
    | 'BROKER_REFUSED'
    | 'MESSAGE_REFUSED'
    | 'SERVICE_UNKNOWN'
    | 'LOG_UNKNOWN';

  constructor(code: BrokerError['code'], message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }

  static unreachable(broker: string, address: string, cause: unknown): BrokerError {
    const reason = reasonOf(cause);
    if (NOT_LET_IN.test(reason)) {
      // Without the cause: ioredis puts the refused command into it, and with it the password.
      return new BrokerError(
        'BROKER_UNREACHABLE',
        `${broker} lets nobody in like this at ${address || 'Amazon SQS'} (${reason}); ` +
          'check user name, password and how they are shown',
      );
    }
    return new BrokerError(
      'BROKER_UNREACHABLE',
      `${broker} does not answer at ${address || 'Amazon SQS'} (${reason}); ` +
        'check that the server runs and that the address is right',
      cause,
    );
  }

  static refused(broker: string, request: string, answer: unknown): BrokerError {
    return new BrokerError(
      'BROKER_REFUSED',
      `${broker} refused ${request}: ${reasonOf(answer)}; use another queue name or ` +
        'delete the old queue first',
      answer,
    );
  }

  /** Of every broker whose server takes as long as it takes. */
  static refuseService(broker: string, service: unknown): void {
    if (service === undefined) return;
    throw new BrokerError(
      'SERVICE_UNKNOWN',
      `${broker} cannot keep a service time: its server takes as long as it takes; ` +
        'leave the service out, or take the broker null',
    );
  }

  /** Of every broker that deletes what is acknowledged. */
  static refuseLog(broker: string, keepsLog: boolean | undefined): void {
    if (!keepsLog) return;
    throw new BrokerError(
      'LOG_UNKNOWN',
      `${broker} keeps no log: what is acknowledged is deleted; take kafka or redis-streams`,
    );
  }

  /** `text`: the message that the server takes from nobody. */
  static messageRefused(broker: string, text: string, answer: unknown): BrokerError {
    const shown = text.length > EXCERPT_LENGTH_MAX ? `${text.slice(0, EXCERPT_LENGTH_MAX)}…` : text;
    return new BrokerError(
      'MESSAGE_REFUSED',
      `${broker} refused the message ${JSON.stringify(shown)} of ` +
        `${Buffer.byteLength(text)} bytes: ${reasonOf(answer)}; ` +
        'leave it out, or make it such that the server takes it',
      answer,
    );
  }
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.cause instanceof Error ? cause.cause.message : cause.message;
}
