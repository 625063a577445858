/** Builds the library that stands between a process and its disk, where that can be done. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { LAB_FOLDER, makeUsableFolder } from '../lab-folder.ts';
import { findCompiler } from '../programs.ts';

const SOURCE = fileURLToPath(new URL('disk-library.c', import.meta.url));
const COMPILE_TIMEOUT_MS = 60_000;
const FLAGS = ['-std=c11', '-O2', '-fPIC', '-shared', '-Wall', '-Wextra', '-Wpedantic'];
const HASH_LENGTH = 16;

const run = promisify(execFile);

type Built = { readonly path: string } | { readonly reason: string };

let building: Promise<Built> | undefined;
let reasonFound: string | undefined;

/**
 * The path of the library, built once with this machine's C compiler and kept in the lab folder;
 * undefined when there can be none, and then `whyNoDiskLibrary` says why.
 */
export async function diskLibrary(log: (line: string) => void): Promise<string | undefined> {
  building ??= build(log);
  const built = await building;
  if ('path' in built) return built.path;
  reasonFound = built.reason;
  return undefined;
}

/** Why `diskLibrary` resolved with undefined, in plain words with what to do next. */
export function whyNoDiskLibrary(): string | undefined {
  return reasonFound;
}

async function build(log: (line: string) => void): Promise<Built> {
  if (process.platform !== 'linux') {
    return { reason: `the disk library is for Linux, and this is ${process.platform}` };
  }
  const source = await readFile(SOURCE);
  // Another source or another processor is another library; the old one may be in use.
  const hash = createHash('sha256').update(source).update(process.arch).update(FLAGS.join(' '));
  const name = `disk-library-${hash.digest('hex').slice(0, HASH_LENGTH)}.so`;
  const path = join(LAB_FOLDER, name);
  // The loader reads a list of libraries in which both of these separate.
  if (/[\s:]/.test(path)) {
    return {
      reason: `${path} holds a blank or a colon, which LD_PRELOAD cannot name; move the lab`,
    };
  }
  if (await isThere(path)) return { path };
  const compiler = await findCompiler();
  if (compiler === undefined) {
    return {
      reason:
        'there is no C compiler: looked for cc, gcc and clang on PATH; install one ' +
        '(Debian: gcc and libc6-dev)',
    };
  }
  await makeUsableFolder(LAB_FOLDER);
  log(`building the disk library with ${compiler}`);
  return compile(compiler, path);
}

/** Built under another name first: two labs may build at once, and each finds a whole file. */
async function compile(compiler: string, path: string): Promise<Built> {
  const draft = `${path}.${process.pid}`;
  try {
    const args = [...FLAGS, '-o', draft, SOURCE, '-ldl'];
    await run(compiler, args, { timeout: COMPILE_TIMEOUT_MS });
    await rename(draft, path);
    return { path };
  } catch (error) {
    await rm(draft, { force: true });
    const words = (error as { stderr?: string }).stderr?.split('\n') ?? [];
    const first = words.find((line) => line.includes('error')) ?? (error as Error).message;
    return { reason: `${compiler} cannot build ${SOURCE}: ${first.split('\n')[0]}` };
  }
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
