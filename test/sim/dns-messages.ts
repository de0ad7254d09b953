/** Questions to a name server, and what its answers hold. */
import type { Packet, Question } from 'dns-packet';

export const question = (name: string, type: string): Question => ({ name, type: type as Question['type'] });

export const query = (name: string, type: string, more: Packet = {}): Packet => ({
  type: 'query',
  id: 0x1234,
  flags: 1 << 8,
  questions: [question(name, type)],
  ...more,
});

export const data = ({ answers = [] }: Packet): unknown[] =>
  answers.map(record => ('data' in record ? record.data : ''));

export const resultCode = ({ flags = 0 }: Packet): number => flags & 15;
