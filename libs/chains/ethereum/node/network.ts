import { Fault } from '#kernel';
import type { NetworkIdentity, Profile } from '../profiles.js';
import type { BeaconNode } from './beacon-node.js';
import type { ExecutionNode } from './execution-node.js';
import { learnNetwork, type NetworkFacts } from './network-facts.js';

/** The two nodes, and what they said the network is: asked at the first use, verified against the profile, and again by every check. */
export class Network {
  private learned: NetworkFacts | null = null;

  constructor(
    readonly profile: Profile,
    readonly execution: ExecutionNode,
    readonly beacon: BeaconNode,
  ) {}

  async facts(): Promise<NetworkFacts> {
    return this.learned ?? (await this.learn());
  }

  /** Asks again. A node exchanged for one of another network is found here, and what was learned before counts no more. */
  async learn(): Promise<NetworkFacts> {
    try {
      this.learned = await learnNetwork(this.profile, this.execution, this.beacon);
      return this.learned;
    } catch (error) {
      if (error instanceof Fault && error.code === 'chain.wrong_network') this.learned = null;
      throw error;
    }
  }

  /** Without asking: fixed by the profile or, on a network made anew, once it has answered. Fault `chain.unreachable` before that. */
  identity(): NetworkIdentity {
    const known = this.profile.identity ?? this.learned;
    if (!known) throw new Fault('chain.unreachable', `The nodes of ${this.profile.name} have not answered yet.`, true);
    return known;
  }
}
