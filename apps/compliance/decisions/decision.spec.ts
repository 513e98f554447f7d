import { describeMachine } from '#testing';
import { checkerRoles, type DecisionFacts, decisionActions, decisionMachine, isBound, mayCheck } from './decision.js';

describeMachine(decisionMachine);

const now = new Date('2026-01-05T09:00:00.000Z');
const decision: DecisionFacts = {
  action: 'application.decide',
  state: 'requested',
  makerId: 'maker',
  payloadHash: 'a'.repeat(64),
  expiresAt: new Date('2026-01-05T09:00:00.001Z'),
};
const codeOf = (change: Partial<DecisionFacts>, checker = { staffId: 'checker', roles: ['officer'] }, at = now): string => {
  const result = mayCheck({ ...decision, ...change }, checker, at);
  return result.ok ? 'ok' : result.refusal.code;
};

describe('four eyes', () => {
  it('lets another officer check in time', () => expect(codeOf({})).toBe('ok'));
  it('never lets the maker check, whatever its roles', () => {
    for (const action of decisionActions) {
      expect(codeOf({ action }, { staffId: 'maker', roles: ['officer', 'senior_officer', 'mlro'] })).toBe('approval.maker_is_checker');
    }
  });
  it('ends at its expiry, to the millisecond', () => {
    expect(codeOf({}, undefined, decision.expiresAt)).toBe('approval.expired');
  });
  it.each(['approved', 'denied', 'expired', 'executed'] as const)('is used once: %s', (state) => {
    expect(codeOf({ state })).toBe('approval.forbidden_move');
  });
  it('asks for the role that the action asks for', () => {
    expect(codeOf({}, { staffId: 'checker', roles: ['support', 'treasury', 'auditor'] })).toBe('approval.role_not_allowed');
    for (const action of decisionActions) {
      expect(codeOf({ action }, { staffId: 'checker', roles: ['mlro'] })).toBe('ok');
      expect(codeOf({ action })).toBe(checkerRoles[action].includes('officer') ? 'ok' : 'approval.role_not_allowed');
    }
    expect(checkerRoles['hold.release']).not.toContain('officer');
  });
  it('holds for exactly what was proposed', () => {
    expect(isBound(decision, decision.payloadHash)).toMatchObject({ ok: true });
    expect(isBound(decision, decision.payloadHash, decision.payloadHash)).toMatchObject({ ok: true });
    expect(isBound(decision, 'b'.repeat(64))).toMatchObject({ ok: false, refusal: { code: 'approval.payload_changed' } });
    expect(isBound(decision, decision.payloadHash, 'b'.repeat(64))).toMatchObject({
      ok: false,
      refusal: { code: 'approval.payload_changed' },
    });
  });
});
