/** The database as the demo looks at it: what is stored of a post, and who waits for whom. */

export interface DemoDatabase extends AsyncDisposable {
  countOf(post: string): Promise<number>;
  /** Whose like of the post is stored, by number, each once; unreadable names are NaN. */
  usersOf(post: string): Promise<readonly number[]>;
  /** Transactions that wait for another one's lock just now. */
  lockWaits(): Promise<number>;
}
