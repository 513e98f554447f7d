/** The control face: time, faults and money on demand. Only the local network has it; rooms never call it. */
import type { Commands } from './control/fields.js';
import { statusOf } from './control/status.js';
import { timeCommands } from './control/time.js';
import { transactionCommands } from './control/transactions.js';
import { validatorCommands } from './control/validators.js';
import type { Chain } from './ethereum/chain.js';
import { serve } from './http.js';
import type { Face, Routes } from './http.js';

export function serveControl(chain: Chain, port: number): Promise<Face> {
  const commands: Commands = { ...timeCommands(chain), ...validatorCommands(chain), ...transactionCommands(chain) };
  const help = Object.entries(commands).map(([command, { body, does }]) => ({ command, body, does }));
  const routes: Routes = {
    'GET /localnet/status': () => statusOf(chain),
    'GET /localnet/help': () => ({ commands: help }),
    ...Object.fromEntries(Object.entries(commands).map(([name, { handle }]) => [`POST /localnet/${name}`, handle])),
  };
  return serve(port, routes, (_status, code, message) => ({ code, message }), chain.report);
}
