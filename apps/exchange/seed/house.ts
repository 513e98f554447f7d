import { accept, assets, formatDecimal, parseDecimal } from '#kernel';
import { control, type Outside } from '../tour/chain-side.js';
import { until, type Staff } from '../tour/people.js';

export interface CustodyStatus {
  readonly chains: readonly {
    readonly chain: string;
    readonly booked_height: string;
    readonly gas_float_atomic: string;
    readonly wallets: readonly { readonly role: string; readonly address: string }[];
  }[];
}

const TREASURY_ETH = '20';

/**
 * The house brings its own coins: the faucet pays the treasury, and custody fills the trust's gas float from there. Only when there is no float.
 * Answers the float in ETH.
 */
export async function topUpHouse(staff: Staff, outside: Outside): Promise<string> {
  const treasury = await until(
    'the treasury has an address',
    async () => (await ethereum(staff))?.wallets.find((w) => w.role === 'treasury'),
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

const ethereum = async (staff: Staff): Promise<CustodyStatus['chains'][number] | undefined> =>
  (await staff.treasury.get<CustodyStatus>('/v1/custody/status')).chains.find((c) => c.chain === 'ethereum');

const float = async (staff: Staff): Promise<bigint> => BigInt((await ethereum(staff))?.gas_float_atomic ?? '0');
