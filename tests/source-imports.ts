/** What a source text imports: every way in which one file names another, read from the text. */

/** Import and export declarations, at the start of a line as the formatter leaves them. */
const DECLARATION = /^\s*(?:import|export)\s(?:[^'"`;=]*?\sfrom\s*)?\s*['"]([^'"]+)['"]/gm;
const BARE = /^\s*import\s*['"]([^'"]+)['"]/gm;
/** At run time and in types alike. */
const DYNAMIC = /\b(?:import|require)\(\s*['"]([^'"]+)['"]/g;
/** How one file names another that is to run as a process or thread of its own. */
const BY_ADDRESS = /\bnew URL\(\s*['"]([^'"]+\.ts)['"],\s*import\.meta\.url/g;
/** A target that is put together while it runs, which no check could follow. */
const COMPUTED = /^(?!\s*(?:\*|\/\/)).*\bimport\(\s*(?!['"]|\s)(.{0,30})/gm;

export const COMPUTED_TARGET = '<computed>';

/** The targets as they are written, in no order, each once. */
export function importsOf(text: string): string[] {
  const found = [DECLARATION, BARE, DYNAMIC, BY_ADDRESS].flatMap((pattern) =>
    [...text.matchAll(pattern)].map(([, target]) => withDot(pattern, target!)),
  );
  if (COMPUTED.test(text)) found.push(COMPUTED_TARGET);
  COMPUTED.lastIndex = 0;
  return [...new Set(found)];
}

/** Addresses are relative without saying so: `new URL('worker.ts', …)` is `./worker.ts`. */
function withDot(pattern: RegExp, target: string): string {
  return pattern === BY_ADDRESS && !target.startsWith('.') ? `./${target}` : target;
}

/** The name of the npm package of a target; undefined for files and for what Node brings. */
export function packageOf(target: string): string | undefined {
  if (target.startsWith('.') || target.startsWith('node:')) return undefined;
  return target.split('/', target.startsWith('@') ? 2 : 1).join('/');
}
