/** How a count store on Cassandra is described: plain data, so that any process can open it. */
import { z } from 'zod';
import { COUNTING_RULES, type CountingRule } from './count-store.ts';

/** How many replicas have to agree to each read and write. */
export const CONSISTENCIES = ['quorum', 'one'] as const;
export type Consistency = (typeof CONSISTENCIES)[number];

export const REPLICATION_DEFAULT = 1;
/** Cassandra's own name for what nobody has named. */
export const DATACENTER_DEFAULT = 'datacenter1';

/** A store in a keyspace of its own, on a cluster that anybody runs. */
export interface CassandraStoreOptions {
  readonly engine: 'cassandra';
  /** `host:port` of some of its nodes, from which the client learns of the others. */
  readonly contactPoints: readonly string[];
  /** The data centre of those nodes, which keeps all replicas. `datacenter1` unless told. */
  readonly datacenter?: string;
  /** Made when it is not there yet. Nothing else may be kept in it. */
  readonly keyspace: string;
  /** How many nodes keep each row of a new store, 1 unless told. An existing one keeps its own. */
  readonly replication?: number;
  /** For a new store: partitions that rows lie in (cassandra-keyspace.ts), 64 unless told. */
  readonly buckets?: number;
  /**
   * `quorum` unless told. With `one`, counts are exact only while no node is ever behind: it is
   * there to be measured, and to show what it loses.
   */
  readonly consistency?: Consistency;
  /** For a new store, `tally` unless told; an existing one has to be asked for by its own. */
  readonly rule?: CountingRule;
  readonly username?: string;
  readonly password?: string;
  /** TLS, trusting the authority in this file (PEM). */
  readonly caFile?: string;
  /** For whoever only looks: makes no store, and cannot change one. */
  readonly readOnly?: boolean;
}

/** What Cassandra takes as a name without quotes. */
const keyspaceSchema = z.string().regex(/^[a-z][a-z0-9_]{0,47}$/);

export const cassandraOptionsSchema = z.strictObject({
  engine: z.literal('cassandra'),
  contactPoints: z.array(z.string().regex(/^[\w.-]+:\d{1,5}$/)).min(1),
  datacenter: z
    .string()
    .regex(/^[\w.-]+$/)
    .optional(),
  keyspace: keyspaceSchema,
  replication: z.number().int().min(1).max(9).optional(),
  buckets: z.number().int().min(1).max(65_536).optional(),
  consistency: z.enum(CONSISTENCIES).optional(),
  rule: z.enum(COUNTING_RULES).optional(),
  username: z.string().min(1).optional(),
  password: z.string().min(1).optional(),
  caFile: z.string().min(1).optional(),
  readOnly: z.boolean().optional(),
});
