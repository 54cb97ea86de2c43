import ts from 'typescript';

interface Change {
  readonly of: ts.Node;
  readonly text: string;
}

const operators: Readonly<Record<string, string>> = {
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
  '*': '/',
  '/': '*',
  '%': '*',
  '&': '|',
  '|': '&',
  '^': '&',
  '<<': '>>>',
  '>>': '<<',
  '>>>': '<<',
  '??': '&&',
  '+=': '-=',
  '-=': '+=',
  '|=': '&=',
  '&=': '|=',
};

const methods: Readonly<Record<string, string>> = {
  some: 'every',
  every: 'some',
  max: 'min',
  min: 'max',
  startsWith: 'endsWith',
  endsWith: 'startsWith',
};

/** What may stand in place of a node: another operator, a condition that always or never holds, another constant, nothing. */
export function changesOf(node: ts.Node): readonly Change[] {
  return [
    ...operatorChanges(node),
    ...conditionChanges(node),
    ...constantChanges(node),
    ...removals(node),
    ...callChanges(node),
  ];
}

function operatorChanges(node: ts.Node): readonly Change[] {
  if (ts.isBinaryExpression(node)) {
    const other = operators[node.operatorToken.getText()];
    return other === undefined ? [] : [{ of: node.operatorToken, text: other }];
  }
  if (!ts.isPrefixUnaryExpression(node)) return [];
  const isRemoved = [ts.SyntaxKind.ExclamationToken, ts.SyntaxKind.TildeToken, ts.SyntaxKind.MinusToken];
  return isRemoved.includes(node.operator) ? [{ of: node, text: node.operand.getText() }] : [];
}

function conditionChanges(node: ts.Node): readonly Change[] {
  if (!ts.isIfStatement(node) && !ts.isConditionalExpression(node)) return [];
  const of = ts.isIfStatement(node) ? node.expression : node.condition;
  return [
    { of, text: 'true' },
    { of, text: 'false' },
  ];
}

function constantChanges(node: ts.Node): readonly Change[] {
  if (ts.isNumericLiteral(node)) return [{ of: node, text: String(Number(node.text) + 1) }];
  if (node.kind === ts.SyntaxKind.TrueKeyword) return [{ of: node, text: 'false' }];
  if (node.kind === ts.SyntaxKind.FalseKeyword) return [{ of: node, text: 'true' }];
  if (ts.isArrayLiteralExpression(node) && node.elements.length > 0) return [{ of: node, text: '[]' }];
  if (!ts.isStringLiteralLike(node) || isName(node)) return [];
  return [{ of: node, text: node.text === '' ? "'mutant'" : "''" }];
}

/** A string in the place of a name: a key, a member, a directive. */
function isName(node: ts.Node): boolean {
  const { parent } = node;
  if (ts.isPropertyAssignment(parent)) return parent.name === node;
  return ts.isElementAccessExpression(parent) || ts.isExpressionStatement(parent);
}

function removals(node: ts.Node): readonly Change[] {
  if (ts.isExpressionStatement(node)) return [{ of: node, text: ';' }];
  if (!ts.isBlock(node) || node.statements.length === 0) return [];
  // A body of one statement is already mutated with that statement, unless it gives a value back.
  const [only, ...others] = node.statements;
  return others.length === 0 && only && ts.isExpressionStatement(only) ? [] : [{ of: node, text: '{}' }];
}

function callChanges(node: ts.Node): readonly Change[] {
  if (ts.isPropertyAccessExpression(node) && node.questionDotToken)
    return [{ of: node.questionDotToken, text: '.' }];
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return [];
  const other = methods[node.expression.name.text];
  return other === undefined ? [] : [{ of: node.expression.name, text: other }];
}
