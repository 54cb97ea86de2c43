import { describe, expect, it } from 'vitest';
import { check } from '../../src/check/check.ts';
import { reportDocument } from '../../src/check/report/document.ts';
import { htmlReport } from '../../src/check/report/html.ts';
import { junitReport } from '../../src/check/report/junit.ts';
import type { RunReport } from '../../src/check/runner.ts';

const run = () => Promise.resolve();
const group = { id: 'one', title: 'One & two', section: '§1', checks: [] };
const other = { id: 'two', title: 'Two', section: '§2', checks: [] };

const report: RunReport = {
  facts: {
    init: { nonce: new Uint8Array(8), channel: 1, protocolVersion: 2, version: [1, 2, 3], capabilities: 4 },
    info: {
      versions: ['FIDO_2_1'],
      aaguid: new Uint8Array(16).fill(0xab),
      extensions: ['<script>alert(1)</script>'],
      options: new Map([['rk', true]]),
    },
  },
  durationMs: 1234.5,
  results: [
    { check: check('one.a', '§1.1', 'It works', run), group, outcome: 'passed', durationMs: 10.4 },
    {
      check: check('one.b', '§1.2', 'It refuses', run),
      group,
      outcome: 'failed',
      reason: 'It says "yes" & <no>\u0007.',
      durationMs: 20,
    },
    {
      check: check('two.c', '§2.1', 'It waits', run),
      group: other,
      outcome: 'skipped',
      reason: 'Nobody.',
      durationMs: 0,
    },
  ],
};
const document = reportDocument(report, { tool: 'fauxkey 1', target: 'tcp:<key>', time: 0 });

describe('the report of a check', () => {
  it('is a document for programs', () => {
    expect(document).toEqual({
      tool: 'fauxkey 1',
      target: 'tcp:<key>',
      time: '1970-01-01T00:00:00.000Z',
      key: {
        deviceVersion: '1.2.3',
        aaguid: 'ab'.repeat(16),
        versions: ['FIDO_2_1'],
        extensions: ['<script>alert(1)</script>'],
        options: { rk: true },
      },
      summary: { passed: 1, failed: 1, skipped: 1, durationMs: 1235 },
      results: [
        {
          id: 'one.a',
          group: 'One & two',
          section: '§1.1',
          title: 'It works',
          outcome: 'passed',
          durationMs: 10,
        },
        expect.objectContaining({ id: 'one.b', outcome: 'failed', reason: 'It says "yes" & <no>\u0007.' }),
        expect.objectContaining({ id: 'two.c', outcome: 'skipped', reason: 'Nobody.' }),
      ],
    });
  });

  it('is JUnit XML, a suite for each group', () => {
    expect(junitReport(document)).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="fauxkey 1: tcp:&lt;key&gt;" tests="3" failures="1" skipped="1" time="1.235" timestamp="1970-01-01T00:00:00.000Z">
  <testsuite name="One &amp; two" tests="2" failures="1" skipped="0" time="0.030">
    <testcase classname="one.a" name="It works (§1.1)" time="0.010"/>
    <testcase classname="one.b" name="It refuses (§1.2)" time="0.020"><failure message="It says &quot;yes&quot; &amp; &lt;no&gt;\ufffd.">It says &quot;yes&quot; &amp; &lt;no&gt;\ufffd.</failure></testcase>
  </testsuite>
  <testsuite name="Two" tests="1" failures="0" skipped="1" time="0.000">
    <testcase classname="two.c" name="It waits (§2.1)" time="0.000"><skipped message="Nobody."/></testcase>
  </testsuite>
</testsuites>
`);
  });

  it('is a page that runs nothing of what a key says', () => {
    const page = htmlReport(document);
    expect(page).toContain('1 passed');
    expect(page).toContain('It says &quot;yes&quot; &amp; &lt;no&gt;');
    expect(page).not.toContain('<script');
    expect(page).not.toMatch(/(?:src|href)=/);
  });
});
