import { IsIn, IsOptional, Matches } from 'class-validator';
import { PageQuery } from '#http';
import { Text } from '../texts.js';
import { decisionActions, type DecisionActionName, decisionStates, type DecisionState } from './decision.js';

export class CheckDto {
  /** payload_hash of the decision as the checker saw it: anything else is refused. */
  @IsOptional() @Matches(/^[0-9a-f]{64}$/) payload_hash?: string;
  @IsOptional() @Text(1, 2000) comment?: string;
}

export class DecisionsQuery extends PageQuery {
  @IsOptional() @IsIn(decisionStates) state?: DecisionState;
  @IsOptional() @IsIn(decisionActions) action?: DecisionActionName;
}
