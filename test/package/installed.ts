/** The package as its users have it: packed, and installed by npm in an empty project, without a network. */
import { execFile } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { needBuild } from '../support/programs.ts';

const ROOT = new URL('../../', import.meta.url).pathname;
const DEADLINE_MS = 120_000;

interface Manifest {
  readonly exports: Readonly<Record<string, unknown>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

export const { exports, dependencies }: Manifest = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'));

/** What a program writes to import each: `atsock`, `atsock/net` … */
export const ENTRIES = Object.keys(exports)
  .filter(name => name !== './package.json')
  .map(name => join('atsock', name));

export interface Installed {
  /** Where `atsock` is installed, and nothing else but what it depends on. */
  readonly project: string;
  readonly tarball: string;
  readonly remove: () => void;
}

export async function installPackage(): Promise<Installed> {
  needBuild();
  const folder = mkdtempSync(join(tmpdir(), 'atsock-package-'));
  const project = join(folder, 'project');
  mkdirSync(join(project, 'node_modules'), { recursive: true });
  writeFileSync(join(project, 'package.json'), '{ "name": "empty", "version": "1.0.0", "private": true }');
  // npm finds them installed, so it needs neither a network nor its cache.
  for (const name of Object.keys(dependencies)) {
    const link = join(project, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(ownPackage(name), link);
  }
  await runIn(ROOT, 'npm', 'pack', '--ignore-scripts', '--pack-destination', folder);
  const tarball = join(folder, readdirSync(folder).find(name => name.endsWith('.tgz')) ?? '');
  await runIn(project, 'npm', 'install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', tarball);
  return { project, tarball, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Where `npm ci` has put it. */
export const ownPackage = (name: string): string => `${ROOT}node_modules/${name}`;

/** A command of this repository's own packages, such as `tsc`. */
export const ownCommand = (name: string): string => ownPackage(`.bin/${name}`);

/** → what it printed. @throws Error with what it printed, if it fails or takes too long */
export async function runIn(folder: string, command: string, ...args: readonly string[]): Promise<string> {
  const env = { ...process.env, ATSOCK_MODEM: 'sim:sequans', ATSOCK_QUIET: '1' };
  const options = { cwd: folder, timeout: DEADLINE_MS, env };
  const { stdout, stderr } = await promisify(execFile)(command, args, options).catch(error => {
    throw new Error(`${error.message}\n${error.stdout}`, { cause: error });
  });
  return stdout + stderr;
}
