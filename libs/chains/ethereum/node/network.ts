import { Fault } from '#kernel';
import type { NetworkIdentity, Profile } from '../profiles.js';
import type { BeaconNode } from './beacon-node.js';
import type { ExecutionNode } from './execution-node.js';
import { FinalityWatch } from './finality-watch.js';
import { learnNetwork, type NetworkFacts } from './network-facts.js';
import { watchExecution } from './watched-execution.js';

/** A second pair of nodes, run by somebody else, that is asked about all that is final. */
export interface SecondOpinion {
  readonly network: Network;
  /** How long it may be behind before that is said. */
  readonly patienceMs: number;
  /** Both of its nodes are its own. Where one is the first pair's again, it contradicts but does not confirm: it is no source by itself. */
  readonly whole: boolean;
}

/** The two nodes, and what they said the network is: asked at the first use, verified against the profile, and again by every check. */
export class Network {
  readonly finality = new FinalityWatch();
  readonly execution: ExecutionNode;
  private learned: NetworkFacts | null = null;

  constructor(
    readonly profile: Profile,
    execution: ExecutionNode,
    readonly beacon: BeaconNode,
    readonly second: SecondOpinion | null = null,
  ) {
    this.execution = watchExecution(execution, this.finality);
  }

  /** Each whole pair of nodes by itself; with one node more, the one pair as that node lets it speak. */
  sources(): readonly Network[] {
    return this.second?.whole ? [new Network(this.profile, this.execution, this.beacon), this.second.network] : [this];
  }

  async facts(): Promise<NetworkFacts> {
    return this.learned ?? (await this.learn());
  }

  /** Asks again. A node exchanged for one of another network is found here, and what was learned before counts no more. */
  async learn(): Promise<NetworkFacts> {
    try {
      const [learned] = await Promise.all([learnNetwork(this.profile, this.execution, this.beacon), this.second?.network.learn()]);
      this.learned = learned;
      return learned;
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
