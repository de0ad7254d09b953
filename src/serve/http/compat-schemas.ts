/** What SIM-Modem-API's REST server takes and gives, key by key (ecosystem.md 1D). */
import { type Static, Type } from '@sinclair/typebox';
import { Problem } from './problem.ts';
import { oneOf } from './schemas.ts';

/** How long the network tries: from, to, and in which steps. */
const UNITS = {
  MINUTES: { min: 5, max: 720, step: 5, minutes: 1 },
  HOURS: { min: 12.5, max: 24, step: 0.5, minutes: 60 },
  DAYS: { min: 2, max: 30, step: 1, minutes: 1_440 },
  WEEKS: { min: 5, max: 63, step: 1, minutes: 10_080 },
} as const;

const names = Object.keys(UNITS) as (keyof typeof UNITS)[];

export const CompatSmsSchema = Type.Object(
  {
    recipient: Type.String({ pattern: '^\\+43[0-9]{3,18}$' }),
    message: Type.String({ minLength: 1 }),
    validityPeriodUnit: Type.Optional(Type.Union([oneOf(names), Type.Null()])),
    validityPeriodValue: Type.Optional(Type.Union([Type.Number(), Type.Null()])),
  },
  { additionalProperties: false },
);

export type CompatSms = Static<typeof CompatSmsSchema>;

export const CompatCommandSchema = Type.Object(
  {
    binaryCommand: Type.String({ pattern: '^([0-9A-Fa-f]{2})+$', maxLength: 2_000 }),
    readableCommand: Type.String({ minLength: 1 }),
    timeoutMs: Type.Integer({ minimum: 1, maximum: 180_000 }),
  },
  { additionalProperties: false },
);

export type CompatCommand = Static<typeof CompatCommandSchema>;

const ExecutedSchema = Type.Object({
  readableCommand: Type.String(),
  binaryCommand: Type.String(),
  readableResponse: Type.String(),
  binaryResponse: Type.String(),
  timeoutMs: Type.Integer(),
  commandSentStamp: Type.String(),
  responseReceivedStamp: Type.String(),
});

export type Executed = Static<typeof ExecutedSchema>;

export const CompatAnswerSchema = Type.Object({
  result: oneOf(['SUCCESS', 'PREDICATE_MISMATCH', 'UNAVAILABLE', 'TIMED_OUT']),
  executedCommands: Type.Array(ExecutedSchema),
});

export type CompatAnswer = Static<typeof CompatAnswerSchema>;

/** undefined: the network's own. @throws Problem that names the field and its rule */
export function validityMinutes({ validityPeriodUnit, validityPeriodValue }: CompatSms): number | undefined {
  if (!validityPeriodUnit) return undefined;
  const { min, max, step, minutes } = UNITS[validityPeriodUnit];
  const wrong = (message: string): Problem =>
    new Problem(400, 'the body is not as it must be', {
      errors: [{ field: 'validityPeriodValue', message }],
    });
  if (validityPeriodValue === undefined || validityPeriodValue === null)
    throw wrong('is required with validityPeriodUnit');
  if (validityPeriodValue < min || validityPeriodValue > max)
    throw wrong(`must be from ${min} to ${max} for ${validityPeriodUnit}`);
  if (validityPeriodValue % step !== 0)
    throw wrong(`must be a multiple of ${step} for ${validityPeriodUnit}`);
  return validityPeriodValue * minutes;
}
