/** The texts of those that hold, of doubts that are each a question of its own. */
export function whatHolds(doubts: readonly (readonly [holds: boolean, text: string])[]): string[] {
  return doubts.filter(([holds]) => holds).map(([, text]) => text);
}
