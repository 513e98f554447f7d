import { CreateCompliance1764000050001 } from './001-create-compliance.js';

export const complianceMigrations = [CreateCompliance1764000050001];
