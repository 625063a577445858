/** What cannot be done now, in one sentence for whoever asked. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code = 'NOT_NOW';
}
