/** The only place of the compose runtime that reads environment variables. */

/** What a `docker` program gets: everything that this process has, and the ports to publish. */
export function dockerEnvironment(variables: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  // biome-ignore lint/style/noProcessEnv: PATH, DOCKER_HOST, HOME and proxies are Docker's to read.
  return { ...process.env, ...variables };
}
