import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { BROKERS } from '../brokers/index.ts';
import { type Packages, wrongImports } from './import-arrows.ts';
import { importsOf } from './source-imports.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SCREEN_LINES_MAX = 80;
const FUNCTION_LINES_MAX = 70;
const FILE_LINES_MAX = 260;
const COLUMNS_MAX = 100;
const NODE_MAJOR_LEAST = 24;

/** Tests of more than one file, or of what a file's text says. All others mirror theirs. */
const MIRRORS_NOTHING = new Set([
  'tests/house.test.ts',
  'tests/brokers/servers/proxy.full.test.ts',
  'tests/cli/faults-smoke.test.ts',
  'tests/consumers/lift.test.ts',
  'tests/consumers/take-two-files.test.ts',
  'tests/examples/ci.test.ts',
  'tests/lab/records.test.ts',
  'tests/lab/run-faults.full.test.ts',
  'tests/lab/run-controls.full.test.ts',
  'tests/lab/run-controls-by-hand.full.test.ts',
  'tests/lab/run-controls-calm.full.test.ts',
  'tests/monitoring/monitoring.test.ts',
  'tests/monitoring/prometheus-on-real-servers.test.ts',
  'tests/results.test.ts',
  'tests/store/move/killed-mover.test.ts',
  'tests/store/move/killed-mover.full.test.ts',
  'tests/store/move/postgres-moving.full.test.ts',
  'tests/store/processes.test.ts',
]);

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

/** Also what is new and not yet committed, so that a mistake shows before it is. */
const files = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', '--deduplicate'],
  { cwd: ROOT, encoding: 'utf8' },
)
  .split('\n')
  .filter((path) => path !== '' && existsSync(join(ROOT, path)));
const sources = files.filter((path) => path.endsWith('.ts'));

const manifest = JSON.parse(read('package.json')) as Record<string, Record<string, string>>;
const packages: Packages = {
  runtime: Object.keys(manifest.dependencies ?? {}),
  development: Object.keys(manifest.devDependencies ?? {}),
};

describe('arrows point down', () => {
  test('in every source of the project', () => {
    expect(sources.length).toBeGreaterThan(100);
    expect(sources.flatMap((path) => wrongImports(path, read(path), packages))).toEqual([]);
  });

  test.each<[string, string]>([
    ['likes/like.ts', "import { createHash } from './workloads/random.ts';"],
    ['likes/workloads/zipf.ts', "import { openStore } from '../../store/open-store.ts';"],
    ['store/marks.ts', "import type { Broker } from '../brokers/broker.ts';"],
    ['consumers/kafka.ts', "import { readEnvironment } from '../brokers/servers/local/x.ts';"],
    ['consumers/kafka.ts', "import { helper } from './null.ts';"],
    ['producers/kafka.ts', "import fc from 'fast-check';"],
    ['producers/kafka.ts', "import left from 'left-pad';"],
    ['brokers/kafka.ts', "import { openNullProducer } from '../producers/null.ts';"],
    ['brokers/kafka.ts', "import { openNullBroker } from './null.ts';"],
    ['brokers/kafka.ts', "import { LabError } from '../lab/lab-error.ts';"],
    ['lab/run-trial.ts', "import { openKafkaBroker } from '../brokers/kafka.ts';"],
    ['lab/run-trial.ts', "const worker = new URL('../cli/worker.ts', import.meta.url);"],
    ['lab/run-trial.ts', "const { BROKERS } = await import('../brokers/index.ts');"],
    ['lab/run-trial.ts', "type Up = typeof import('../brokers/servers/local/up.ts');"],
    ['lab/run-trial.ts', 'const broker = await import(addressOf(name));'],
    ['lab/consume.ts', "import {\n  type Store,\n  openStore,\n} from '../store/open-store.ts';"],
    ['lab/consume.ts', "export * from '../store/open-store.ts';"],
    ['lab/consume.ts', "import '../cli/lab.ts';"],
    ['experiments/latency.ts', "import { BROKERS } from '../brokers/index.ts';"],
    ['cli/lab.ts', "import { test } from 'vitest';"],
    ['cli/lab.ts', 'const module = await import(addressOf(path));'],
    ['cli/lab.ts', "import { madeLikes } from '../tests/store/made-likes.ts';"],
    ['gateway/metrics.ts', "import { LabError } from '../lab/lab-error.ts';"],
    ['gateway/metrics.ts', "import { BROKERS } from '../brokers/index.ts';"],
    ['demo/stage.ts', "import { BROKERS } from '../brokers/index.ts';"],
    ['elsewhere/index.ts', "import { decodeLike } from '../likes/like.ts';"],
  ])('and the check finds a wrong one in %s: %s', (path, text) => {
    expect(wrongImports(path, `/** A file. */\n${text}\n`, packages)).toHaveLength(1);
  });

  test('and the check lets right ones pass', () => {
    const right = (path: string, text: string) => wrongImports(path, text, packages);
    expect(right('consumers/kafka.ts', "import { Kafka } from 'kafkajs';")).toEqual([]);
    expect(right('brokers/kafka.ts', "import { a } from '../producers/kafka.ts';")).toEqual([]);
    expect(right('lab/produce.ts', "import type { B } from '../brokers/broker.ts';")).toEqual([]);
    expect(right('lab/produce.ts', " * import { x } from '../brokers/kafka.ts'")).toEqual([]);
  });
});

