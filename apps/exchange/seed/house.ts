import { accept, assets, formatDecimal, parseDecimal } from '#kernel';
import { control, type Outside } from '../tour/chain-side.js';
import { until, type Staff } from '../tour/people.js';

interface CustodyStatus {
  readonly chains: readonly { readonly chain: string; readonly gas_float_atomic: string }[];
  readonly wallets: readonly { readonly chain: string; readonly role: string; readonly address: string }[];
}

const CHAIN = 'ethereum';
const TREASURY_ETH = '20';

/**
 * The house brings its own coins: the faucet pays the treasury, and custody fills the trust's gas float from there. Only when there is no float.
 * Answers the float in ETH.
 */
export async function topUpHouse(staff: Staff, outside: Outside): Promise<string> {
  const treasury = await until(
    'the treasury has an address',
    async () => (await status(staff)).wallets.find((w) => w.chain === CHAIN && w.role === 'treasury'),
    30_000,
  );
  if ((await float(staff)) === 0n) {
    await control(outside, 'fund', { address: treasury.address, wei: accept(parseDecimal(assets.ETH, TREASURY_ETH)).toString() });
    await until(
      'the gas float is filled',
      async () => {
        await control(outside, 'advance', { epochs: 1 });
        return (await float(staff)) > 0n;
      },
      60_000,
    );
  }
  return formatDecimal(assets.ETH, await float(staff));
}

const status = (staff: Staff): Promise<CustodyStatus> => staff.treasury.get<CustodyStatus>('/v1/custody/status');

const float = async (staff: Staff): Promise<bigint> =>
  BigInt((await status(staff)).chains.find((c) => c.chain === CHAIN)?.gas_float_atomic ?? '0');
