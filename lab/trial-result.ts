/** The result file of a trial: its shape, checked whenever one is written or read. */
import { z } from 'zod';
import { RUNTIMES, TIERS } from '../brokers/servers/server.ts';
import { auditSchema } from './audit/audit-schema.ts';
import { backlogSchema, capacitySchema } from './capacity-facts.ts';
import { steadySchema, visibleSchema } from './figures-result.ts';
import { hotSpotSchema } from './hot-spot-schema.ts';
import { addedLatencySchema, latencySchema, queueing } from './latency-schema.ts';
import { limiterSchema } from './limiter-schema.ts';
import { amount, count } from './number-schemas.ts';
import { pathPlanSchema } from './path-plan.ts';
import { pathSchema } from './path-schema.ts';
import { readsPlanSchema, readsSchema } from './reads-schema.ts';
import { calculatedLoadsSchema, shardingPlanSchema, shardLoadsSchema } from './sharding-schema.ts';
import { COUNTING_RULES, STORE_ENGINES } from './store-plan.ts';
import { SURVIVALS, TRIAL_MODES } from './trial-plan.ts';
import { writePathSchema } from './write-path-schema.ts';

/** Rises whenever a field changes its meaning; files of other numbers are refused by name. */
export const RESULT_FORMAT = 1;

const ledgerSchema = z.strictObject({
  attempted: count,
  ok: count,
  unknown: count,
  fail: count,
  counted: count,
  lost: count,
  stuck: count,
  doubleEffects: count,
  redelivered: count,
  late: count.optional(),
  sentAgain: count,
  recovered: count,
  revived: count,
  phantom: count,
  parked: count,
  wronglyParked: count,
  poisonMissing: count.optional(),
  inversions: count,
  inversionSeqsMax: count,
  offsetConflicts: count.optional(),
  offsetGaps: count.optional(),
  storedAgain: count.optional(),
  splitPosts: count.optional(),
  miscountedPosts: count,
  miscountedLikes: count,
  miscountedLikesMax: count,
  misplacedPosts: count.optional(),
  unexpectedPosts: count.optional(),
  expectedPosts: count.optional(),
  residual: count,
  /** Of stores under the rule *states*. */
  states: count.optional(),
  lostCovered: count.optional(),
  wrongStates: count.optional(),
  unexpectedStates: count.optional(),
  expectedStates: count.optional(),
});

const planSchema = z.strictObject({
  ...queueing,
  mode: z.enum(TRIAL_MODES),
  likesPerS: z.number().positive().optional(),
  warmUpS: amount.optional(),
  /** Paced trials: the offered load in words, the same for all repeats. */
  pace: z.string().optional(),
  lanes: z.int().positive(),
  /** 0 where the gateway itself writes into the database. */
  consumers: count,
  shards: z.int().positive(),
  /** Where it is another than SQLite by tally. */
  store: z.strictObject({ engine: z.enum(STORE_ENGINES), rule: z.enum(COUNTING_RULES) }).optional(),
  /** Trials of `reads`. */
  reads: readsPlanSchema.optional(),
  /** Trials over HTTP. */
  path: pathPlanSchema.optional(),
  /** Trials that are about sharding. */
  sharding: shardingPlanSchema.optional(),
  /** Undefined when the trial ended before its broker was asked for its habits. */
  likesPerSend: z.int().positive().optional(),
  sendsInFlight: z.int().positive().optional(),
  backlogBytesMax: z.int().positive(),
});

const workerUsageSchema = z.strictObject({
  cpuUs: amount,
  /** CPU time over wall time: 1 is a whole core. */
  coreShare: amount,
  memoryBytesMax: count,
  /** Largest of the first and of the second half of the trial: alike when memory stays flat. */
  memoryBytesMaxByHalf: z.tuple([count, count]),
  eventLoopDelayMsP99: amount,
});

