/** Labels beside the ends of lines, moved apart as little as it takes. */

/**
 * Places in px, in the order of `wanted`, that are at least `apart` from each other and keep the
 * order of what was wanted. Between `least` and `most` as long as there is room for all.
 */
export function spreadLabels(
  wanted: readonly number[],
  apart: number,
  least: number,
  most: number,
): number[] {
  const order = wanted.map((_, place) => place).sort((a, b) => wanted[a]! - wanted[b]! || a - b);
  const places = order.map((place) => Math.min(most, Math.max(least, wanted[place]!)));
  for (let at = 1; at < places.length; at++) {
    places[at] = Math.max(places[at]!, places[at - 1]! + apart);
  }
  // What was pushed out below is pushed back, and pushes those above it.
  let limit = Math.max(most, least + apart * (places.length - 1));
  for (let at = places.length - 1; at >= 0; at--) {
    places[at] = Math.min(places[at]!, limit);
    limit = places[at]! - apart;
  }
  const spread = Array.from({ length: wanted.length }, () => 0);
  for (const [at, place] of order.entries()) spread[place] = places[at]!;
  return spread;
}
