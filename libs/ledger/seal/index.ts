export { anchorLine, readAnchor, type AnchorEntry } from './anchor.js';
export { NOTHING_BEFORE, hashOfBlock, hashOfLeaf, type Block, type Leaf, type SignedBlock } from './block.js';
export { sealHealth, type LogSealHealth, type OldestWriter, type SealHealth } from './health.js';
export { auditInclusionProof, inclusionProof, isIncluded, type InclusionProof } from './inclusion.js';
export { keepSealRefusal, keepSealSignature, listSeals, sealAt, sealNext, signedSealsAfter } from './sealer.js';
export { isSealSignature, SealKey, sealStatement, type SealedPosition } from './signature.js';
