/** A producer whose every send waits until the test says what becomes of it. */
import { type Like, type LikeProducer, SendError, type SendOutcome } from '../../likes/like.ts';

export interface MadeSend {
  readonly likes: readonly Like[];
  acknowledge(): void;
  /** One outcome for all likes, or one for each. */
  fail(outcomes: SendOutcome | readonly SendOutcome[]): void;
  /** Rejects with what no producer should. */
  failWith(error: unknown): void;
}

export class MadeProducer implements LikeProducer {
  readonly sends: MadeSend[] = [];
  isDisposed = false;
  /** Called with each send as it comes, to settle it there and then. */
  onSend: ((send: MadeSend) => void) | undefined;

  send(likes: readonly Like[]): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const send: MadeSend = {
      likes,
      acknowledge: resolve,
      fail: (outcomes) => {
        const each = typeof outcomes === 'string' ? likes.map(() => outcomes) : outcomes;
        reject(new SendError(each, new Error('the test said so')));
      },
      failWith: reject,
    };
    this.sends.push(send);
    this.onSend?.(send);
    return promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.isDisposed = true;
  }

  /** The seqs of each send. */
  get seqs(): number[][] {
    return this.sends.map(({ likes }) => likes.map(({ seq }) => seq));
  }
}
