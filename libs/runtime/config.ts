import 'reflect-metadata';
import { plainToInstance } from 'class-transformer';
import { getMetadataStorage, validateSync, type ValidationError } from 'class-validator';
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
  for (const [name, { whole }] of fieldsOf(type)) {
    const value = env[`${room.toUpperCase()}_${name}`] ?? env[name];
    if (value !== undefined && value !== '') values[name] = whole ? Number(value) : value;
  }
  const config = plainToInstance(type, values, { exposeDefaultValues: true });
  const problems = validateSync(config, { forbidUnknownValues: true }).flatMap(inWords);
  if (problems.length > 0) throw new ConfigInvalid(room, problems);
  return config;
}

const inWords = ({ property, value, constraints }: ValidationError): string[] =>
  value === undefined ? [`${property} is not set`] : Object.values(constraints ?? { [property]: `${property} is not valid` });

interface Field {
  readonly whole: boolean;
  readonly optional: boolean;
  /** The class that declares it. */
  readonly type: string;
}

/** Every decorated field. */
function fieldsOf(type: new () => object): Map<string, Field> {
  const rules = getMetadataStorage().getTargetValidationMetadatas(type, '', true, false);
  const fields = new Map<string, Field>();
  for (const rule of rules) {
    const known = fields.get(rule.propertyName);
    fields.set(rule.propertyName, {
      whole: (known?.whole ?? false) || rule.name === 'isInt',
      optional: (known?.optional ?? false) || rule.type === 'conditionalValidation',
      type: (rule.target as { readonly name: string }).name,
    });
  }
  return fields;
}

export interface Setting {
  readonly name: string;
  /** The class that declares it. */
  readonly type: string;
  readonly required: boolean;
  readonly preset: string | undefined;
}

/** The settings of a config class, those that must be given first. */
export function settingsOf(type: new () => object): Setting[] {
  const presets = new type() as Record<string, unknown>;
  const settings = [...fieldsOf(type)].map(([name, field]) => {
    const preset = presets[name];
    return {
      name,
      type: field.type,
      required: !field.optional && preset === undefined,
      preset: typeof preset === 'string' || typeof preset === 'number' ? String(preset) : undefined,
    };
  });
  return [...settings.filter((s) => s.required), ...settings.filter((s) => !s.required)];
}