const recoverySchema = z.strictObject({
  pid: z.int().positive(),
  endedBy: z.string(),
  pidAfter: count,
  acknowledgedInSecondBefore: count,
  inFlightAtKill: z.int(),
  backlogAtKill: count,
  queueLost: z.boolean(),
  consumersReopened: count,
  lossWindowMs: amount.optional(),
  answersMs: amount,
  firstAcknowledgementMs: amount.optional(),
  firstDeliveryMs: amount.optional(),
  drainedMs: amount,
  /** Trials before this one whose kill proved nothing. */
  voidBefore: count.optional(),
});

const strikeSchema = z.strictObject({
  /** Where several faults take turns: which one it was. */
  fault: z.string().optional(),
  /** Since the start of the trial's clock; how long the fault held. */
  beganMs: amount,
  tookMs: amount,
  /** Read from the system or the server. */
  proof: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  /** Why it proves nothing; empty when it is valid. */
  doubts: z.array(z.string()),
  acknowledgedInSecondBefore: count,
  inFlight: z.int(),
  backlog: z.int(),
  queueLost: z.boolean(),
  /** Lost likes last acknowledged before this strike was over and after the one before it was. */
  lost: count,
  lossWindowMs: amount.optional(),
  firstAcknowledgementMs: z.number().optional(),
  firstDeliveryMs: z.number().optional(),
});

const faultsSchema = z.strictObject({
  name: z.string(),
  target: z.enum(['server', 'power', 'consumer', 'producer', 'network', 'store', 'queue']),
  /** What broker and tier promise of acknowledged likes under this fault. */
  promised: z.enum(SURVIVALS),
  strikes: z.array(strikeSchema),
  valid: count,
  void: count,
  consumersReopened: count,
  /** Of the templates, in ms: what the recovery times below are made of. */
  timeoutsMs: z.record(z.string(), amount).optional(),
  /** From when the last of them could get better until the queue was drained. */
  drainedMs: amount.optional(),
  /** Why the fault says nothing of this broker here; then nothing was done. */
  whyNot: z.string().optional(),
});

