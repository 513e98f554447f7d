import { prefixesOf, type Room } from '#http';
import { complianceModule } from './compliance.module.js';
import { ComplianceConfig } from './config.js';
import { complianceProblems } from './problems.js';

export const compliance: Room<ComplianceConfig> = {
  name: 'compliance',
  prefixes: prefixesOf('compliance'),
  problems: complianceProblems,
  config: ComplianceConfig,
  module: complianceModule,
};
