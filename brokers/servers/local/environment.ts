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
