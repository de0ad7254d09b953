/** The JSON body of a request, with a limit to everything (reliability.md S28). */
import type { IncomingMessage } from 'node:http';
import { Problem } from './problem.ts';

const MOST_BYTES = 65_536;
const DEEPEST = 8;
const JSON_TYPE = /^application\/json(?:\s*;\s*charset="?utf-8"?)?$/i;
/** What would reach behind an object. */
const FORBIDDEN_KEYS = ['__proto__', 'constructor', 'prototype'];

/** @throws Problem */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  // A page of another site cannot send this type without asking first.
  if (!JSON_TYPE.test(request.headers['content-type'] ?? ''))
    throw new Problem(415, 'the body must be application/json');
  if (request.headers['content-encoding'] !== undefined)
    throw new Problem(415, 'the body must not be encoded');
  return parseJson(await readBytes(request));
}

async function readBytes(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES)
      throw new Problem(413, `the body is longer than ${MOST_BYTES} bytes`, {
        headers: { connection: 'close' },
      });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** @throws Problem */
export function parseJson(data: Uint8Array): unknown {
  const wrong = (detail: string): Problem => new Problem(400, detail);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(data);
  } catch {
    throw wrong('the body is no UTF-8');
  }
  if (depthOf(text) > DEEPEST) throw wrong(`the body is nested deeper than ${DEEPEST}`);
  try {
    return JSON.parse(text, (key, value) => {
      if (FORBIDDEN_KEYS.includes(key)) throw wrong(`"${key}" is no key for a body`);
      return value;
    });
  } catch (error) {
    throw error instanceof Problem ? error : wrong('the body is no JSON');
  }
}

/** Before it is parsed, so that no body can fill the stack. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let isString = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') isString = !isString;
    else if (isString && character === '\\') at++;
    else if (!isString && (character === '[' || character === '{')) deepest = Math.max(deepest, ++depth);
    else if (!isString && (character === ']' || character === '}')) depth--;
  }
  return deepest;
}
