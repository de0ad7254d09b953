/** The transports as plain JavaScript in a folder of their own, for tests that need another process. */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));

/** Without `packages`, the program finds none of the installed ones. */
export function compileTransports(packages: boolean): string {
  const folder = mkdtempSync(join(tmpdir(), 'atsock-compiled-'));
  // Programs of other users read it too.
  chmodSync(folder, 0o755);
  for (const part of ['transport', 'telnet', 'util']) compile(part, folder);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  if (packages) symlinkSync(join(PROJECT, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

function compile(part: string, folder: string): void {
  const compilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    rewriteRelativeImportExtensions: true,
  };
  mkdirSync(join(folder, part));
  for (const name of readdirSync(join(PROJECT, 'src', part))) {
    const source = readFileSync(join(PROJECT, 'src', part, name), 'utf8');
    const { outputText } = ts.transpileModule(source, { compilerOptions });
    writeFileSync(join(folder, part, name.replace(/ts$/, 'js')), outputText);
  }
}
