// What each setting of a room means: the comments of its config class, for its --help. Class, then field.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const CONFIGS = ['libs/runtime/room-config.ts', 'libs/http/http-config.ts'];

/** Loaded when it is needed: before the first install there is nothing but Node. */
let ts;

/** { RoomConfig: { PORT: 'Port that it listens on …' }, … } */
export function describeSettings(root) {
  ts = createRequire(import.meta.url)('typescript');
  const rooms = readdirSync(join(root, 'apps')).map((room) => `apps/${room}/config.ts`);
  const settings = {};
  for (const file of [...CONFIGS, ...rooms].filter((name) => existsSync(join(root, name)))) {
    const source = ts.createSourceFile(file, readFileSync(join(root, file), 'utf8'), ts.ScriptTarget.Latest, true);
    for (const statement of source.statements)
      if (ts.isClassDeclaration(statement) && statement.name) settings[statement.name.text] = meanings(statement);
  }
  return settings;
}

function meanings(type) {
  const fields = type.members.filter((member) => ts.isPropertyDeclaration(member));
  return Object.fromEntries(fields.map((field) => [field.name.getText(), comment(field)]).filter(([, text]) => text));
}

const comment = (field) =>
  ts
    .getJSDocCommentsAndTags(field)
    .map((doc) => ts.getTextOfJSDocComment(doc.comment) ?? '')
    .join(' ')
    .replace(/\s+/g, ' ')
    .trim();
