/** A consumer template as it is, on a client library of which one method does something else. */
import type { LikeConsumer } from '../../../../likes/like.ts';

/**
 * Replaces a method of a class of a client library for the whole process, from before the consumer
 * is opened until it has stopped. Nothing else of that process may need the method meanwhile.
 */
export async function whileAltered(
  prototype: object,
  method: string,
  replace: (original: Method) => Method,
  open: () => Promise<LikeConsumer>,
): Promise<LikeConsumer> {
  const methods = prototype as Record<string, Method>;
  const original = methods[method];
  if (original === undefined)
    throw new Error(`the client library has no method ${method} any more`);
  methods[method] = replace(original);
  const restore = () => {
    methods[method] = original;
  };
  try {
    const consumer = await open();
    const stop = () => consumer.stop().finally(restore);
    return { failed: consumer.failed, stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    restore();
    throw error;
  }
}

// biome-ignore lint/suspicious/noExplicitAny: methods of a library, whatever they take.
export type Method = (this: any, ...args: any[]) => any;
