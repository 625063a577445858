/** `lab servers up` and `lab servers down`: servers for people who play. */
import { type Command, Option } from 'commander';
import { fetchServers } from '../brokers/servers/local/index.ts';
import { serversDown, serversUp } from '../brokers/servers/local/up.ts';
import { SERVER_NAMES, TIERS, type Tier } from '../brokers/servers/server.ts';

export function addServerCommands(program: Command): void {
  const log = (line: string) => void process.stderr.write(`${line}\n`);
  const servers = program
    .command('servers')
    .description('keep the servers up to play with, or end them');
  servers
    .command('up')
    .description('start all servers on free ports of 127.0.0.1 and print their addresses')
    .addOption(new Option('--tier <tier>', 'what they survive').choices(TIERS).default('kill'))
    .action(async ({ tier }: { tier: Tier }) => {
      await fetchServers(SERVER_NAMES, log);
      const up = await serversUp(SERVER_NAMES, tier, log);
      for (const { name, address, tier: own } of up.servers) {
        process.stdout.write(`${name.padEnd(11)}${address}  (${own})\n`);
      }
      process.stdout.write('npm run lab -- servers down ends them.\n');
    });
  servers
    .command('down')
    .description('end them')
    .action(() => serversDown(log));
}
