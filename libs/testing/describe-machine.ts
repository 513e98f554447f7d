import { isTerminal, move, type Machine } from '#kernel';

/** Proves a state machine: every state reachable, terminals declared and only they without a way out, every unlisted move refused. */
export function describeMachine<S extends string, E extends string>(of: Machine<S, E>): void {
  const states = Object.keys(of.transitions) as S[];
  const events = [...new Set(states.flatMap((s) => Object.keys(of.transitions[s]) as E[]))];

  describe(`machine ${of.name}`, () => {
    it('reaches every state from its initial one', () => {
      const seen = new Set<S>([of.initial]);
      const open: S[] = [of.initial];
      for (let state = open.pop(); state !== undefined; state = open.pop()) {
        for (const next of Object.values(of.transitions[state]) as S[]) {
          if (!seen.has(next)) {
            seen.add(next);
            open.push(next);
          }
        }
      }
      expect([...seen].sort()).toEqual([...states].sort());
    });

    it('declares as terminal exactly the states without a way out', () => {
      const dead = states.filter((s) => Object.keys(of.transitions[s]).length === 0);
      expect([...of.terminal].sort()).toEqual(dead.sort());
      for (const state of states) expect(isTerminal(of, state)).toBe(dead.includes(state));
    });

    it('refuses every move that is not listed', () => {
      for (const state of states) {
        for (const name of events) {
          const outcome = move(of, state, name);
          const listed = of.transitions[state][name];
          if (listed === undefined) expect(outcome).toMatchObject({ ok: false, refusal: { code: `${of.name}.forbidden_move` } });
          else expect(outcome).toEqual({ ok: true, value: listed });
        }
      }
    });
  });
}
