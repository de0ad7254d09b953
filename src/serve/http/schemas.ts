/** What goes over the wire, as JSON schemas: requests are checked by them, and the OpenAPI document is made of them. */
import { type Static, type TObject, type TProperties, Type } from '@sinclair/typebox';

/** Keys that nobody knows are mistakes (reliability.md S28). */
const strict = <T extends TProperties>(properties: T, description: string): TObject<T> =>
  Type.Object(properties, { additionalProperties: false, description });

const time = (description: string) => Type.String({ format: 'date-time', description });

/** 255 parts of 153 characters. */
const LONGEST_TEXT = 39_015;

export const OrderSchema = strict(
  {
    to: Type.String({
      pattern: '^\\+?[0-9*#]{1,20}$',
      description: 'A number, international with its plus (+43664123456), or as it is dialled.',
    }),
    text: Type.String({ minLength: 1, maxLength: LONGEST_TEXT }),
    flash: Type.Optional(Type.Boolean({ description: 'Shown at once and not stored.' })),
    report: Type.Optional(Type.Boolean({ description: 'Ask the network what becomes of it.' })),
    validityMinutes: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 63 * 7 * 24 * 60, description: 'How long the network tries.' }),
    ),
    onUnknown: Type.Optional(
      Type.Literal('resend', {
        description: 'Send it again when nobody can know whether it went out: it may come twice then.',
      }),
    ),
  },
  'A short message to send.',
);

/** One of some words. */
export const oneOf = <T extends string>(words: readonly T[]) =>
  Type.Union(words.map(word => Type.Literal(word)));

const State = oneOf(['queued', 'sending', 'sent', 'delivered', 'failed', 'unknown']);

export const JobSchema = strict(
  {
    ...OrderSchema.properties,
    id: Type.String(),
    key: Type.String({ description: 'Of the header Idempotency-Key, or one that was made.' }),
    by: Type.String({ description: 'Names the token without giving it away.' }),
    state: State,
    acceptedAt: time('When the request was accepted.'),
    changedAt: time('When its state changed last.'),
    parts: Type.Integer(),
    references: Type.Optional(Type.Array(Type.Integer(), { description: 'Of its parts, by the network.' })),
    delivered: Type.Optional(Type.Array(Type.Integer(), { description: 'References that were delivered.' })),
    tries: Type.Integer(),
    notBefore: Type.Optional(Type.Integer({ description: 'Waits until then: milliseconds since 1970.' })),
    error: Type.Optional(Type.String()),
  },
  'A message on its way out. It stays in the list when it is over.',
);

export const MessageSchema = strict(
  {
    id: Type.String(),
    from: Type.String({ description: 'A number or a name; nothing proves that it is true.' }),
    text: Type.String(),
    data: Type.Optional(Type.String({ description: 'Hexadecimal digits, of a message without characters.' })),
    sentAt: Type.Optional(time('When the network got it.')),
    receivedAt: time('When the service got it.'),
    flash: Type.Optional(Type.Boolean()),
    parts: Type.Integer(),
    missing: Type.Optional(Type.Array(Type.Integer(), { description: 'Parts that have not come.' })),
  },
  'A message that was received.',
);

const next = Type.Optional(Type.String({ description: 'Give it as `before` to see older ones.' }));
export const JobListSchema = strict({ items: Type.Array(JobSchema), next }, 'The newest first.');
export const InboxSchema = strict({ items: Type.Array(MessageSchema), next }, 'The newest first.');

export const PageQuerySchema = strict(
  {
    limit: Type.Optional(
      Type.String({ pattern: '^([1-9][0-9]?|[1-4][0-9]{2}|500)$', description: '1 to 500; 50 unless told.' }),
    ),
    before: Type.Optional(Type.String({ maxLength: 200, description: 'Only older ones than this id.' })),
  },
  'Which ones.',
);

export const JobQuerySchema = strict(
  { ...PageQuerySchema.properties, state: Type.Optional(State) },
  'Which ones.',
);

export const NoQuerySchema = strict({}, 'None.');

export const ModemSchema = strict(
  {
    state: Type.String({ description: '`opening`, `ready`, `recovering` or `closed`.' }),
    info: Type.Optional(Type.Object({}, { additionalProperties: true, description: 'Who it is.' })),
    status: Type.Optional(
      Type.Object(
        {},
        { additionalProperties: true, description: 'Registration, addresses, signal (rssiDbm).' },
      ),
    ),
    statusAt: Type.Optional(time('When the modem said so.')),
    stats: Type.Object(
      {},
      { additionalProperties: true, description: 'Bytes, commands, connections, recoveries.' },
    ),
    signal: Type.Array(strict({ at: time('When.'), rssiDbm: Type.Integer() }, 'Signal strength.')),
    watchdog: Type.Optional(
      strict(
        {
          rung: Type.Integer(),
          action: Type.String(),
          reason: Type.String(),
          result: Type.String(),
          at: time('When.'),
        },
        'What was done last to get the modem back.',
      ),
    ),
    jobs: Type.Record(Type.String(), Type.Integer(), { description: 'How many are in which state.' }),
  },
  'The modem now.',
);

/** What may stand behind AT in one command line: no line break, no other control character. */
export const AtSchema = strict(
  {
    command: Type.String({
      pattern: '^[ -~]{1,1000}$',
      description: 'One command line, with or without AT.',
    }),
    timeoutMs: Type.Optional(
      Type.Integer({ minimum: 100, maximum: 180_000, description: '10,000 unless told.' }),
    ),
  },
  'An AT command.',
);

export const AtAnswerSchema = strict(
  {
    ok: Type.Boolean(),
    result: Type.String({ description: 'OK, or what the modem said instead.' }),
    lines: Type.Array(Type.String(), { description: 'Information responses.' }),
  },
  'What the modem answered.',
);

export const ProblemSchema = strict(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    errors: Type.Optional(
      Type.Array(strict({ field: Type.String(), message: Type.String() }, 'What is wrong with a field.')),
    ),
  },
  'A problem (RFC 9457).',
);

export type AtRequest = Static<typeof AtSchema>;
