/**
 * The liar, a simulator of faults, in front of nodes of one's own: `npm run localnet:liar -- --execution-url http://127.0.0.1:8545
 * --beacon-url http://127.0.0.1:5052 [--execution-port 0] [--beacon-port 0] [--control-port 0]`. It prints one line of JSON with its
 * addresses; point a room at them, and POST a list of lies to /liar/lies of the control address.
 */
import { parseArgs } from 'node:util';
import { startLiar } from './liar/index.js';

const text = { type: 'string' } as const;
const { values } = parseArgs({
  options: { 'execution-url': text, 'beacon-url': text, 'execution-port': text, 'beacon-port': text, 'control-port': text },
});
const liar = await startLiar({
  executionUrl: values['execution-url'] ?? 'http://127.0.0.1:8545',
  beaconUrl: values['beacon-url'] ?? 'http://127.0.0.1:5052',
  executionPort: Number(values['execution-port'] ?? 0),
  beaconPort: Number(values['beacon-port'] ?? 0),
  controlPort: Number(values['control-port'] ?? 0),
  report: (message, cause) => {
    console.error(message, cause);
  },
});
const { executionUrl, beaconUrl, controlUrl } = liar;
process.stdout.write(`${JSON.stringify({ ready: true, executionUrl, beaconUrl, controlUrl, note: 'simulator of faults' })}\n`);
const stop = (): void => void liar.stop().then(() => process.exit(0));
process.on('SIGINT', stop).on('SIGTERM', stop);
