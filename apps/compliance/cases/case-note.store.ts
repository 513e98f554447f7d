import type { EntityManager } from 'typeorm';
import type { Actor } from '#audit';
import { invariant, newUuid } from '#kernel';
import type { FieldCipher } from '../personal-data/field-cipher.js';
import { CaseNoteRow, type NoteKind } from './case-note.entity.js';

const placeOf = (id: string): string => `case_note/${id}/text`;

export interface NewNote {
  readonly applicationId: string;
  readonly kind: NoteKind;
  readonly text: string;
  readonly author: Actor;
  readonly at: Date;
}

export interface Note {
  readonly id: string;
  readonly kind: NoteKind;
  readonly text: string;
  readonly author: { readonly kind: 'client' | 'staff'; readonly id: string };
  readonly at: Date;
}

export async function insertNote(em: EntityManager, cipher: FieldCipher, note: NewNote): Promise<string> {
  const { author } = note;
  invariant(author.kind !== 'system', 'case_note.author');
  const id = newUuid();
  await em.insert(CaseNoteRow, {
    id,
    applicationId: note.applicationId,
    kind: note.kind,
    text: cipher.seal(placeOf(id), note.text),
    authorKind: author.kind,
    authorId: author.id,
    createdAt: note.at,
  });
  return id;
}

export async function notesOf(em: EntityManager, cipher: FieldCipher, applicationId: string): Promise<Note[]> {
  const rows = await em.find(CaseNoteRow, { where: { applicationId }, order: { createdAt: 'ASC', id: 'ASC' } });
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind,
    text: cipher.open(placeOf(row.id), row.text),
    author: { kind: row.authorKind, id: row.authorId },
    at: row.createdAt,
  }));
}

/** What the client was asked; nothing else that officers write. */
export const requestsTo = async (em: EntityManager, cipher: FieldCipher, applicationId: string): Promise<Note[]> =>
  (await notesOf(em, cipher, applicationId)).filter((note) => note.kind === 'request');
