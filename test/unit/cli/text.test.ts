import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findCredential, shortIds, toBase64url, toHex } from '../../../src/cli/credential-id.ts';
import { renderTable } from '../../../src/cli/table.ts';
import { formatAgo, formatDateTime, formatTime } from '../../../src/cli/time.ts';
import { displayWidth } from '../../../src/consent/text/width.ts';
import { credential, now } from './support.ts';

process.env['TZ'] = 'UTC';

describe('times', () => {
  it.each([
    [0, 'just now'],
    [999, 'just now'],
    [-2000, 'just now'],
    [1000, '1 s ago'],
    [119_000, '1 min ago'],
    [7_200_000, '2 h ago'],
    [3 * 86_400_000, '3 d ago'],
    [31 * 86_400_000, '2025-12-31'],
    [-86_400_000, '2026-02-01'],
  ])('%i ms ago is %j', (age, text) => {
    expect(formatAgo(now - age, now)).toBe(text);
  });

  it('are written as people read them', () => {
    expect([formatDateTime(now + 65_000), formatTime(now + 65_000)]).toEqual([
      '2026-01-31 12:01',
      '12:01:05',
    ]);
  });
});

describe('a table', () => {
  const columns = [
    { title: 'SITE', shorten: 'start' },
    { title: 'NAME', shorten: 'end' },
    { title: 'N', align: 'right' },
  ] as const;

  it('shortens the widest column first, and only those that may be', () => {
    const rows = [['accounts.example.com', 'alice the first', '1234567890']];
    expect(renderTable(columns, rows, 40)).toEqual([
      'SITE           NAME                    N',
      '….example.com  alice the fi…  1234567890',
    ]);
    const [, narrow = ''] = renderTable(columns, rows, 5);
    expect(narrow).toBe('…ple.com  alice t…  1234567890');
  });

  it('styles the titles', () => {
    expect(renderTable(columns, [], Infinity, (text) => `<${text}>`)).toEqual(['<SITE  NAME  N>']);
  });

  it('is never wider than it may be, if the fixed columns leave room', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 40 });
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text)), fc.integer({ min: 21, max: 90 }), (rows, available) => {
        const cells = rows.map(([site, name]) => [site, name, '1']);
        for (const line of renderTable(columns, cells, available))
          expect(displayWidth(line)).toBeLessThanOrEqual(available);
      }),
    );
  });
});

describe('short ids', () => {
  it('are as long as it takes to tell the credentials apart', () => {
    const alike = ['aabbccddee01', 'aabbccddee02', 'ff'].map((id) => credential(id, 'a'));
    expect(alike.map(shortIds(alike))).toEqual(['aabbccddee01', 'aabbccddee02', 'ff0000000000']);
    const different = ['aa', 'bb'].map((id) => credential(id, 'a'));
    expect(different.map(shortIds(different))).toEqual(['aa000000', 'bb000000']);
  });

  it('always find their credential again', () => {
    const id = fc.uint8Array({ minLength: 16, maxLength: 24 });
    fc.assert(
      fc.property(fc.uniqueArray(id, { selector: toHex, minLength: 1, maxLength: 8 }), (ids) => {
        const all = ids.map((each) => ({ ...credential('00', 'a'), id: each }));
        const shortId = shortIds(all);
        for (const each of all) {
          expect(findCredential(all, toHex(each.id))).toBe(each);
          expect(findCredential(all, toBase64url(each.id))).toBe(each);
          const others = all.filter((other) => toBase64url(other.id).startsWith(shortId(each)));
          if (others.length === 0) expect(findCredential(all, shortId(each))).toBe(each);
        }
      }),
    );
  });

  it('prefer the id that is meant exactly', () => {
    const short = { ...credential('00', 'a'), id: Buffer.from('ab'.repeat(16), 'hex') };
    const long = { ...credential('00', 'a'), id: Buffer.from('ab'.repeat(17), 'hex') };
    expect(findCredential([long, short], 'ab'.repeat(16))).toBe(short);
  });

  it('of nothing find nothing', () => {
    expect(() => findCredential([credential('00', 'a')], '')).toThrow('empty');
  });
});