export const trialResultSchema = z.strictObject({
  format: z.literal(RESULT_FORMAT),
  run: z.string().min(1),
  trial: z.string().min(1),
  experiment: z.string().min(1),
  broker: z.string().min(1),
  /** The other name of a broker that runs along twice, so that it can be compared with itself. */
  alias: z.string().min(1).optional(),
  tier: z.enum(TIERS),
  startedAt: z.iso.datetime(),
  durationS: amount,
  plan: planSchema,
  workload: z.strictObject({
    name: z.string(),
    /** The name of the user's own file, where there was one. */
    data: z.string().optional(),
    /** What was made otherwise than usual, such as `exponent 1.2`. */
    variant: z.string().optional(),
    /** Undefined, like the hash, when the trial ended before all were sent. */
    likes: count.optional(),
    seed: count,
    /** Of posts, users, actions, versions, seqs and retries. */
    hash: z.string().optional(),
  }),
  promises: z
    .strictObject({
      order: z.enum(['per-post', 'none']),
      orderEndsWithServer: z.literal(true).optional(),
      orderEndsWithLoss: z.literal(true).optional(),
      survivalEndsOnFullDisk: z.literal(true).optional(),
      delivery: z.enum(['at-least-once', 'at-most-once']),
      source: z.string(),
      /** What the service promises that this server stands in for. */
      emulates: z
        .strictObject({ system: z.string(), promise: z.string(), source: z.string() })
        .optional(),
    })
    .optional(),
  /**
   * Set where not the lab's own consumer counted but a user's (`--consumer`): the name of its file
   * and the sum of the file, without what it imports. Such rows stand in no table of ours.
   */
  consumer: z.strictObject({ file: z.string(), sha256: z.string().length(64) }).optional(),
  /** Which server this ran on, and who runs it. Files of before this was written have none. */
  server: z.strictObject({ title: z.string(), runtime: z.enum(RUNTIMES) }).optional(),
  verdict: z.enum(['pass', 'fail', 'unknown']),
  /** Why the verdict is not a pass. */
  reasons: z.array(z.string()),
  numbersValid: z.boolean(),
  /** Why the numbers are struck out. */
  numbersStruck: z.array(z.string()),
  /** What a reader should know of numbers that stand, such as client-bound. */
  notes: z.array(z.string()),
  ledger: ledgerSchema.optional(),
  rates: z
    .strictObject({
      publishedLikesPerS: amount.optional(),
      countedLikesPerS: amount.optional(),
      sustainedLikesPerS: amount.optional(),
      drainS: z.number().optional(),
      publishedPerSecond: z.array(count),
      countedPerSecond: z.array(count),
    })
    .optional(),
  latencies: z
    .strictObject({
      dueToVisible: latencySchema,
      dueToSent: latencySchema,
      sentToDelivered: latencySchema,
      deliveredToVisible: latencySchema,
      sentToAcknowledged: latencySchema,
      likesDue: count,
    })
    .optional(),
  addedLatency: addedLatencySchema.optional(),
  resources: z
    .strictObject({
      producer: workerUsageSchema,
      consumers: z.array(workerUsageSchema),
      producerCpuUsPerLike: amount,
      consumerCpuUsPerLike: amount,
      /** Of servers that are somebody else's, nothing is known. */
      serverCpuUsPerLike: amount.optional(),
      /** Where the shards are kept by a server of its own. */
      storeServerCpuUsPerLike: amount.optional(),
      serverMemoryBytesMax: count.optional(),
      serverDiskBytesMax: count.optional(),
      storeDiskBytes: count,
      likesPerStoreTransaction: amount,
      generatorLagUsP99: amount,
    })
    .optional(),
  /** Files of before this was tested have none. */
  steady: z.array(steadySchema).optional(),
  /** Paced trials. */
  visible: visibleSchema.optional(),
  /** Trials whose server was killed: the proof, and what it cost. */
  recovery: recoverySchema.optional(),
  /** Trials that a fault struck: each strike with its proof, and what it cost. */
  faults: faultsSchema.optional(),
  audit: auditSchema.optional(),
  /** Paced trials. Files of before this was measured have none. */
  backlog: backlogSchema.optional(),
  capacity: capacitySchema.optional(),
  /** What users are left with, by the rule of the store that takes the likes. */
  states: z
    .strictObject({
      states: count,
      wrongByArrival: count,
      wrongByFirstArrival: count,
      wrongByVersion: count,
    })
    .optional(),
  /** What each shard of the store held at the end. Files of before this was written have none. */
  shards: z
    .array(z.strictObject({ shard: count, posts: count, likes: count, unlikes: count }))
    .optional(),
  /** Trials with a hot post: lab/measure-hot-spot.ts. */
  hotSpot: hotSpotSchema.optional(),
  /** Calculations of `sharding`, and what became of each shard in its trials. */
  calculatedLoads: calculatedLoadsSchema.optional(),
  shardLoads: shardLoadsSchema.optional(),
  /** Trials of `reads`: how many requests for counts, how late, and how old what they got. */
  reads: readsSchema.optional(),
  /** Trials over HTTP: what became of the requests, and what each like cost on its way. */
  path: pathSchema.optional(),
  /** Trials over HTTP in which users are limited: lab/measure-limiter.ts. */
  limiter: limiterSchema.optional(),
  /** Trials over HTTP whose likes are traced. */
  writePath: writePathSchema.optional(),
  /** Read back from the running server. */
  settings: z.record(z.string(), z.string()),
  versions: z.record(z.string(), z.string()),
  machine: z.record(z.string(), z.string()),
  /** The lab's own commit, with `+` behind it when the work tree differed. */
  commit: z.string(),
});

export type TrialResult = z.infer<typeof trialResultSchema>;
