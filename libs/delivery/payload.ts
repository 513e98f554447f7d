import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';
import { InvariantBroken } from '#kernel';
import type { MessageType } from '#messages';

const STRICT = { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: true } as const;

/** The payload as its class, or InvariantBroken `message.invalid`: a message that is not what its type says is a defect, at either end. */
export function checked<P extends object>(type: MessageType<P>, plain: object): P {
  const payload = plainToInstance(type.payload, plain);
  const errors = validateSync(payload, STRICT);
  if (errors.length > 0)
    throw new InvariantBroken('message.invalid', { message: type.name, problems: errors.flatMap((e) => problemsOf(e)) });
  return payload;
}

/** Names of fields and rules, never their values: payloads do not belong in logs. */
function problemsOf(error: ValidationError, path = ''): string[] {
  const field = path + error.property;
  return [
    ...Object.keys(error.constraints ?? {}).map((rule) => `${field}: ${rule}`),
    ...(error.children ?? []).flatMap((child) => problemsOf(child, `${field}.`)),
  ];
}
