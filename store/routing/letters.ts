/** Range by letter, as the course has it: "A-C, D-M". */
import type { Routing } from './routing.ts';

const LETTERS = 26;
const CODE_OF_A = 0x41;
/** The bit in which a small letter of ASCII differs from its capital. */
const SMALL_LETTER_BIT = 0x20;

/**
 * The first letter from A to Z, small or capital, in ranges that hold as many letters as any other,
 * give or take one. Whatever begins with anything else, such as a digit, stands before A and so in
 * the first shard. Above 26 shards some have no letter and stay empty.
 */
export const byLetter: Routing = {
  name: 'letters',
  shardOf(post, shards) {
    const letter = (post.charCodeAt(0) & ~SMALL_LETTER_BIT) - CODE_OF_A;
    // An empty id has no first character; its code is NaN, of which the bits are 0.
    if (letter < 0 || letter >= LETTERS) return 0;
    return Math.floor((letter * shards) / LETTERS);
  },
};
