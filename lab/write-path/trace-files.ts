/** Where a process of a traced trial leaves what it knows, beside its records. */
export function spansPath(recordsPath: string): string {
  return `${recordsPath}.spans`;
}

export function flowPath(recordsPath: string): string {
  return `${recordsPath}.flow`;
}
