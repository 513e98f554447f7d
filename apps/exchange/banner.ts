import type { RunningExchange } from './exchange.js';
import type { DemoClient } from './seed/demo-client.js';

const line = (name: string, text: string): string => `  ${name.padEnd(14)} ${text}`;

/** What a person needs after the start: where things are, who they can be, and what is real. */
export function banner(exchange: RunningExchange, demo: DemoClient | null): string {
  const { endpoints, controlUrl } = exchange.chain;
  const local = endpoints.network === 'localnet';
  const staff = exchange.staff.map((person) => line(person.name, person.token));
  return [
    '',
    '─'.repeat(100),
    'Bailee is up.',
    '',
    line('API', exchange.apiUrl),
    line('Documentation', `${exchange.apiUrl}/docs`),
    line('Health', `${exchange.apiUrl}/health/ready   metrics: ${exchange.apiUrl}/metrics`),
    line('Chain', endpoints.label),
    line('', `JSON-RPC ${endpoints.executionUrl}   Beacon API ${endpoints.beaconUrl}`),
    ...(controlUrl ? [line('', `time and faults (POST /localnet/…) ${controlUrl}`)] : []),
    line('Data', `${exchange.home.dir} (logs in ${exchange.home.path('logs')})`),
    ...(demo ? ['', 'Demo client (approved, with ETH to stake)', line('API key', demo.apiKey)] : []),
    ...(staff.length ? ['', 'Staff tokens of this demo (Authorization: Bearer …)', ...staff] : []),
    '',
    ...(local ? realities : ['This exchange talks to a real network.']),
    ...(demo
      ? [
          '',
          'Try it:',
          `  curl -s ${exchange.apiUrl}/v1/staking/stakes -H 'Authorization: Bearer ${demo.apiKey}' \\`,
          `    -H 'Idempotency-Key: my-first-stake' -H 'Content-Type: application/json' -d '{"asset":"ETH","amount":"0.5"}'`,
          '  npm run tour        the whole story, from a new client to a reward and back out',
          '  npm run ledger:verify   replays every transfer',
        ]
      : []),
    '─'.repeat(100),
    '',
  ].join('\n');
}

const realities = [
  'Real:       the ledger and every room on PostgreSQL, the queues, keys and signatures, the EVM (anvil), the deposit and withdrawal',
  "            contracts, and Ethereum's consensus rules (Lodestar): queues, activation, rewards, exits, withdrawals.",
  'Simulated:  the network around it: one trusted block producer, no peers, the other validators, time (slots pass fast, and on demand),',
  '            the faucet. Screening matches exactly, against a short list of invented names. It listens on loopback only.',
];
