import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Profiler } from 'node:inspector';

const root = join(import.meta.dirname, '..', '..');
const built = pathToFileURL(join(root, 'dist')).href + '/';

/** Where the programs that tests start leave what they ran. */
export const childFolder = join(root, 'coverage', 'children');

export interface Script {
  readonly url: string;
  readonly functions: Profiler.FunctionCoverage[];
}

/** What the processes ran of the built program: each script once for each way of going through it. */
export function scriptsOfChildren(folder: string): readonly Script[] {
  const scripts = new Map<string, Script>();
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    for (const { url, functions } of readScripts(join(folder, name))) {
      if (!url.startsWith(built)) continue;
      const script = { url, functions: functions.map(onceEach) };
      scripts.set(JSON.stringify(script), script);
    }
  }
  return [...scripts.values()];
}

/** Nothing of a process that was killed while it wrote. */
function readScripts(path: string): readonly Script[] {
  const text = readFileSync(path, 'utf8');
  return text.endsWith('}') ? (JSON.parse(text) as { readonly result: readonly Script[] }).result : [];
}

/** Whether, not how often: otherwise hardly two processes would be alike. */
function onceEach(one: Profiler.FunctionCoverage): Profiler.FunctionCoverage {
  return { ...one, ranges: one.ranges.map((range) => ({ ...range, count: Math.min(range.count, 1) })) };
}

/** The text of a built script, and its source map with whole addresses. */
export function sourcesOf(url: string): { readonly code: string; readonly map: object } {
  const path = fileURLToPath(url);
  const map = JSON.parse(readFileSync(`${path}.map`, 'utf8')) as { sources: string[] };
  map.sources = map.sources.map((source) => new URL(source, url).href);
  return { code: readFileSync(path, 'utf8'), map };
}
