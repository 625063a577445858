/** Which folder may import which: the arrows of the house, as a table and a checker. */
import { posix } from 'node:path';
import { COMPUTED_TARGET, importsOf, packageOf } from './source-imports.ts';

interface Rule {
  /** Files that this rule is for, from the project's root; the first rule that fits is the one. */
  readonly from: RegExp;
  /** What of ours they may import; `$1` is what the first group of `from` found. */
  readonly to: readonly string[];
  /** npm packages: none, those that run with the lab, or those for its development as well. */
  readonly packages: 'none' | 'runtime' | 'all';
  /** May import what is named while it runs: a module of the user's, whatever that is. */
  readonly computed?: true;
}

const COMPOSES = [
  ...['bench', 'brokers', 'cli', 'consumers', 'demo', 'experiments', 'gateway', 'lab', 'likes'],
  ...['report', 'tracing'],
];

/** Targets are files, folders with all below them, or files whose names begin like this (`*`). */
const ARROWS: readonly Rule[] = [
  // A consumer and this one file are all that somebody has to copy.
  { from: /^likes\/like\.ts$/, to: [], packages: 'none' },
  { from: /^likes\//, to: ['likes/'], packages: 'runtime' },
  { from: /^store\//, to: ['store/', 'likes/like.ts'], packages: 'runtime' },
  { from: /^(?:producers|consumers)\/[\w-]+\.ts$/, to: ['likes/like.ts'], packages: 'runtime' },
  {
    from: /^brokers\/servers\//,
    to: ['brokers/servers/', 'likes/workloads/service-times.ts'],
    packages: 'runtime',
  },
  { from: /^brokers\/broker-error\.ts$/, to: [], packages: 'none' },
  {
    from: /^brokers\/broker\.ts$/,
    to: ['brokers/servers/server.ts', 'likes/like.ts', 'likes/workloads/service-times.ts'],
    packages: 'none',
  },
  { from: /^brokers\/index\.ts$/, to: ['brokers/'], packages: 'none' },
  // Parts of brokers that are more than one file.
  {
    from: /^brokers\/(kafka|sqs)-[\w-]+\.ts$/,
    to: [
      'brokers/$1-*',
      'brokers/broker.ts',
      'brokers/broker-error.ts',
      'brokers/servers/server.ts',
      'likes/',
    ],
    packages: 'runtime',
  },
  {
    from: /^brokers\/([\w-]+)\.ts$/,
    to: [
      'brokers/$1-*',
      'producers/$1.ts',
      'consumers/$1.ts',
      'brokers/broker.ts',
      'brokers/broker-error.ts',
      'brokers/redis-options.ts',
      'brokers/redis-server.ts',
      'brokers/servers/server.ts',
      'likes/',
    ],
    packages: 'runtime',
  },
  // No concrete broker, server or store: the lab is the same for all of them.
  {
    from: /^lab\//,
    to: ['lab/', 'brokers/broker.ts', 'brokers/servers/server.ts', 'likes/'],
    packages: 'runtime',
  },
  { from: /^experiments\//, to: ['experiments/', 'lab/', 'likes/'], packages: 'none' },
  // Draws what the experiments found. Above them, so that no trial's process loads what draws.
  {
    from: /^report\//,
    to: ['report/', 'experiments/', 'lab/', 'brokers/servers/server.ts', 'likes/'],
    packages: 'runtime',
  },
  // The service in front of a queue. It gets brokers, databases and stores as objects.
  {
    from: /^gateway\//,
    to: ['gateway/', 'producers/', 'store/', 'likes/'],
    packages: 'runtime',
  },
  // The page of the demo. It gets brokers, servers and databases as objects.
  {
    from: /^demo\//,
    to: [
      ...['demo/', 'gateway/', 'lab/', 'likes/', 'store/', 'report/style.ts'],
      ...['brokers/broker.ts', 'brokers/servers/server.ts'],
    ],
    packages: 'runtime',
  },
  // Loaded where somebody traces, and nowhere else; what it tells of comes to it by calls.
  { from: /^tracing\//, to: ['tracing/', 'likes/'], packages: 'runtime' },
  // A user's own consumer; nothing else that the lab runs is named by a user.
  {
    from: /^cli\/load-consumer\.ts$/,
    to: ['brokers/broker.ts', 'lab/trial-context.ts'],
    packages: 'none',
    computed: true,
  },
  {
    from: /^cli\//,
    to: [
      ...['cli/', 'brokers/', 'demo/', 'experiments/', 'gateway/', 'lab/', 'likes/', 'report/'],
      ...['store/', 'tracing/'],
    ],
    packages: 'runtime',
  },
  {
    from: /^bench\//,
    to: [...COMPOSES, 'producers', 'store'].map((f) => `${f}/`),
    packages: 'all',
  },
  {
    from: /^tests\//,
    to: [...COMPOSES, 'producers', 'store', 'tests'].map((folder) => `${folder}/`),
    packages: 'all',
  },
  { from: /^[\w.-]+\.ts$/, to: [], packages: 'all' },
];

export interface Packages {
  readonly runtime: readonly string[];
  readonly development: readonly string[];
}

/** One line for each import of `file` that the table does not allow. */
export function wrongImports(file: string, text: string, packages: Packages): string[] {
  const rule = ARROWS.find(({ from }) => from.test(file));
  if (rule === undefined) return [`${file} stands in a folder without a rule`];
  const [, group = ''] = rule.from.exec(file) ?? [];
  const allowed = rule.to.map((target) => target.replace('$1', group));
  return importsOf(text)
    .filter((target) => !isAllowed(file, target, allowed, rule, packages))
    .map((target) => `${file} imports ${target}`);
}

function isAllowed(
  file: string,
  target: string,
  allowed: readonly string[],
  { packages: kind, computed }: Rule,
  { runtime, development }: Packages,
): boolean {
  if (target.startsWith('node:')) return true;
  if (target === COMPUTED_TARGET) return computed ?? kind === 'all';
  const name = packageOf(target);
  if (name !== undefined) {
    if (kind === 'none') return false;
    return runtime.includes(name) || (kind === 'all' && development.includes(name));
  }
  const path = posix.join(posix.dirname(file), target);
  return allowed.some((may) =>
    /[/*]$/.test(may) ? path.startsWith(may.replace('*', '')) : path === may,
  );
}
