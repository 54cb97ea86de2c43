import type { Browser } from '@playwright/test';
import type { AsyncSuffixTest } from '../app/webauthn-bridge-suffix.ts';

/**
 * Asks the browser's own public suffix list, in a page of its own whose every request is answered here: a document may
 * not set its domain to a public suffix. Answers are remembered.
 */
export function createBrowserSuffixTest(browser: Browser): AsyncSuffixTest {
  const known = new Map<string, Promise<boolean>>();
  return (domain) => {
    const answer = known.get(domain) ?? ask(browser, domain);
    known.set(domain, answer);
    return answer;
  };
}

async function ask(browser: Browser, domain: string): Promise<boolean> {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.route('**', (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html>' }));
    await page.goto(`https://suffix-test.${domain}/`);
    return await page.evaluate(
      `(() => { try { document.domain = ${JSON.stringify(domain)}; return false; } catch { return true; } })()`,
    );
  } finally {
    await context.close();
  }
}
