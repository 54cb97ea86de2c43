import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';

import ts from 'typescript';

const root = join(import.meta.dirname, '..', '..');

const compilerOptions = {
  module: ts.ModuleKind.ESNext,
  target: ts.ScriptTarget.ES2023,
  rewriteRelativeImportExtensions: true,
  verbatimModuleSyntax: true,
};

export interface Transpiled {
  /** Where the file that the sources call `path` can be run by node. */
  file(path: string): string;
  remove(): void;
}

/**
 * The given folders as JavaScript of this very moment, for child processes: node cannot run the sources, and what stands
 * in dist may be older. It lies under node_modules, so that it finds the packages.
 */
export function transpile(...sources: readonly string[]): Transpiled {
  const cache = join(root, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const target = mkdtempSync(join(cache, 'fauxkey-children-'));
  for (const path of sources.flatMap((folder) => filesOf(join(root, folder)))) {
    const output = join(target, relative(root, path)).replace(/\.ts$/, '.js');
    mkdirSync(dirname(output), { recursive: true });
    writeFileSync(output, kept(join(cache, 'fauxkey-scripts'), readFileSync(path, 'utf8')));
  }
  writeFileSync(join(target, 'package.json'), '{"type":"module"}');
  return {
    file: (path) => join(target, path).replace(/\.ts$/, '.js'),
    remove: () => rmSync(target, { recursive: true, force: true }),
  };
}

/** What was transpiled once need not be again: on a busy machine that takes many seconds. */
function kept(folder: string, source: string): string {
  const path = join(folder, createHash('sha256').update(`${ts.version} ${source}`).digest('hex'));
  if (existsSync(path)) return readFileSync(path, 'utf8');
  const { outputText } = ts.transpileModule(source, { compilerOptions });
  mkdirSync(folder, { recursive: true });
  const draft = `${path}.${String(process.pid)}`;
  writeFileSync(draft, outputText);
  renameSync(draft, path);
  return outputText;
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
}
