/** Sharing a whole number out in proportion. */

/**
 * The largest-remainder rule (Hamilton's method): everyone gets `amount * total / sum` rounded
 * down, and what is left goes, one each, to those who lost most by rounding, the earlier first
 * when two lost the same. The shares add up to `total`, each is less than 1 from its exact quota,
 * and sharing out the sum itself gives every amount back.
 *
 * @param amounts whole numbers from 0 up that add up to more than 0
 * @param total whole number from 0 up
 */
export function apportion(amounts: readonly number[], total: number): number[] {
  // Amount times total passes 2^53 for a file of a billion likes, and a remainder must be exact.
  const sum = BigInt(amounts.reduce((running, amount) => running + amount, 0));
  const products = amounts.map((amount) => BigInt(amount) * BigInt(total));
  const shares = products.map((product) => Number(product / sum));
  const remainders = products.map((product) => Number(product % sum));
  const left = total - shares.reduce((running, share) => running + share, 0);
  const byLoss = amounts.map((_, place) => place);
  byLoss.sort((one, other) => remainders[other]! - remainders[one]! || one - other);
  for (const place of byLoss.slice(0, left)) shares[place]! += 1;
  return shares;
}
