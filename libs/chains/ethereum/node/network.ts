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

  /** Asks again. A node exchanged for one of another network is found here. */
  async learn(): Promise<NetworkFacts> {
    this.learned = null;
    this.learned = await learnNetwork(this.profile, this.execution, this.beacon);
    return this.learned;
  }

  /** Without asking: fixed by the profile or, on a network made anew, once it has answered. Fault `chain.unreachable` before that. */
  identity(): NetworkIdentity {
    const known = this.profile.identity ?? this.learned;
    if (!known) throw new Fault('chain.unreachable', `The nodes of ${this.profile.name} have not answered yet.`, true);
    return known;
  }
}
