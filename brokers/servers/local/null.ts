/** Runs the null server as a process of its own: `node null.ts PORT`. */
import { createNullServer, NULL_SERVER_VERSION } from './null-server.ts';
import { HOST } from './process.ts';

const port = Number(process.argv[2]);
if (!Number.isInteger(port) || port < 1 || port > 65_535) {
  throw new TypeError(`"${process.argv[2]}" is no port; run: node null.ts PORT (1 to 65535)`);
}
createNullServer().listen(port, HOST, () => console.log(`null server ${NULL_SERVER_VERSION}`));
