import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import ts from 'typescript';

/** One small change of one source file. */
export interface Mutant {
  /** Absolute. */
  readonly file: string;
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly description: string;
}

const comparisons: Readonly<Record<string, string>> = {
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '===': '!==',
  '!==': '===',
  '&&': '||',
  '||': '&&',
  '+': '-',
  '-': '+',
  '&': '|',
  '|': '&',
  '??': '&&',
};

/** What may stand in place of a node: other comparisons, conditions that always or never hold, other constants, nothing. */
function changesOf(node: ts.Node): readonly { readonly of: ts.Node; readonly text: string }[] {
  if (ts.isBinaryExpression(node)) {
    const other = comparisons[node.operatorToken.getText()];
    return other === undefined ? [] : [{ of: node.operatorToken, text: other }];
  }
  if (ts.isIfStatement(node) || ts.isConditionalExpression(node)) {
    const of = ts.isIfStatement(node) ? node.expression : node.condition;
    return [
      { of, text: 'true' },
      { of, text: 'false' },
    ];
  }
  if (ts.isNumericLiteral(node)) return [{ of: node, text: String(Number(node.text) + 1) }];
  if (node.kind === ts.SyntaxKind.TrueKeyword) return [{ of: node, text: 'false' }];
  if (node.kind === ts.SyntaxKind.FalseKeyword) return [{ of: node, text: 'true' }];
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken)
    return [{ of: node, text: node.operand.getText() }];
  if (ts.isExpressionStatement(node)) return [{ of: node, text: ';' }];
  return [];
}

/** All mutants of a room of `src/`. Types are not mutated, nor what only a message says. */
export function mutantsOf(room: string): Mutant[] {
  const folder = join(import.meta.dirname, '..', '..', 'src', room);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  return files.sort().flatMap((name) => mutantsOfFile(join(folder, name), `${room}/${name}`));
}

function mutantsOfFile(file: string, name: string): Mutant[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2023, true);
  const mutants: Mutant[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node)) return;
    for (const { of, text } of changesOf(node)) {
      const start = of.getStart(source);
      const line = source.getLineAndCharacterOfPosition(start).line + 1;
      const was = of.getText(source).replaceAll(/\s+/g, ' ').slice(0, 60);
      mutants.push({
        file,
        start,
        end: of.getEnd(),
        text,
        description: `${name}:${String(line)} ${was} → ${text}`,
      });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return mutants;
}
