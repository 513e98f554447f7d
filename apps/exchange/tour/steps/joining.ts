import type { Story } from '../story.js';
import { expectThat } from '../story.js';
import type { Cast, TourContext } from '../context.js';
import { newWallet } from '../chain-side.js';
import { PRODUCT } from '../operations.js';
import {
  acknowledge,
  applyAndSubmit,
  approve,
  caseOf,
  decide,
  depositAddress,
  ownAddress,
  person,
  signUp,
  until,
  type Client,
} from '../people.js';

const NAME = 'Ada Traveller';

/** From a stranger to a client with an address. */
export async function joining(story: Story, { api, staff, outside }: TourContext, cast: Cast): Promise<{ client: Client; caseId: string }> {
  const reference = `tour ${randomName()}`;
  const client = await signUp(api, reference);
  let caseId = '';

  await story.step('A new client signs up, and may do nothing yet', async (say) => {
    const refused = await client.api.refused((a) => a.post('/v1/staking/stakes', { asset: 'ETH', amount: '5' }));
    expectThat(refused.status === 403 && refused.code === 'stake.not_approved', 'a stake before approval is refused', {
      code: refused.code,
    });
    say(`client ${client.id}`);
    say(`a stake is refused: ${refused.status} ${refused.code}: ${refused.detail}`);
    const address = await client.api.refused((a) => a.post('/v1/custody/addresses', { asset: 'ETH' }));
    expectThat(address.status === 403, 'a deposit address before approval is refused', { code: address.code });
    say(`so is a deposit address: ${address.status} ${address.code}`);
    return { client: client.id, stake: refused.code, address: address.code };
  });

  await story.step('The client applies; the name is screened before anyone may decide', async (say) => {
    const application = await applyAndSubmit(client, person(NAME));
    const found = await caseOf(staff, client);
    caseId = found.id;
    const view = await staff.officer.get<{ screenings: { outcome: string }[] }>(`/v1/compliance/cases/${caseId}`);
    const [screening] = view.screenings;
    expectThat(screening !== undefined, 'there is a screening result before any decision');
    say(`application ${application}, case ${caseId}`);
    say(`screening: ${screening.outcome} (an officer's look at the personal data is itself recorded)`);
    return { application, case: caseId, screening: screening.outcome };
  });

  await story.step('An officer decides, another one approves: four eyes', async (say) => {
    const decision = await decide(staff, caseId);
    const twice = await staff.officer.refused((a) =>
      a.post(`/v1/compliance/decisions/${decision.id}/approve`, { payload_hash: decision.payload_hash }),
    );
    expectThat(twice.code === 'approval.maker_is_checker', 'the maker cannot be the checker', { code: twice.code });
    say(`the same officer cannot approve: ${twice.status} ${twice.code}`);
    await approve(staff, decision);
    const me = await until('the standing reaches the client', async () => {
      const { standing } = await client.api.get<{ standing: { state: string } }>('/v1/me');
      return standing.state === 'approved' ? standing : null;
    });
    say(`approved by a second person; standing: ${me.state}`);
    return { decision: decision.id, standing: me.state };
  });

  await story.step('The client reads the disclosure, acknowledges it, names its own wallet and gets an address', async (say) => {
    const wallet = await newWallet(outside, '6');
    cast.wallet = wallet;
    const disclosure = await acknowledge(client, PRODUCT);
    say(
      `"${disclosure.title}", version ${disclosure.version}, ${disclosure.sections.length} sections, hash ${disclosure.hash.slice(0, 18)}…`,
    );
    cast.destinationId = await untilKnown(() => ownAddress(client, wallet.address, 'my own wallet'));
    cast.address = await depositAddress(client);
    say(`own wallet ${wallet.address} in the address book`);
    say(`deposit address ${cast.address}`);
    return { disclosure: { version: disclosure.version, hash: disclosure.hash }, wallet: wallet.address, address: cast.address };
  });
  return { client: client, caseId };
}

/** Rooms learn of an approval a moment later. */
const untilKnown = (work: () => Promise<string>): Promise<string> =>
  until('custody learns of the approval', async () => {
    try {
      return await work();
    } catch (error) {
      if ((error as { status?: number }).status === 403) return null;
      throw error;
    }
  });

const randomName = (): string => crypto.randomUUID().slice(0, 8);
