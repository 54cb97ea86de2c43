import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

import ts from 'typescript';

const cache = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'fauxkey-sources');
const compilerOptions = {
  module: ts.ModuleKind.ESNext,
  target: ts.ScriptTarget.ES2023,
  verbatimModuleSyntax: true,
  inlineSourceMap: true,
};

/** Types are taken away; nothing is checked here. */
export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const fileName = fileURLToPath(url);
  const text = await readFile(fileName, 'utf8');
  const kept = join(cache, createHash('sha256').update(`${ts.version} ${fileName} ${text}`).digest('hex'));
  const source = (await readKept(kept)) ?? (await keep(kept, transpile(text, fileName)));
  return { format: 'module', source, shortCircuit: true };
}

function transpile(text, fileName) {
  return ts.transpileModule(text, { compilerOptions, fileName }).outputText;
}

async function readKept(path) {
  return readFile(path, 'utf8').catch(() => undefined);
}

/** Under another name first: several processes may keep the same file. */
async function keep(path, text) {
  const draft = `${path}.${process.pid}`;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(draft, text);
  await rename(draft, path);
  return text;
}
