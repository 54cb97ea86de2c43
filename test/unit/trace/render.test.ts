import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { TraceEntry } from '../../../src/trace/entry.ts';
import { renderExpanded, renderLine } from '../../../src/trace/render.ts';
import { allow, assertion, registration } from '../../support/protocol.ts';
import { createTracedKey } from './traced-key.ts';

const same = (text: string): string => text;
const plain = { bold: same, dim: same, red: same, green: same, yellow: same, cyan: same };
const named = (name: string) => (text: string) => `<${name}>${text}</>`;
const coloured = {
  bold: named('bold'),
  dim: named('dim'),
  red: named('red'),
  green: named('green'),
  yellow: named('yellow'),
  cyan: named('cyan'),
};

const base: TraceEntry = {
  number: 1,
  time: 0,
  durationMs: 12.345,
  host: 1,
  channel: '00000001',
  protocol: 'ctap2',
  command: 'getAssertion',
  request: { rpId: 'example.com' },
  response: { status: 'OK' },
  status: 'OK',
  keepAlives: 2,
  cancelled: false,
  packets: [],
  redacted: true,
};

it('says a transaction in one line', () => {
  expect(renderLine(base, plain, '12:00:01')).toBe(
    '12:00:01 00000001 getAssertion example.com → OK 12 ms, 2 keep-alives',
  );
  expect(renderLine({ ...base, status: 'PIN_INVALID', keepAlives: 1, durationMs: 1500 }, coloured, 'T')).toBe(
    '<dim>T</> <dim>00000001</> <bold>getAssertion</> <cyan>example.com</> → <red>PIN_INVALID</> <dim>1.5 s, 1 keep-alive</>',
  );
  expect(
    renderLine(
      {
        ...base,
        protocol: 'ctaphid',
        command: 'init',
        request: {},
        keepAlives: 0,
        cancelled: true,
        status: 'unanswered',
        durationMs: 0,
      },
      coloured,
      'T',
    ),
  ).toBe('<dim>T</> <dim>00000001</> <dim>init</> → <yellow>unanswered</> <dim>0.0 ms, cancelled</>');
});

it('says it member by member when it is asked to', async () => {
  const { client, trace } = createTracedKey();
  const host = await client();
  const made = await host.makeCredential(registration());
  await host.getAssertion(assertion(allow(made)));
  const entry = trace.entries().at(-1)!;
  const lines = renderExpanded(entry, plain, 'T', { packets: true });
  expect(lines[0]).toMatch(/^T [0-9a-f]{8} getAssertion example\.com → OK/);
  expect(lines[1]).toBe('  → rpId: example.com');
  expect(lines).toContain('    allowList:');
  expect(lines.find((line) => line.includes('- id:'))).toMatch(/^ {6}- id: [\w-]{43}$/);
  expect(lines.find((line) => line.includes('type: public-key'))).toBe('        type: public-key');
  expect(lines).toContain('  ← status: OK');
  expect(lines).toContain('      flags: UP');
  expect(lines).toContain('      signCount: 1');
  expect(lines.filter((line) => /^ +[\d.]+ [→←] [0-9a-f]{128}$/.test(line))).toHaveLength(
    entry.packets.length,
  );
});

it('lets no text from outside reach the terminal as anything but text', () => {
  const text = fc.string({ unit: 'binary' });
  fc.assert(
    fc.property(text, text, text, (name, rpId, value) => {
      const entry = {
        ...base,
        request: { rpId, [name]: value, list: [value], below: { [name]: [{ value }] } },
      };
      for (const line of renderExpanded(entry, plain, 'T')) expect(line).not.toMatch(/[\p{C}\u2028\u2029]/u);
    }),
  );
});
