import { Fault } from '#kernel';

export interface Preparation {
  readonly index: bigint;
  readonly recipient: string;
}

/**
 * Tells the beacon node that our validators' client works with whom their blocks pay, as such a client does every epoch. Source: beacon-APIs,
 * POST /eth/v1/validator/prepare_beacon_proposer. Fault: operator.unreachable.
 */
export async function prepareProposers(beaconUrl: string, preparations: readonly Preparation[], timeoutMs: number): Promise<void> {
  const body = preparations.map(({ index, recipient }) => ({ validator_index: index.toString(), fee_recipient: recipient }));
  try {
    const response = await fetch(new URL('/eth/v1/validator/prepare_beacon_proposer', beaconUrl), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMs),
    });
    await response.body?.cancel();
    if (response.ok) return;
    throw new Fault('operator.refused', `the operator's beacon node answered ${response.status}`, true);
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw new Fault('operator.unreachable', "the operator's beacon node does not answer", true, { cause: error });
  }
}
