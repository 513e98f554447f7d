/** Messages come in while everything that can befall delivery befalls it; see test/fire/storm.spec-support. */
export { storm as drill, type Storm } from '../../fire/storm.spec-support.js';
