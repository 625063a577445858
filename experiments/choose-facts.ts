/**
 * What no trial of this lab can tell of the brokers, from the systems' own documentation, each with
 * its source and, where the fact may change, when it was read.
 */

/** What somebody may know already. */
export const SKILLS = ['kafka', 'redis', 'aws'] as const;
export type Skill = (typeof SKILLS)[number];

export interface Fact {
  readonly text: string;
  /** A page, and when it was read. */
  readonly source: string;
}

export interface BrokerFacts {
  readonly skill: Skill;
  /** Whether likes that were counted can be read once more. */
  readonly reRead: Fact & { readonly isPossible: boolean };
  /** A month of 730 hours at so many likes/s, for what is paid by hour or by request. */
  price(likesPerS: number): Fact;
  /** Set where the lab runs an emulator: what the service itself says, which nobody measured. */
  readonly service?: ServiceFacts;
}

export interface ServiceFacts {
  readonly name: string;
  readonly emulator: string;
  readonly order: Fact & { readonly isPerPost: boolean };
  /** Holds for the death of a process and for a power cut alike. */
  readonly survival: Fact;
  /** Likes per second without asking for more; undefined where nearly no limit is documented. */
  readonly rate: Fact & { readonly likesPerSMax: number | undefined };
}

const AMAZON = 'docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide';
const READ = 'read 2026-11';
const HOURS = 730;
/** Likes of such a month, in millions, for one like per second. */
const MILLIONS_PER_LIKE_PER_S = (HOURS * 3_600) / 1e6;
const PRICES_SQS = 'public price lists for us-east-1, 2026-03 to 2026-06';

const SQS_SURVIVAL =
  'stored in more than one availability zone before it is acknowledged, kept up to 14 days';
const SQS_RE_READ = {
  isPossible: false,
  text:
    'a message is gone for everybody once it is deleted; retention (14 days at most) ' +
    'is for likes that nobody has counted yet',
  source: `${AMAZON}/quotas-messages.html, ${READ}`,
};

function usd(amount: number): string {
  return amount.toLocaleString('en-US', { maximumFractionDigits: amount < 10 ? 2 : 0 });
}

/** A send, a receive and a delete, each shared by ten likes; batches of one cost ten times that. */
function sqsPrice(usdPerMillion: number) {
  return (likesPerS: number): Fact => ({
    text:
      `${usd(likesPerS * MILLIONS_PER_LIKE_PER_S * usdPerMillion)} USD a month with ` +
      `full batches of ten (${usdPerMillion} USD per million likes), ten times that ` +
      'without batches',
    source: PRICES_SQS,
  });
}

/** Two r7g.large nodes of Amazon ElastiCache for Redis at 0.219 USD an hour. */
const redisPrice = (): Fact => ({
  text:
    `${usd(2 * 0.219 * HOURS)} USD a month for two r7g.large nodes of Amazon ` +
    'ElastiCache, at any rate that they bear',
  source: 'AWS Price List, read 2026-10-02',
});

const REDIS_JOBS_GONE: BrokerFacts['reRead'] = {
  isPossible: false,
  text:
    'completed jobs are removed here; those that one keeps are there to be examined, ' +
    'and are no log that another reader goes through',
  source: `docs.bullmq.io/guide/queues/auto-removal-of-jobs, ${READ}`,
};

export const FACTS: Readonly<Record<string, BrokerFacts>> = {
  kafka: {
    skill: 'kafka',
    reRead: {
      isPossible: true,
      text:
        'the log keeps what was counted until its retention ends; each group reads it ' +
        'for itself, from any offset',
      source: `kafka.apache.org/43/design/design/, ${READ}`,
    },
    price: () => ({
      text:
        `${usd(3 * 0.204 * HOURS)} USD a month for three m7g.large brokers of Amazon ` +
        'MSK, at any rate that they bear, storage apart',
      source: 'AWS sizing script for MSK, 2026-08',
    }),
  },
  'redis-streams': {
    skill: 'redis',
    reRead: {
      isPossible: true,
      text:
        'an acknowledged entry stays in its stream, in memory, until it is trimmed; a ' +
        'new group reads from any entry on',
      source: `redis.io/docs/latest/develop/data-types/streams/, ${READ}`,
    },
    price: redisPrice,
  },
  bullmq: { skill: 'redis', reRead: REDIS_JOBS_GONE, price: redisPrice },
  sqs: {
    skill: 'aws',
    reRead: SQS_RE_READ,
    price: sqsPrice(0.12),
    service: {
      name: 'Amazon SQS, standard queue',
      emulator: 'ElasticMQ',
      order: {
        isPerPost: false,
        text: 'order as far as it goes, with exceptions',
        source: `${AMAZON}/standard-queues.html, ${READ}`,
      },
      survival: { text: SQS_SURVIVAL, source: `${AMAZON}/standard-queues.html, ${READ}` },
      rate: {
        likesPerSMax: undefined,
        text: 'nearly unlimited requests per second and action',
        source: `${AMAZON}/quotas-messages.html, ${READ}`,
      },
    },
  },
  'sqs-fifo': {
    skill: 'aws',
    reRead: SQS_RE_READ,
    price: sqsPrice(0.15),
    service: {
      name: 'Amazon SQS, FIFO queue',
      emulator: 'ElasticMQ',
      order: {
        isPerPost: true,
        text: 'in order per message group, and a group is a post',
        source: `${AMAZON}/FIFO-key-terms.html, ${READ}`,
      },
      survival: { text: SQS_SURVIVAL, source: `${AMAZON}/FIFO-key-terms.html, ${READ}` },
      rate: {
        likesPerSMax: 3_000,
        text:
          '300 requests per second and action, 3,000 likes in batches of ten; more ' +
          'with high throughput, by region',
        source: `${AMAZON}/quotas-messages.html, ${READ}`,
      },
    },
  },
};
