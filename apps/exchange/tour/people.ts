import { setTimeout as pause } from 'node:timers/promises';
import type { StaffCredential } from '../seed/staff.js';
import { ApiProblem, type Api, type Json } from './api.js';

/** Who acts in the story: the staff by their tokens, clients by their keys. */
export interface Staff {
  readonly officer: Api;
  readonly seniorOfficer: Api;
  readonly treasury: Api;
  readonly auditor: Api;
  readonly support: Api;
}

export function staffOf(api: Api, credentials: readonly StaffCredential[]): Staff {
  const as = (name: string): Api => {
    const found = credentials.find((c) => c.name === name);
    if (!found) throw new Error(`no ${name} among the staff of this exchange`);
    return api.as(found.token);
  };
  return {
    officer: as('officer'),
    seniorOfficer: as('senior-officer'),
    treasury: as('treasury'),
    auditor: as('auditor'),
    support: as('support'),
  };
}

export interface Client {
  readonly id: string;
  readonly apiKey: string;
  readonly api: Api;
}

export interface Person {
  readonly full_name: string;
  readonly date_of_birth: string;
  readonly nationality: string;
  readonly residence: string;
  readonly occupation: string;
  readonly source_of_funds: string;
}

/** Invented, like everybody in this demo. */
export const person = (name: string): Person => ({
  full_name: name,
  date_of_birth: '1988-04-12',
  nationality: 'HK',
  residence: 'HK',
  occupation: 'engineer',
  source_of_funds: 'salary and savings',
});

export async function signUp(api: Api, reference: string): Promise<Client> {
  const made = await api.post<{ id: string; api_key: string }>('/v1/clients', { reference });
  return { id: made.id, apiKey: made.api_key, api: api.as(made.api_key) };
}

/** Asks until the answer fits, or the time is over. */
export async function until<T>(what: string, probe: () => Promise<T | null | undefined | false>, withinMs = 20_000): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const value = await probe();
    if (value !== null && value !== undefined && value !== false) return value;
    if (performance.now() > deadline) throw new Error(`waited ${withinMs / 1000} s in vain: ${what}`);
    await pause(60);
  }
}

interface Case extends Json {
  id: string;
  state: string;
}

/** From an application to an approved client: data, submission, screening, an officer, and another one. */
export async function applyAndSubmit(client: Client, who: Person): Promise<string> {
  const application = await client.api.post<{ id: string }>('/v1/onboarding/applications', { ...who });
  await client.api.post(`/v1/onboarding/applications/${application.id}/submit`);
  return application.id;
}

export async function caseOf(staff: Staff, client: Client): Promise<Case> {
  return until('the case reaches an officer', async () => {
    const { data } = await staff.officer.get<{ data: Case[] }>(`/v1/compliance/cases?client_id=${client.id}`);
    return data.find((c) => c.state === 'officer_review');
  });
}

export interface Decision extends Json {
  id: string;
  state: string;
  payload_hash: string;
}

export async function decide(staff: Staff, caseId: string): Promise<Decision> {
  return staff.officer.post<Decision>(`/v1/compliance/cases/${caseId}/decisions`, {
    outcome: 'approve',
    reason_codes: ['documents_in_order'],
    comment: 'identity and funds are plausible',
  });
}

export async function approve(staff: Staff, decision: Decision): Promise<void> {
  await staff.seniorOfficer.post(`/v1/compliance/decisions/${decision.id}/approve`, { payload_hash: decision.payload_hash });
}

export async function approved(staff: Staff, client: Client, who: Person): Promise<void> {
  await applyAndSubmit(client, who);
  const found = await caseOf(staff, client);
  await approve(staff, await decide(staff, found.id));
}

export interface Disclosure {
  readonly version: number;
  readonly hash: string;
  readonly title: string;
  readonly sections: readonly unknown[];
}

export async function acknowledge(client: Client, productId: string): Promise<Disclosure> {
  const disclosure = await client.api.get<Disclosure & Json>(`/v1/compliance/disclosures/${productId}`);
  await client.api.post('/v1/compliance/acknowledgements', { product_id: productId, version: disclosure.version, hash: disclosure.hash });
  return disclosure;
}

/** A room learns of an approval by a message: in a moment. Until then it says no. */
export async function depositAddress(client: Client): Promise<string> {
  return until('custody learns of the approval', async () => {
    try {
      return (await client.api.post<{ address: string }>('/v1/custody/addresses', { asset: 'ETH' })).address;
    } catch (error) {
      if (error instanceof ApiProblem && error.status === 403) return null;
      throw error;
    }
  });
}

export async function ownAddress(client: Client, address: string, label: string): Promise<string> {
  return (await client.api.post<{ id: string }>('/v1/custody/address-book', { asset: 'ETH', address, label })).id;
}

export interface AssetBuckets {
  readonly asset: string;
  readonly available: string;
  readonly available_atomic: string;
  readonly reserved_atomic: string;
  readonly activating_atomic: string;
  readonly active_atomic: string;
  readonly rewards_atomic: string;
  readonly in_review_atomic: string;
  readonly total_atomic: string;
}

export async function buckets(client: Client): Promise<AssetBuckets | null> {
  const { assets } = await client.api.get<{ assets: AssetBuckets[] }>('/v1/overview');
  return assets.find((a) => a.asset === 'ETH') ?? null;
}
