import { describeOnEachBackend } from '../../libs/delivery/queues.spec-support.js';
import { drill } from '../soak/drills/delivery-drill.js';

describeOnEachBackend((backend) => {
  it('handles once and in order what a room was killed over', async () => {
    // `npm run soak` takes every statement and every moment
    const report = await drill({ backend, statements: [10, 16], moments: ['sent'] });
    expect(report.kills).toBe(2);
  });
});
