import 'reflect-metadata';
import { plainToInstance } from 'class-transformer';
import { getMetadataStorage, validateSync } from 'class-validator';
import { environment, type Environment } from './environment.js';

/** The environment does not describe a room that could run. Lists every problem at once. */
export class ConfigInvalid extends Error {
  override readonly name = 'ConfigInvalid';
  constructor(
    readonly room: string,
    readonly problems: readonly string[],
  ) {
    super(`configuration of ${room} is not valid:\n${problems.map((p) => `  - ${p}`).join('\n')}`);
  }
}

/**
 * Reads a config class from the environment: for each decorated field NAME the variable `<ROOM>_NAME`, then `NAME`. Numbers are converted;
 * an unset field keeps the class's default. Throws ConfigInvalid.
 */
export function loadConfig<T extends object>(type: new () => T, room: string, env: Environment = environment()): T {
  const values: Record<string, string | number> = {};
  for (const [name, whole] of fieldsOf(type)) {
    const value = env[`${room.toUpperCase()}_${name}`] ?? env[name];
    if (value !== undefined && value !== '') values[name] = whole ? Number(value) : value;
  }
  const config = plainToInstance(type, values, { exposeDefaultValues: true });
  const problems = validateSync(config, { forbidUnknownValues: true }).flatMap((e) =>
    Object.values(e.constraints ?? { [e.property]: `${e.property} is not valid` }),
  );
  if (problems.length > 0) throw new ConfigInvalid(room, problems);
  return config;
}

/** Every decorated field, and whether it is a whole number. */
function fieldsOf(type: new () => object): Map<string, boolean> {
  const rules = getMetadataStorage().getTargetValidationMetadatas(type, '', true, false);
  const fields = new Map<string, boolean>();
  for (const rule of rules) fields.set(rule.propertyName, (fields.get(rule.propertyName) ?? false) || rule.name === 'isInt');
  return fields;
}
