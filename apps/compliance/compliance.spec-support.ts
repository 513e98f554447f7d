import 'reflect-metadata';
import { emit, migrateQueues } from '#delivery';
import { openRoom, type OpenRoom, type StaffRole } from '#http';
import { publicId } from '#kernel';
import { ClientRegistered, type MessageType } from '#messages';
import {
  createTestDatabase,
  eventually,
  FakeClock,
  newClient,
  newStaff,
  OpenedRoom,
  type Asked,
  type Called as Answered,
  type Person as Known,
  type TestDatabase,
} from '#testing';
import { complianceModule } from './compliance.module.js';
import { compliance } from './room.js';

export interface Called extends Answered {
  readonly body: Record<string, unknown>;
}
export interface Person extends Known {
  /** As it is shown: `cli_…`, `stf_…`. */
  readonly id: string;
}

export const PII_KEY = 'a1'.repeat(32);
export const someone = {
  full_name: 'Orla Venn',
  date_of_birth: '1990-05-17',
  nationality: 'IE',
  residence: 'HK',
  occupation: 'engineer',
  source_of_funds: 'salary',
};

/** The room on a database of its own, with a clock of its own, and people who call it. */
export class OpenCompliance extends OpenedRoom {
  private constructor(
    database: TestDatabase,
    private readonly env: Record<string, string>,
    private open: OpenRoom | null,
  ) {
    super(database, new FakeClock());
  }

  static async start(env: Record<string, string> = {}): Promise<OpenCompliance> {
    const database = await createTestDatabase();
    await migrateQueues(database.adminUrl);
    const made = new OpenCompliance(database, env, null);
    await made.reopen();
    return made;
  }

  /** Closes the room and opens it again, on other settings where they are given. */
  async reopen(env: Record<string, string> = {}): Promise<void> {
    await this.open?.close();
    this.open = null;
    const all = { DATABASE_URL: this.database.url('compliance'), BAILEE_MODE: 'demo', LOG_LEVEL: 'silent', PII_KEY, ...this.env, ...env };
    this.open = await openRoom({ ...compliance, module: (config, metrics) => complianceModule(config, metrics, this.clock) }, all);
  }

  override async close(): Promise<void> {
    await this.open?.close();
    await this.database.close();
  }

  get room(): OpenRoom {
    if (!this.open) throw new Error('the room is not open');
    return this.open;
  }

  /** A client with an API key; its standing is opened by the event of its registration unless told otherwise. */
  async client(registered = true): Promise<Person> {
    const person = await newClient(this.database);
    const { uuid } = person;
    if (registered) {
      await this.tell('reception', ClientRegistered, uuid, { clientId: uuid });
      await eventually(async () => (await this.standing(uuid)) !== undefined);
    }
    return { ...person, id: publicId('client', uuid) };
  }

  async staff(...roles: StaffRole[]): Promise<Person> {
    const person = await newStaff(this.database, ...roles);
    return { ...person, id: publicId('staff', person.uuid) };
  }

  call(who: Person | null, method: 'GET' | 'POST' | 'PUT', url: string, request: Asked = {}): Promise<Called> {
    return this.ask(who, method, url, request);
  }
  get = (who: Person | null, url: string): Promise<Called> => this.call(who, 'GET', url);
  post = (who: Person | null, url: string, body: object = {}, key?: string | null): Promise<Called> =>
    this.call(who, 'POST', url, { body, ...(key === undefined ? {} : { key }) });

  /** Says something to this room as another room does. */
  async tell<P extends object>(from: string, type: MessageType<P>, aggregate: string, payload: P): Promise<void> {
    const sender = await this.database.transactor(from);
    await sender.run((em) => emit(em, type, { aggregate, payload }));
  }

  /** What this room has said of a type, one row a message. */
  async said<P>(type: MessageType<object & P>, aggregate: string): Promise<P[]> {
    const rows = await this.query<{ payload: P }>(
      `SELECT payload FROM delivery.delivery WHERE message = $1 AND aggregate = $2 AND subscriber = $3 AND producer = 'compliance' ORDER BY seq`,
      [type.name, aggregate, type.to[0]],
    );
    return rows.map((row) => row.payload);
  }

  async standing(clientId: string): Promise<{ state: string; version: number } | undefined> {
    return (await this.query<{ state: string; version: number }>('SELECT * FROM compliance.standing WHERE client_id = $1', [clientId]))[0];
  }

  /** Applies and submits; answers the application's id. */
  async apply(client: Person, data: object = someone): Promise<string> {
    const made = await this.post(client, '/v1/onboarding/applications', data);
    if (made.status !== 201) throw new Error(made.text);
    const id = String(made.body['id']);
    const submitted = await this.post(client, `/v1/onboarding/applications/${id}/submit`);
    if (submitted.status !== 202) throw new Error(submitted.text);
    return id;
  }

  propose(officer: Person, applicationId: string, outcome: 'approve' | 'reject' = 'approve'): Promise<Called> {
    return this.post(officer, `/v1/compliance/cases/${applicationId}/decisions`, {
      outcome,
      reason_codes: ['documents_in_order'],
      comment: 'seen',
    });
  }
  check = (checker: Person, decisionId: unknown, answer: 'approve' | 'deny' = 'approve', body: object = {}): Promise<Called> =>
    this.post(checker, `/v1/compliance/decisions/${String(decisionId)}/${answer}`, body);

  /** A client whom two people have approved. */
  async approved(officer: Person, checker: Person, data: object = someone): Promise<Person> {
    const client = await this.client();
    const proposed = await this.propose(officer, await this.apply(client, data));
    const checked = await this.check(checker, proposed.body['id']);
    if (checked.status !== 200) throw new Error(proposed.text + checked.text);
    return client;
  }
}

export const code = (called: Called): unknown => called.body['code'] ?? called.status;
