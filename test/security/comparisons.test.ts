import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..', 'src');

/** Words for values that nobody may learn by trying: a comparison of their bytes must not tell where they differ. */
const secret =
  /(^|\W|_)(pin|token|secret|mac|hmac|signature|pinUvAuthParam|saltAuth|passphrase|password)s?(?=$|\W|_|[A-Z])|(Pin|Token|Secret|Hmac|Signature|Passphrase)(Hash)?\b/;
/** Comparisons of two byte strings that end at the first difference. */
const hasty = /^(sameBytes|equals|compare|includes|indexOf|startsWith|endsWith)$/;
/** The rooms in which such values are judged. Others only show or send them. */
const rooms = ['authenticator', 'app', 'control', 'consent', 'keystore', 'crypto'];

/** What looks like one and is none, with the reason. */
const harmless: Readonly<Record<string, string>> = {
  'authenticator/profile-rules.ts profile.pin?.protocols.includes(2)': 'a number of a protocol',
  'authenticator/commands/get-next-assertion.ts token.holder.value === token.value':
    'whether it is the same object, not the same bytes',
  'authenticator/steps/pin-uv-auth.ts token.permissionsRpId !== rpId': 'names of sites',
  'crypto/ml-dsa.ts sameBytes(expandedKey, secretKey)': 'two forms of one key, both given by its owner',
};

interface Place {
  readonly file: string;
  readonly text: string;
}

function files(): string[] {
  return rooms.flatMap((room) =>
    readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(room, name)),
  );
}

/** Whether an operand of `===` can be a secret value at all: not a length, a type, a constant, or something absent. */
function isPlain(node: ts.Expression): boolean {
  const text = node.getText();
  return (
    ts.isLiteralExpression(node) ||
    ts.isTypeOfExpression(node) ||
    /^(undefined|null|true|false|-?\d+)$/.test(text) ||
    /\.(length|kind|type|outcome|problem|modality|version|protocol|codePoints|key|name|size)$/.test(text) ||
    /^[A-Z]/.test(text)
  );
}

function hastyComparisons(file: string, text: string): Place[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true);
  const places: Place[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isBinaryExpression(node) && /^[!=]==?$/.test(node.operatorToken.getText())) {
      const { left, right } = node;
      if (!isPlain(left) && !isPlain(right) && (secret.test(left.getText()) || secret.test(right.getText())))
        places.push({ file, text: node.getText() });
    }
    if (ts.isCallExpression(node)) {
      const called = node.expression;
      const name = ts.isPropertyAccessExpression(called) ? called.name.text : called.getText();
      const words = [called, ...node.arguments]
        .filter((part) => !ts.isLiteralExpression(part))
        .map((part) => part.getText());
      if (hasty.test(name) && words.some((word) => secret.test(word)))
        places.push({ file, text: node.getText() });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return places;
}

describe('secrets', () => {
  it('are compared in constant time everywhere', () => {
    const places = files().flatMap((file) => hastyComparisons(file, readFileSync(join(root, file), 'utf8')));
    const unexplained = places
      .map(({ file, text }) => `${file} ${text.replaceAll(/\s+/g, ' ')}`)
      .filter((place) => !(place in harmless));
    expect(unexplained).toEqual([]);
  });

  it.each([
    'sameBytes(pin.hash, pinHash)',
    'Buffer.compare(hmac, given) === 0',
    'token.equals(given)',
    'given.pinUvAuthParam === expected',
    'if (passphrase !== wanted) throw 0',
    'Buffer.from(given).equals(sharedSecret)',
  ])('would be found in `%s`', (text) => {
    expect(hastyComparisons('x.ts', text)).not.toEqual([]);
  });

  it('have comparisons that do not end early', () => {
    const node = readFileSync(join(root, 'crypto/node/provider.ts'), 'utf8');
    expect(node).toMatch(/equal: \(a, b\) => a\.length === b\.length && timingSafeEqual\(/);
    const uses = files().filter((file) =>
      /\b(equal|timingSafeEqual)\(/.test(readFileSync(join(root, file), 'utf8')),
    );
    expect(uses).toEqual(
      expect.arrayContaining(['authenticator/pin/protocol.ts', 'authenticator/pin/verify-pin.ts']),
    );
  });
});
