/** The steps of a move, each one transaction or one write that outlives a power cut. */

export const MOVE_STEPS = [
  'begun',
  'shard made',
  'noting',
  'counts copied',
  'marks copied',
  'caught up',
  'fencing',
  'fenced',
  'received',
  'switched',
  'adopted',
  'verified',
  'dropping',
  'dropped',
  'inheriting',
  'inherited',
  'taken over',
  'shrunk',
  'shard removed',
  'ended',
  'finished',
] as const;

/** The steps of the way back. */
export const BACK_STEPS = [
  'going back',
  'gone back',
  'cleared',
  'ended',
  'shard removed',
  'finished',
] as const;

/** Named after what has just been done. Many happen more than once in a move. */
export type MoveStep = (typeof MOVE_STEPS)[number] | (typeof BACK_STEPS)[number];
