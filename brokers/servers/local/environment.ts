/** The only place of the local runtime that reads environment variables. */
import { delimiter } from 'node:path';

export interface Environment {
  /** The folders of PATH, in order; empty entries left out. */
  readonly pathFolders: readonly string[];
  readonly javaHome: string | undefined;
}

export function readEnvironment(): Environment {
  // biome-ignore lint/style/noProcessEnv: PATH and JAVA_HOME tell where programs are.
  const { PATH = '', JAVA_HOME = '' } = process.env;
  return {
    pathFolders: PATH.split(delimiter).filter((folder) => folder !== ''),
    javaHome: JAVA_HOME.trim() === '' ? undefined : JAVA_HOME.trim(),
  };
}

/** What a child process gets: the environment of this one, and some more. */
export function environmentWith(more: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  // biome-ignore lint/style/noProcessEnv: a program of this machine expects all of it.
  return { ...process.env, ...more };
}

/** LD_PRELOAD for a child: this library first, then those that this process has been given. */
export function preloadWith(library: string): string {
  // biome-ignore lint/style/noProcessEnv: whoever set it wants it in the children as well.
  const { LD_PRELOAD = '' } = process.env;
  return LD_PRELOAD === '' ? library : `${library}:${LD_PRELOAD}`;
}
