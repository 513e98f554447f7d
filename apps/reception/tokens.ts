/** Names under which things that are no classes are injected. */
export const CLOCK = 'reception.clock';
