/** A headless Chromium that a test drives over its debugging protocol. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import WebSocket from 'ws';
import { within } from '../tools/run-cli.ts';
import { temporaryFolder } from './programs.ts';

const DEADLINE_MS = 60_000;
const POLL_MS = 50;

interface Said {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

export interface Page {
  /** What an expression gives, awaited. */
  evaluate<T>(expression: string): Promise<T>;
  /** Until an expression is true. */
  until(expression: string): Promise<void>;
  /** PNG. */
  screenshot(): Promise<Buffer>;
  /** What scripts said on the console, what they threw, and what the browser refused to do. */
  readonly complaints: readonly string[];
}

/** @param chromium its path */
export async function openPage(chromium: string, url: string): Promise<Page> {
  const args = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--window-size=1160,1000',
    '--remote-debugging-port=0',
  ];
  const child = spawn(chromium, [...args, `--user-data-dir=${temporaryFolder()}`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise(resolve => child.once('close', resolve));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const listening = new Promise<string>(resolve => {
    createInterface({ input: child.stderr }).on('line', line => {
      const found = /^DevTools listening on (ws:\S+)/.exec(line)?.[1];
      if (found) resolve(found);
    });
  });
  const socket = new WebSocket(await within(DEADLINE_MS, 'the browser', listening));
  onTestFinished(() => socket.terminate());
  await within(DEADLINE_MS, 'its socket', new Promise(resolve => socket.once('open', resolve)));
  const { call, complaints } = converse(socket);
  const { targetId } = await call('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await call('Target.attachToTarget', { targetId, flatten: true });
  const ask = (method: string, params = {}) => call(method, params, sessionId as string);
  for (const domain of ['Page', 'Runtime', 'Log']) await ask(`${domain}.enable`);
  await ask('Page.navigate', { url });
  const evaluate = async <T>(expression: string): Promise<T> => {
    const { result, exceptionDetails } = await ask('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails) throw new Error(`${expression}: ${JSON.stringify(exceptionDetails)}`);
    return (result as { value: T }).value;
  };
  return {
    complaints,
    evaluate,
    until: async expression => {
      const deadline = performance.now() + DEADLINE_MS;
      while (!(await evaluate<boolean>(`Boolean(${expression})`))) {
        if (performance.now() > deadline) throw new Error(`not true in ${DEADLINE_MS} ms: ${expression}`);
        await new Promise(resolve => setTimeout(resolve, POLL_MS));
      }
    },
    screenshot: async () => {
      const { data } = await ask('Page.captureScreenshot', { captureBeyondViewport: true });
      return Buffer.from(data as string, 'base64');
    },
  };
}

function converse(socket: WebSocket) {
  const waiting = new Map<number, (said: Said) => void>();
  const complaints: string[] = [];
  let count = 0;
  socket.on('message', data => {
    const said = JSON.parse(String(data)) as Said;
    if (said.id !== undefined) waiting.get(said.id)?.(said);
    if (
      said.method &&
      ['Runtime.exceptionThrown', 'Runtime.consoleAPICalled', 'Log.entryAdded'].includes(said.method)
    )
      complaints.push(JSON.stringify(said.params));
  });
  const call = async (
    method: string,
    params: object,
    sessionId?: string,
  ): Promise<Record<string, unknown>> => {
    const id = ++count;
    const answer = new Promise<Said>(resolve => waiting.set(id, resolve));
    socket.send(JSON.stringify({ id, method, params, ...(sessionId && { sessionId }) }));
    const { result = {}, error } = await within(DEADLINE_MS, method, answer);
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  };
  return { call, complaints };
}
