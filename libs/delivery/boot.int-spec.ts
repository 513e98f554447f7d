import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { databaseModule } from '#database';
import { ClientRegistered, type ClientRegisteredV1, DepositDataRequest, messageTypes, SignatureRequest } from '#messages';
import { createTestDatabase, type TestDatabase } from '#testing';
import { deliveryModule } from './delivery.module.js';
import { openRoom } from './delivery.spec-support.js';
import { Handles, Schedule } from './doors.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.close());

describe('a room does not start', () => {
  const start = async (...providers: (new () => object)[]): Promise<string> => {
    const config = { DATABASE_URL: db.url('signer'), DATABASE_POOL: 2, LOG_LEVEL: 'silent' };
    const room = await openRoom([databaseModule('signer', config, []), deliveryModule('signer', config)], providers);
    try {
      await room.init();
      return 'started';
    } catch (error) {
      return (error as Error).message;
    } finally {
      await room.close();
    }
  };

  @Injectable()
  class One {
    @Handles(SignatureRequest)
    async sign(): Promise<void> {}
  }
  @Injectable()
  class Two {
    @Handles(DepositDataRequest)
    async deposit(): Promise<void> {}
  }
  const deposit = Object.getOwnPropertyDescriptor(Two.prototype, 'deposit') ?? {};
  for (const type of messageTypes())
    if (type.to.includes('signer') && ![SignatureRequest.name, DepositDataRequest.name].includes(type.name))
      Handles(type)(Two.prototype, 'deposit', deposit);

  @Injectable()
  class Again {
    @Handles(SignatureRequest)
    async sign(): Promise<void> {}
  }
  @Injectable()
  class Foreign {
    @Handles(ClientRegistered)
    async registered(_em: EntityManager, _payload: ClientRegisteredV1): Promise<void> {}
  }
  @Injectable()
  class Ticking {
    @Schedule<object>({ name: 'tick', everyMs: () => 1_000 })
    async tick(): Promise<void> {}
    @Schedule<object>({ name: 'tick', everyMs: () => 1_000 })
    async tock(): Promise<void> {}
  }

  it('when a message to it has no handler', async () => {
    expect(await start(One)).toContain('deposit_data.request@1 has no handler');
  });
  it('when a message to it has two', async () => {
    expect(await start(One, Two, Again)).toMatch(/signature.request@1 has two handlers, one of them (One|Again).sign/);
  });
  it('when it handles what is not addressed to it', async () => {
    expect(await start(One, Two, Foreign)).toContain('Foreign.registered handles client.registered@1, which is not addressed to signer');
  });
  it('when two schedules have one name', async () => {
    expect(await start(One, Two, Ticking)).toContain('the schedule tick is declared twice');
  });
  it('and names every problem at once', async () => {
    const message = await start(Foreign);
    for (const part of ['client.registered@1', 'deposit_data.request@1', 'signature.request@1']) expect(message).toContain(part);
  });
  it('but does when all is as it should be', async () => {
    expect(await start(One, Two)).toBe('started');
  });
});
