/** `lab doctor FILE…`: the audit of result files, other people's too. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { Audited, AuditVerdict } from '../lab/audit/check.ts';
import { CHECKS } from '../lab/audit/checks.ts';
import type { Examined } from '../lab/audit/formats/format.ts';
import { examineFile, FORMATS } from '../lab/audit/formats/index.ts';
import { messageOf } from '../lab/lab-error.ts';
import { EXIT, UsageError } from './usage-error.ts';

interface DoctorOptions {
  readonly json: boolean;
}

/** What is worth reading first. */
const ORDER: readonly AuditVerdict[] = ['hit', 'clean', 'cannot tell'];

export function addDoctorCommand(program: Command): void {
  const kinds = FORMATS.map(({ name }) => name).join(', ');
  const mistakes = CHECKS.map(({ name, mistake }) => `  ${name.padEnd(20)} ${mistake}`).join('\n');
  program
    .command('doctor')
    .description('looks for fourteen measuring mistakes in result files, other tools’ too')
    .argument('<file...>', `JSON of: ${kinds}`)
    .option('--json', 'everything as JSON', false)
    .addHelpText(
      'after',
      `\nMistakes:\n${mistakes}\n\nExits with 0 when none is found, 1 when any is, ` +
        '2 when nothing could be told,\nand 64 for a file that is none of these.\n',
    )
    .action(doctor);
}

/**
 * Exit code 1 when any mistake is found, and 2 when none is because in one of the files nothing
 * could be told.
 * @throws UsageError for a file that it cannot read
 */
export function doctor(paths: readonly string[], { json }: DoctorOptions): void {
  const examined = paths.map((path) => ({ path, ...examineFile(read(path), path) }));
  const text = json
    ? JSON.stringify(examined, undefined, 1)
    : examined.map((one) => render(one, one.path)).join('\n\n');
  process.stdout.write(`${text}\n`);
  const isHit = examined.some(({ checks }) => checks.some(({ verdict }) => verdict === 'hit'));
  const isUntold = examined.some(({ checks }) => !checks.some(tellsSomething));
  process.exitCode = isHit ? EXIT.fail : isUntold ? EXIT.unknown : EXIT.pass;
}

function tellsSomething({ verdict, trivial }: Audited): boolean {
  return verdict !== 'cannot tell' && trivial !== true;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`${path} cannot be read (${messageOf(error)}); check the path`);
  }
}

/** That a check cannot tell must not look as if it had found nothing. */
function headlineOf(checks: readonly Audited[]): string {
  const of = (wanted: AuditVerdict) => checks.filter(({ verdict }) => verdict === wanted).length;
  const [hits, untold] = [of('hit'), of('cannot tell')];
  const rest = untold === 0 ? '' : `; ${untold} cannot tell`;
  if (hits > 0) return `${hits} of ${checks.length} mistakes found${rest}`;
  return `no mistake found in ${of('clean')} of ${checks.length} checks${rest}`;
}

function render({ kind, subject, checks }: Examined, path: string): string {
  const found = headlineOf(checks);
  const place = (verdict: AuditVerdict) => ORDER.indexOf(verdict);
  const sorted = [...checks].sort((a, b) => place(a.verdict) - place(b.verdict));
  const names = Math.max(...checks.map(({ name }) => name.length));
  const lines = sorted.map(({ name, verdict, evidence, wouldBe }) => {
    const told = verdict === 'cannot tell' ? `needs ${evidence}` : evidence;
    const would = wouldBe === undefined ? '' : ` → would be: ${wouldBe}`;
    return `  ${name.padEnd(names)}  ${verdict.padEnd('cannot tell'.length)}  ${told}${would}`;
  });
  return [`${path}: ${kind}, ${subject}: ${found}`, ...lines].join('\n');
}
