/** Questions, and what of the answers is believed. */
import { randomInt } from 'node:crypto';
import { encode, type Packet, RECURSION_DESIRED } from 'dns-packet';
import { Malformed, MessageReader } from './message-reader.ts';
import { randomCase } from './names.ts';
import { type ReadRecord, type ResourceRecord, readRecord } from './records.ts';

type PacketType = NonNullable<Packet['questions']>[number]['type'];

export interface QuestionOptions {
  /** Letters in random case. Few servers do not repeat it. */
  readonly mixedCase: boolean;
  /** How many bytes an answer may have (EDNS0, RFC 6891); undefined: say nothing about it. */
  readonly answerBytes: number | undefined;
}

/** A message that asks. */
export interface Question {
  readonly id: number;
  readonly message: Buffer;
  readonly withEdns: boolean;
  readonly mixedCase: boolean;
  /** The question section as it is sent, and in the case of the program. */
  readonly asked: Buffer;
  readonly spelled: Buffer;
}

export interface Response {
  readonly code: number;
  /** Then it has no records here: they are not all there. */
  readonly truncated: boolean;
  readonly answers: readonly ResourceRecord[];
  readonly authorities: readonly ResourceRecord[];
  /** Records of any type in the answer. */
  readonly answerCount: number;
  /** As it came, with the question in the case of the program. */
  readonly bytes: Buffer;
}

/**
 * `foreign`: not to this question; `other-case`: to this one, spelled otherwise; `malformed`: to this one, but cannot
 * be read; `garbage`: too short to say.
 */
export type Verdict = Response | 'foreign' | 'other-case' | 'malformed' | 'garbage';

export const ResultCode = {
  success: 0,
  formatError: 1,
  serverFailure: 2,
  nameError: 3,
  notImplemented: 4,
  refused: 5,
} as const;

const HEADER_BYTES = 12;
const RESPONSE = 0x8000;
const OPCODE = 0x7800;
const TRUNCATED = 0x0200;

/** @param name as `queryName()` gives it */
export function createQuestion(name: string, type: string, options: QuestionOptions): Question {
  const { answerBytes } = options;
  const packet: Packet = {
    type: 'query',
    id: randomInt(0x1_0000),
    flags: RECURSION_DESIRED,
    // The package knows more types than its declarations, ANY for one.
    questions: [{ name, type: type as PacketType }],
  };
  const spelled = encode(packet);
  const message = encode({
    ...packet,
    questions: [{ name: options.mixedCase ? randomCase(name) : name, type: type as PacketType }],
    additionals: answerBytes === undefined ? [] : [optRecord(answerBytes)],
  });
  return {
    id: message.readUInt16BE(0),
    message,
    withEdns: answerBytes !== undefined,
    mixedCase: options.mixedCase,
    asked: message.subarray(HEADER_BYTES, spelled.length),
    spelled: spelled.subarray(HEADER_BYTES),
  };
}

/** Whether a message answers the question, and what it says. Never throws, whatever the message is. */
export function judge(question: Question, message: Buffer): Verdict {
  if (message.length < HEADER_BYTES) return 'garbage';
  if (message.readUInt16BE(0) !== question.id) return 'foreign';
  const flags = message.readUInt16BE(2);
  if ((flags & (RESPONSE | OPCODE)) !== RESPONSE) return 'foreign';
  const code = flags & 0xf;
  const questions = message.readUInt16BE(4);
  // What servers that do not know EDNS0 say, some of them without the question.
  if (questions === 0 && code === ResultCode.formatError && question.withEdns) return bare(code, message);
  if (questions !== 1) return 'foreign';
  const { asked, spelled } = question;
  const repeated = message.subarray(HEADER_BYTES, HEADER_BYTES + asked.length);
  if (repeated.length < asked.length) return 'garbage';
  if (!sameLetters(repeated, asked)) return 'foreign';
  if (question.mixedCase && !repeated.equals(asked)) return 'other-case';
  const bytes = Buffer.from(message);
  // Names that point to the question are then spelled as the program spelled it.
  spelled.copy(bytes, HEADER_BYTES);
  if (flags & TRUNCATED) return { ...bare(code, bytes), truncated: true };
  try {
    return readSections(bytes, HEADER_BYTES + asked.length);
  } catch (error) {
    if (error instanceof Malformed) return 'malformed';
    throw error;
  }
}

function readSections(bytes: Buffer, offset: number): Response {
  const reader = new MessageReader(bytes);
  reader.take(offset);
  const section = (countAt: number): ReadRecord[] =>
    Array.from({ length: bytes.readUInt16BE(countAt) }, () => readRecord(reader));
  const answers = section(6);
  const authorities = section(8);
  const additionals = section(10);
  const upperCode = additionals.reduce((bits, { extendedCode }) => bits | extendedCode, 0);
  return {
    code: (upperCode << 4) | (bytes.readUInt16BE(2) & 0xf),
    truncated: false,
    answers: known(answers),
    authorities: known(authorities),
    answerCount: answers.length,
    bytes,
  };
}

const bare = (code: number, bytes: Buffer): Response => ({
  code,
  truncated: false,
  answers: [],
  authorities: [],
  answerCount: 0,
  bytes,
});

const known = (records: readonly ReadRecord[]): ResourceRecord[] =>
  records.flatMap(({ record }) => record ?? []);

const optRecord = (udpPayloadSize: number): NonNullable<Packet['additionals']>[number] => ({
  type: 'OPT',
  name: '.',
  udpPayloadSize,
  extendedRcode: 0,
  ednsVersion: 0,
  flags: 0,
  flag_do: false,
  options: [],
});

/** The question section, letters in any case. */
const sameLetters = (a: Buffer, b: Buffer): boolean =>
  a.toString('latin1').toLowerCase() === b.toString('latin1').toLowerCase();
