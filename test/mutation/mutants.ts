import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import ts from 'typescript';

import { changesOf } from './changes.ts';

/** One small change of one source file. */
export interface Mutant {
  /** Absolute. */
  readonly file: string;
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** The innermost function around it, as `reachable` names it; the file for what runs when it is loaded. */
  readonly within: string;
  readonly description: string;
}

export const sources = join(import.meta.dirname, '..', '..', 'src');

/** The name under which the recorder keeps a function or, without a start, a file. */
export function placeOf(file: string, start?: number): string {
  const name = file.slice(sources.length + 1);
  return start === undefined ? name : `${name}@${String(start)}`;
}

export function parse(file: string, code = readFileSync(file, 'utf8')): ts.SourceFile {
  return ts.createSourceFile(file, code, ts.ScriptTarget.ES2023, true);
}

/** Functions that have a body. */
export function bodyOf(node: ts.Node): ts.ConciseBody | undefined {
  return ts.isFunctionLike(node) && 'body' in node ? node.body : undefined;
}

/** All mutants of a room of `src/`, in the order of the files. Types are not mutated, nor what only a message says. */
export function mutantsOf(room: string): Mutant[] {
  const files = readdirSync(join(sources, room), { recursive: true, encoding: 'utf8' });
  return files
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .flatMap((name) => mutantsOfFile(join(sources, room, name)));
}

function mutantsOfFile(file: string): Mutant[] {
  const source = parse(file);
  const mutants: Mutant[] = [];
  const visit = (node: ts.Node, within: string): void => {
    if (isSilent(node)) return;
    for (const { of, text } of changesOf(node)) {
      const start = of.getStart(source);
      const line = source.getLineAndCharacterOfPosition(start).line + 1;
      const was = of.getText(source).replaceAll(/\s+/g, ' ').slice(0, 60);
      const description = `${placeOf(file)}:${String(line)} ${was} → ${text}`;
      mutants.push({ file, start, end: of.getEnd(), text, within, description });
    }
    const body = bodyOf(node);
    const inside = body ? placeOf(file, body.getStart(source)) : within;
    ts.forEachChild(node, (child) => visit(child, child === body ? inside : within));
  };
  visit(source, placeOf(file));
  return mutants;
}

/** Types, imports, and what only a person reads: a text with blanks in it, or one that an error is made with. */
function isSilent(node: ts.Node): boolean {
  if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return true;
  if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return true;
  if (ts.isTemplateExpression(node)) return node.getText().includes(' ');
  return ts.isStringLiteralLike(node) && (ts.isNewExpression(node.parent) || node.text.includes(' '));
}
