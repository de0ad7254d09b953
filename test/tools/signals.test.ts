/** The exit code of each command for each signal, and when its modem is lost; nothing stays open in the modem. */
import { expect, onTestFinished, test } from 'vitest';
import { createSim, listenSim, type SimModem, type SimOptions } from '../../src/sim/index.ts';
import { needProgram } from '../support/programs.ts';
import { type Running, start } from './run-cli.ts';
import { openTcpPeer } from './tcp-peer.ts';
import { openEcho } from './udp-echo.ts';

const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;
type Signal = keyof typeof SIGNALS;

interface Scene {
  readonly sim: SimModem;
  readonly url: string;
  /** The line is lost, and whoever tries finds nothing there. */
  lose(): Promise<void>;
}

async function openScene(options: SimOptions = {}): Promise<Scene> {
  const sim = createSim(options);
  const server = await listenSim(sim);
  onTestFinished(async () => {
    await server.close();
    await sim.close();
  });
  return { sim, url: `tcp://127.0.0.1:${server.port}`, lose: () => server.close() };
}

/** A command in the middle of its work. */
type Start = (scene: Scene) => Promise<Running>;

async function started(args: readonly string[], ready: RegExp, input = ''): Promise<Running> {
  const running = start(args);
  running.process.stdin.write(input);
  await running.line(ready);
  return running;
}

/** What has an end of its own and has not reached it. */
const WITH_AN_END: Readonly<Record<string, Start>> = {
  at: ({ url }) => started(['at', '-m', url], /^OK$/, 'AT\n'),
  udp: async ({ url }) => {
    const { port } = await openEcho();
    return started(['udp', '-m', url, '127.0.0.1', String(port), '--wait', '600000'], /^hello$/, 'hello\n');
  },
  'udp --listen --count': ({ url }) =>
    started(['udp', '-m', url, '--listen', '0', '--count', '1'], /listening on/),
  tcp: async ({ url }) => {
    const { port } = await openTcpPeer(socket => socket.write('hello\n'));
    return started(['tcp', '-m', url, '127.0.0.1', String(port)], /^hello$/);
  },
  'tcp --listen': ({ url }) => started(['tcp', '-m', url, '--listen', '0'], /listening on/),
  resolve: async ({ url }) => {
    const asked = await openSilent();
    const running = start(['resolve', '-m', url, '--server', `127.0.0.1:${asked.port}`, 'a.example']);
    await asked.heard;
    return running;
  },
};

/** What waits until it is told to stop. */
const WITHOUT: Readonly<Record<string, Start>> = {
  'udp --listen': ({ url }) => started(['udp', '-m', url, '--listen', '0'], /listening on/),
  'tcp --listen --keep': ({ url }) => started(['tcp', '-m', url, '--listen', '0', '--keep'], /listening on/),
};

/** A UDP port that takes queries and answers none. */
async function openSilent(): Promise<{ readonly port: number; readonly heard: Promise<unknown> }> {
  let hear = (): void => {};
  const heard = new Promise<void>(resolve => {
    hear = resolve;
  });
  const { port } = await openEcho(4, data => {
    hear();
    return data.subarray(0, 1);
  });
  return { port, heard };
}

const asShells = (signal: Signal): number => 128 + SIGNALS[signal];

const ROWS = [
  ...Object.entries(WITH_AN_END).map(([name, begin]) => ({ name, begin, codeOf: asShells })),
  ...Object.entries(WITHOUT).map(([name, begin]) => ({ name, begin, codeOf: () => 0 })),
].flatMap(row => (Object.keys(SIGNALS) as Signal[]).map(signal => ({ ...row, signal })));

test.each(ROWS)('$name, $signal', async ({ begin, codeOf, signal }) => {
  const scene = await openScene();
  const running = await begin(scene);
  running.process.kill(signal);
  expect(await running.ended).toMatchObject({ code: codeOf(signal) });
  expect(scene.sim.connectionsOpen).toBe(0);
});

test.each(['info', 'status'])('%s while it waits for the network', async command => {
  const { url } = await openScene({ cfun: 4, searching: 600_000 });
  for (const signal of Object.keys(SIGNALS) as Signal[]) {
    const running = await started([command, '-m', url], /registration: searching/);
    running.process.kill(signal);
    expect(await running.ended).toMatchObject({ code: asShells(signal), stdout: '' });
  }
});

test('demo', async () => {
  const demo = await started(['demo'], /openModem/);
  demo.process.kill('SIGTERM');
  expect(await demo.ended).toMatchObject({ code: 143, stderr: '' });
});

test.for(['', '--pty'])('sim %s', async (flag, { skip }) => {
  if (flag) needProgram(skip, 'socat');
  for (const signal of Object.keys(SIGNALS) as Signal[]) {
    const sim = await started(['sim', 'sequans', ...(flag ? [flag] : [])], /^(tcp|serial):/);
    sim.process.kill(signal);
    expect(await sim.ended).toMatchObject({ code: 0 });
  }
});

test.each(Object.entries({ ...WITH_AN_END, ...WITHOUT }))(
  '%s ends with 1 when its modem is lost',
  async (_, begin) => {
    const scene = await openScene();
    const running = await begin(scene);
    await scene.lose();
    const { code, stderr } = await running.ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^atsock: .+$/m);
  },
);
