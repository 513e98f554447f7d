/** `node server-main.js <kind> <database URL>`, started by server.ts: tells its port, and leaves when the channel to its parent closes. */
import { openBare } from './bare-server.js';
import { openBatched, openSingly } from './room-server.js';
import type { OpenServer, ServerKind } from './server.js';

const kinds: Record<ServerKind, (url: string) => Promise<OpenServer>> = { batched: openBatched, singly: openSingly, bare: openBare };

const [kind, url = ''] = process.argv.slice(2);
const server = await kinds[kind as ServerKind](url);
process.once('disconnect', () => {
  server.close().then(
    () => process.exit(0),
    () => process.exit(1),
  );
});
process.send?.(server.port);
