/** The inbox: a message is in the journal before it is deleted from the card. */
import type { ReceivedSms } from '../sms/messages.ts';
import type { ReceivedMessage } from './events.ts';
import type { Journal } from './journal.ts';

/** @throws Error of the file system: then it has to stay on the card */
export function keepMessage(journal: Journal, message: ReceivedSms): void {
  // It was kept, and the program ended before it was deleted.
  if (journal.messages.has(message.id)) return;
  journal.record({ type: 'message', message: describe(message) });
}

function describe({ id, from, text, data, at, flash, parts, missing }: ReceivedSms): ReceivedMessage {
  return {
    id,
    from,
    text,
    ...(data && { data: data.toString('hex') }),
    ...(at && { sentAt: at.toISOString() }),
    receivedAt: new Date().toISOString(),
    ...(flash && { flash }),
    parts,
    ...(missing.length > 0 && { missing }),
  };
}
