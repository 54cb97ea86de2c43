import { conversions } from './page-conversions.ts';
import { installation, installPage } from './page-install.ts';

/**
 * The script that every document runs before its own: it answers navigator.credentials through the function
 * `bindingName` of the page, which takes a PageMessage. Functions go to the page as their text.
 */
export function pageScript(bindingName: string): string {
  const functions = [...conversions, ...installation].map(String);
  const call = `${installPage.name}(globalThis, ${JSON.stringify(bindingName)});`;
  return `(() => {\n${[...functions, call].join('\n')}\n})();`;
}
