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
  const values: Record<string, string> = {};
  for (const name of fieldsOf(type)) {
    const value = env[`${room.toUpperCase()}_${name}`] ?? env[name];
    if (value !== undefined && value !== '') values[name] = value;
  }
  const config = plainToInstance(type, values, { enableImplicitConversion: true, exposeDefaultValues: true });
  const problems = validateSync(config, { forbidUnknownValues: true }).flatMap((e) =>
    Object.values(e.constraints ?? { [e.property]: `${e.property} is not valid` }),
  );
  if (problems.length > 0) throw new ConfigInvalid(room, problems);
  return config;
}

function fieldsOf(type: new () => object): string[] {
  const rules = getMetadataStorage().getTargetValidationMetadatas(type, '', true, false);
  return [...new Set(rules.map((rule) => rule.propertyName))];
}
