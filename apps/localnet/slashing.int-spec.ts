import { toHex } from 'viem';
import { ContainerType, UintBigintType, ByteVectorType } from '@chainsafe/ssz';
import { hexToBytes } from 'viem';
import type { Hex } from 'viem';
import { GWEI, SLOTS_PER_EPOCH, World } from './spec-support.js';
import type { Deposit } from './spec-support.js';

const root32 = new ByteVectorType(32);
const uint64 = new UintBigintType(8);
const Checkpoint = new ContainerType({ epoch: uint64, root: root32 });
const Vote = new ContainerType({ slot: uint64, index: uint64, beacon_block_root: root32, source: Checkpoint, target: Checkpoint });
const SigningData = new ContainerType({ object_root: root32, domain: root32 });
const ForkData = new ContainerType({ current_version: new ByteVectorType(4), genesis_validators_root: root32 });
const root = (byte: string): Hex => `0x${byte.repeat(32)}`;

describe('slashing and leaking', () => {
  let world: World;
  let ours: Deposit;

  beforeAll(async () => {
    world = await World.start();
    await world.fund('100');
    await world.slots(1);
    ours = await world.deposited();
    await world.untilStatus(ours.pubkey, 'active_ongoing');
  });
  afterAll(() => world.end());

  const gwei = async (id: Hex | number): Promise<bigint> =>
    BigInt((await world.data(`v1/beacon/states/head/validator_balances?id=${id}`))[0].balance);

  /** Two votes of `ours` in one epoch, signed with its key. */
  const contradiction = async (): Promise<unknown> => {
    const { index } = await world.validator(ours.pubkey);
    const { genesis_validators_root } = await world.data('v1/beacon/genesis');
    const { current_version } = await world.data('v1/beacon/states/head/fork');
    const fork = ForkData.hashTreeRoot({
      current_version: hexToBytes(current_version as Hex),
      genesis_validators_root: hexToBytes(genesis_validators_root as Hex),
    });
    const domain = new Uint8Array([1, 0, 0, 0, ...fork.slice(0, 28)]);
    const vote = (block: Hex) => {
      const source = { epoch: 0n, root: hexToBytes(root('00')) };
      const data = { slot: 9n, index: 0n, beacon_block_root: hexToBytes(block), source, target: { epoch: 1n, root: hexToBytes(block) } };
      const signature = ours.key.sign(SigningData.hashTreeRoot({ object_root: Vote.hashTreeRoot(data), domain }));
      return { attesting_indices: [index], data: Vote.toJson(data), signature: toHex(signature.toBytes()) };
    };
    return { attestation_1: vote(root('aa')), attestation_2: vote(root('bb')) };
  };

  it('takes evidence that was signed, and no other', async () => {
    const evidence = (await contradiction()) as { attestation_1: Record<string, unknown> };
    const forged = { ...evidence, attestation_1: { ...evidence.attestation_1, signature: toHex(new Uint8Array(96).fill(0xc0, 0, 1)) } };
    expect((await world.beacon('v2/beacon/pool/attester_slashings', forged)).status).toBe(400);
    expect((await world.beacon('v2/beacon/pool/attester_slashings', { nonsense: 1 })).status).toBe(400);
    expect((await world.beacon('v1/beacon/pool/proposer_slashings', { nonsense: 1 })).status).toBe(400);
    expect((await world.beacon('v2/beacon/pool/attester_slashings', evidence)).status).toBe(200);
    await world.slots(1);
    expect(await world.validator(ours.pubkey)).toMatchObject({ status: 'active_slashed', validator: { slashed: true } });
    const { body } = (await world.data('v2/beacon/blocks/head')).message;
    expect(body.attester_slashings).toHaveLength(1);
    expect((await world.beacon('v2/beacon/pool/attester_slashings', evidence)).status).toBe(400); // nobody is slashable by it any more
  });

  it('takes the correlation penalty half-way, the greater the more were slashed', async () => {
    for (const index of [10, 11]) await world.drive('slash', { index, by: 'vote' });
    await world.drive('slash', { index: 12 });
    await world.slots(3);
    const spec = await world.data('v1/config/spec');
    const { validator } = await world.validator(ours.pubkey);
    const halfWay = Number(validator.withdrawable_epoch) - Number(spec.EPOCHS_PER_SLASHINGS_VECTOR) / 2;
    const { slot } = await world.status();
    await world.slots((halfWay + 1) * SLOTS_PER_EPOCH - slot - 1); // the epoch ends with the next slot
    const before = await gwei(ours.pubkey);
    const active = (await world.data('v1/beacon/states/head/validators?status=active')) as { validator: { effective_balance: string } }[];
    const total = active.reduce((sum, { validator: { effective_balance } }) => sum + BigInt(effective_balance), 0n);
    await world.slots(1);
    const lost = before - (await gwei(ours.pubkey));
    const expected = ((3n * 4n * 32n * GWEI) / (total / GWEI)) * 32n; // consensus-specs electra, process_slashings
    expect(lost - expected).toBeGreaterThanOrEqual(0n);
    expect(lost - expected).toBeLessThan(1_000_000n); // missed votes of an epoch
  });

  it('leaks while finality stalls, faster each epoch', async () => {
    await world.drive('stall');
    await world.slots(6 * SLOTS_PER_EPOCH);
    const balances: bigint[] = [];
    for (let epoch = 0; epoch < 3; epoch++) {
      balances.push(await gwei(20));
      await world.slots(SLOTS_PER_EPOCH);
    }
    balances.push(await gwei(20));
    const losses = balances.slice(1).map((balance, i) => (balances[i] ?? 0n) - balance);
    expect(losses[0]).toBeGreaterThan(0n);
    expect(losses[1]).toBeGreaterThan(losses[0] ?? 0n);
    expect(losses[2]).toBeGreaterThan(losses[1] ?? 0n);
    await world.drive('stall', { stalled: false });
    await world.drive('finalise');
  });
});
