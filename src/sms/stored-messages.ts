/** What is on the card, as a list for people: parts joined, doubles together, nothing remembered. */

import { Assembly } from './codec/assembly.ts';
import type { Entry } from './entry.ts';
import type { StoredSms } from './messages.ts';
import { joined, type Part, partOf } from './part.ts';

export function storedMessages(entries: readonly Entry[]): StoredSms[] {
  const places = new Map<string, number[]>();
  const assembly = new Assembly<Part>();
  const assembled = entries.flatMap(({ message, raw, place }) => {
    if (message instanceof Error || message.type !== 'deliver') return [];
    const part = partOf(message, raw);
    const known = places.get(part.key);
    known?.push(place);
    if (known) return [];
    places.set(part.key, [place]);
    return assembly.add(part, 0);
  });
  return [...assembled, ...assembly.overdue(1)].map(one => ({
    ...joined(one),
    places: one.parts.flatMap(({ key }) => places.get(key) ?? []),
  }));
}
