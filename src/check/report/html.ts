import type { CheckDocument } from './document.ts';
import { escapeMarkup } from './markup.ts';

type Result = CheckDocument['results'][number];

const style = `
  :root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
  body { max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
  h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
  table { border-collapse: collapse; width: 100%; }
  td { padding: .3rem .6rem; border-top: 1px solid #8884; vertical-align: top; }
  td:first-child { width: 4.5rem; font-weight: 600; } td:last-child { width: 9rem; opacity: .7; }
  .passed { color: #1a7f37; } .failed { color: #d1242f; } .skipped { color: #8a6d00; }
  .reason { display: block; } .id { opacity: .6; font-size: .85em; }
  @media (prefers-color-scheme: dark) { .passed { color: #3fb950; } .failed { color: #ff7b72; } .skipped { color: #d8b400; } }
`;

/** One page that stands alone: nothing is loaded from anywhere. */
export function htmlReport(document: CheckDocument): string {
  const { target, time, key, summary, results, tool } = document;
  const groups = [...new Set(results.map(({ group }) => group))];
  const title = escapeMarkup(`FIDO key check: ${target}`);
  const facts = [
    `${tool}, ${time}`,
    `Versions: ${key.versions.join(', ')}`,
    ...(key.aaguid === undefined ? [] : [`AAGUID: ${key.aaguid}`]),
    `Extensions: ${key.extensions.join(', ') || 'none'}`,
    `Options: ${
      Object.entries(key.options)
        .map(([name, value]) => `${name}=${String(value)}`)
        .join(', ') || 'none'
    }`,
  ];
  const { passed, failed, skipped } = summary;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${style}</style>
<h1>${title}</h1>
<p><span class="passed">${passed} passed</span>, <span class="failed">${failed} failed</span>,
<span class="skipped">${skipped} left out</span></p>
<ul>${facts.map((fact) => `<li>${escapeMarkup(fact)}</li>`).join('')}</ul>
${groups
  .map((group) =>
    section(
      group,
      results.filter((each) => each.group === group),
    ),
  )
  .join('')}</html>
`;
}

const words: Readonly<Record<Result['outcome'], string>> = {
  passed: 'passed',
  failed: 'failed',
  skipped: 'left out',
};

function section(group: string, results: readonly Result[]): string {
  return `<h2>${escapeMarkup(group)}</h2>\n<table>\n${results.map(row).join('')}</table>\n`;
}

function row({ id, section: cited, title, outcome, reason }: Result): string {
  const why = reason === undefined ? '' : ` <span class="reason ${outcome}">${escapeMarkup(reason)}</span>`;
  const text = `${escapeMarkup(title)} <span class="id">${escapeMarkup(id)}</span>${why}`;
  return `<tr><td class="${outcome}">${words[outcome]}</td><td>${text}</td><td>${escapeMarkup(cited)}</td></tr>\n`;
}
