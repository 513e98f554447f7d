import { rmSync } from 'node:fs';

export default async function teardown() {
  const running = globalThis.__testPostgres;
  if (!running) return;
  await running.server.stop();
  rmSync(running.dir, { recursive: true, force: true });
}
