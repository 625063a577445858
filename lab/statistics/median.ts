/** Of numbers in any order; the mean of the two in the middle when they are even in number. */
export function median(values: readonly number[]): number {
  const sorted = rising(values);
  const middle = Math.floor(sorted.length / 2);
  if (sorted.length % 2 === 1) return sorted[middle]!;
  return (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** A sorted copy. */
export function rising(values: readonly number[]): number[] {
  return values.toSorted((one, other) => one - other);
}
