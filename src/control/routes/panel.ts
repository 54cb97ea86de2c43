import { readFile } from 'node:fs/promises';
import { defineRoute, type Route, type RouteGroup } from '../route.ts';

/** The folder is beside `src` in a checkout, and beside `dist` in the package. */
const folder = new URL('../../../panel/', import.meta.url);

/** Everything that the page consists of; nothing else of the disk can be asked for. */
export const panelFiles = [
  'api.js',
  'calmly.js',
  'dom.js',
  'icon.svg',
  'panel.css',
  'panel.js',
  'questions.js',
  'views/attestation.js',
  'views/behaviour.js',
  'views/credentials.js',
  'views/keys.js',
  'views/trace.js',
  'virtual-list.js',
] as const;

const mediaTypes: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};

/** The page talks to this server only, and runs nothing that did not come from it. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

function servePath(path: string, file: string, summary: string): Route {
  const media = mediaTypes[file.split('.').at(-1) ?? ''] ?? 'application/octet-stream';
  return defineRoute({
    method: 'get',
    path,
    summary,
    // A browser that opens the page has no token yet; the page asks for it, and there is no secret in it.
    access: 'open',
    media,
    handle: async () =>
      new Response(await readFile(new URL(file, folder)), {
        headers: {
          'content-type': media,
          'cache-control': 'no-cache',
          'content-security-policy': policy,
          'referrer-policy': 'no-referrer',
          'x-content-type-options': 'nosniff',
        },
      }),
  });
}

export const panelRoutes: RouteGroup = {
  name: 'Panel',
  description: 'The page for people, and what it consists of.',
  routes: [
    servePath('/', 'index.html', 'The panel'),
    ...panelFiles.map((file) => servePath(`/panel/${file}`, file, `Part of the panel: ${file}`)),
  ],
};