describe('every broker of the registry', () => {
  test.each(Object.keys(BROKERS))('%s has producer, consumer, adapter and test', (name) => {
    for (const folder of ['producers', 'consumers', 'brokers']) {
      expect(files).toContain(`${folder}/${fileOf(name)}.ts`);
    }
    expect(files).toContain(`tests/brokers/${name}.test.ts`);
    const text = read(`tests/brokers/${name}.test.ts`);
    expect(importsOf(text)).toContain('../broker-contract.ts');
    expect(text).toContain(`testBroker('${name}'`);
  });

  test('and nothing that looks like a broker is missing from it', () => {
    const inFolder = (folder: string) =>
      sources.flatMap((path) => new RegExp(`^${folder}/([\\w-]+)\\.ts$`).exec(path)?.[1] ?? []);
    const registered = [...new Set(Object.keys(BROKERS).map(fileOf))].sort();
    expect(inFolder('producers').sort()).toEqual(registered);
    expect(inFolder('consumers').sort()).toEqual(registered);
  });
});

describe('sizes', () => {
  test('producers and consumers are a screen of code each', () => {
    const screens = sources.filter((path) => /^(producers|consumers)\//.test(path));
    expect(screens.length).toBeGreaterThanOrEqual(6);
    const lines = screens.map((path) => [path, codeLines(read(path))] as const);
    expect(lines.filter(([, count]) => count > SCREEN_LINES_MAX)).toEqual([]);
  });

  test('and the count leaves comments and blank lines apart, and nothing else', () => {
    const text = "/**\n * Text.\n */\nconst a = 1; // One.\n\n// Two.\nconst b = '/*';\n";
    expect(codeLines(text)).toBe(2);
  });

  test('functions and files have limits in the linter, with exceptions for tests only', () => {
    const { linter, overrides } = JSON.parse(read('biome.json'));
    expect(linter.rules).toMatchObject({
      complexity: {
        noExcessiveLinesPerFunction: { level: 'error', options: { maxLines: FUNCTION_LINES_MAX } },
      },
      style: {
        noExcessiveLinesPerFile: { level: 'error', options: { maxLines: FILE_LINES_MAX } },
      },
      suspicious: { noImportCycles: 'error' },
    });
    for (const { includes } of overrides) expect(includes).toEqual(['tests/**']);
    expect(manifest.scripts?.check).toContain('biome check --error-on-warnings');
  });

  test('no line is wider than the screen', () => {
    const wide = sources.flatMap((path) =>
      read(path)
        .split('\n')
        .flatMap((line, index) => ([...line].length > COLUMNS_MAX ? `${path}:${index + 1}` : [])),
    );
    expect(wide).toEqual([]);
  });
});

describe('names', () => {
  test('say what a file is for', () => {
    const vague = /^(utils?|helpers?|misc|common|shared)$/;
    const words = (path: string) => path.split(/[/.]/);
    expect(sources.filter((path) => words(path).some((word) => vague.test(word)))).toEqual([]);
  });

  test('are lower case with hyphens', () => {
    const wrong = sources.filter((path) => !/^[a-z0-9-]+(\.[a-z]+)*$/.test(basename(path)));
    expect(wrong).toEqual([]);
  });

  test('of tests mirror those of what they test', () => {
    const lost = sources.filter((path) => path.endsWith('.test.ts') && !MIRRORS_NOTHING.has(path));
    expect(lost.filter((path) => !mirrored(path))).toEqual([]);
    for (const path of MIRRORS_NOTHING) expect(files).toContain(path);
  });
});

describe('dependencies', () => {
  const kinds = ['dependencies', 'devDependencies', 'optionalDependencies'] as const;
  const versions = Object.assign({}, ...kinds.map((kind) => manifest[kind])) as typeof manifest;

  // Not one of the packages with PostgreSQL's programs has a version without such an end.
  const exact = /^\d+\.\d+\.\d+(-beta\.\d+)?$/;

  test('and overrides have exact versions', () => {
    const all = Object.entries({ ...versions, ...manifest.overrides });
    expect(all.length).toBeGreaterThan(10);
    expect(all.filter(([, version]) => !exact.test(String(version)))).toEqual([]);
  });

  test('are locked with sums and without the addresses of anybody’s registry', () => {
    const lock = read('package-lock.json');
    expect(lock).not.toContain('"resolved"');
    expect(lock).not.toMatch(/https?:\/\/[^"]*\.tgz/);
    expect(lock).toContain('"integrity": "sha512-');
    expect(read('.npmrc')).toContain('omit-lockfile-registry-resolved=true');
  });

  test.each(Object.keys(versions))('%s has its line in ARCHITECTURE.md', (name) => {
    expect(read('ARCHITECTURE.md')).toContain(`\`${name}\``);
  });

  test('are all used', () => {
    const used = new Set(sources.flatMap((path) => importsOf(read(path))));
    const unused = packages.runtime.filter((name) =>
      [...used].every((target) => target !== name && !target.startsWith(`${name}/`)),
    );
    expect(unused).toEqual([]);
  });
});

test('tests run on the Node that the lab asks for', () => {
  expect(Number(process.versions.node.split('.')[0])).toBeGreaterThanOrEqual(NODE_MAJOR_LEAST);
});

/** A broker `a-b` without files of its own stands on those of the broker `a`. */
function fileOf(broker: string): string {
  const [first = ''] = broker.split('-');
  return first in BROKERS && !files.includes(`brokers/${broker}.ts`) ? first : broker;
}

/** Lines that hold more than a comment. */
function codeLines(text: string): number {
  const code = text.replace(/^\s*\/\*[\s\S]*?\*\/\s*$/gm, '').replace(/^\s*\/\/.*$/gm, '');
  return code.split('\n').filter((line) => line.trim() !== '').length;
}

/**
 * tests/a/b.test.ts is for a/b.ts, and so is tests/a/b-some-part.test.ts. Servers of this machine
 * stand one folder further down.
 */
function mirrored(path: string): boolean {
  const source = path.replace(/^tests\//, '').replace(/\.test\.ts$/, '');
  return [source, source.replace('brokers/servers/', 'brokers/servers/local/')].some((wanted) => {
    const words = wanted.split('-');
    const shorter = words.map((_, dropped) => words.slice(0, words.length - dropped).join('-'));
    return shorter.some((name) => files.includes(`${name}.ts`));
  });
}
