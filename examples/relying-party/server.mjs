import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import {
  authenticationOptions,
  createSite,
  listUsers,
  registrationOptions,
  verifyAuthentication,
  verifyRegistration,
} from './ceremonies.mjs';
import { Refusal, parseWish, requireObject } from './wishes.mjs';

/**
 * @import { IncomingMessage, ServerResponse } from 'node:http'
 * @import { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server'
 * @import { Place, RelyingParty, RelyingPartyOptions, Site } from './types.d.ts'
 * @typedef {{ readonly type: string, readonly body: string | Uint8Array }} Answer
 */

const bodyLimit = 1_000_000;
const publicFolder = new URL('./public/', import.meta.url);
const bundle = new URL(
  '../dist/bundle/index.umd.min.js',
  pathToFileURL(createRequire(import.meta.url).resolve('@simplewebauthn/browser')),
);

/** @type {Record<string, { file: URL, type: string }>} */
const files = {
  '/': { file: new URL('index.html', publicFolder), type: 'text/html; charset=utf-8' },
  '/app.js': { file: new URL('app.js', publicFolder), type: 'text/javascript; charset=utf-8' },
  '/style.css': { file: new URL('style.css', publicFolder), type: 'text/css; charset=utf-8' },
  '/simplewebauthn.js': { file: bundle, type: 'text/javascript; charset=utf-8' },
};

/**
 * Starts the site.
 * @param {RelyingPartyOptions} [options]
 * @returns {Promise<RelyingParty>}
 */
export async function createRelyingParty({ port = 0, host = '127.0.0.1', origin } = {}) {
  const site = createSite();
  const server = createServer((request, response) => void respond(site, origin, request, response));
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve(undefined));
  });
  const address = server.address();
  const bound = address !== null && typeof address === 'object' ? address.port : port;
  return {
    url: `http://localhost:${bound}`,
    port: bound,
    server,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/**
 * @param {Site} site
 * @param {string | undefined} origin
 * @param {IncomingMessage} request
 * @param {ServerResponse} response
 */
async function respond(site, origin, request, response) {
  try {
    const answer = await route(site, origin, request);
    response.writeHead(200, { 'content-type': answer.type, 'cache-control': 'no-store' });
    response.end(answer.body);
  } catch (error) {
    const refusal =
      error instanceof Refusal
        ? error
        : new Refusal('InternalError', 'The server has a defect; see its log.', 500);
    if (refusal !== error) console.error(error);
    response.writeHead(refusal.status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ ok: false, error: { name: refusal.name, message: refusal.message } }));
  }
}

/**
 * @param {Site} site
 * @param {string | undefined} origin
 * @param {IncomingMessage} request
 * @returns {Promise<Answer>}
 */
async function route(site, origin, request) {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  const place = placeOf(request, origin);
  switch (`${request.method ?? 'GET'} ${pathname}`) {
    case 'POST /register/options':
      return json(await registrationOptions(site, place, parseWish(await readJson(request))));
    case 'POST /register/verify':
      return json({ ok: true, ...(await verifyRegistration(site, place, await readResponse(request))) });
    case 'POST /sign-in/options':
      return json(await authenticationOptions(site, place, parseWish(await readJson(request))));
    case 'POST /sign-in/verify':
      return json({ ok: true, ...(await verifyAuthentication(site, place, await readResponse(request))) });
    case 'GET /users':
      return json(listUsers(site));
    case 'DELETE /users':
      site.users.clear();
      return json({ ok: true });
    default:
      return readPage(request.method, pathname);
  }
}

/**
 * @param {string | undefined} method
 * @param {string} pathname
 * @returns {Promise<Answer>}
 */
async function readPage(method, pathname) {
  const entry = method === 'GET' && Object.hasOwn(files, pathname) ? files[pathname] : undefined;
  if (entry === undefined) throw new Refusal('NotFound', `There is no ${method ?? 'GET'} ${pathname}.`, 404);
  return { type: entry.type, body: await readFile(entry.file) };
}

/**
 * The RP ID is the host of the page. Only localhost and its subdomains are secure without TLS; another origin has to be
 * named at the start, since a Host header proves nothing.
 * @param {IncomingMessage} request
 * @param {string | undefined} origin
 * @returns {Place}
 */
function placeOf(request, origin) {
  if (origin !== undefined) return { origin, rpId: new URL(origin).hostname };
  const hostHeader = request.headers.host ?? '';
  if (!URL.canParse(`http://${hostHeader}`)) throw new Refusal('BadRequest', 'The Host header is no host.');
  const { hostname, origin: own } = new URL(`http://${hostHeader}`);
  if (hostname === 'localhost' || hostname.endsWith('.localhost')) return { origin: own, rpId: hostname };
  throw new Refusal('WrongHost', 'Open the page as http://localhost, or start the site with --origin.', 421);
}

/** @param {unknown} value @returns {Answer} */
function json(value) {
  return { type: 'application/json', body: JSON.stringify(value) };
}

/**
 * A WebAuthn response in JSON. Only what is needed to find its ceremony is checked here; the library checks the rest.
 * @param {IncomingMessage} request
 * @returns {Promise<RegistrationResponseJSON & AuthenticationResponseJSON>}
 */
async function readResponse(request) {
  const credential = requireObject(await readJson(request));
  const inner = requireObject(credential['response']);
  if (typeof inner['clientDataJSON'] !== 'string' || typeof credential['id'] !== 'string') {
    throw new Refusal('BadRequest', 'The response has no id or no clientDataJSON.');
  }
  requireObject(credential['clientExtensionResults']);
  return /** @type {RegistrationResponseJSON & AuthenticationResponseJSON} */ (
    /** @type {unknown} */ (credential)
  );
}

/**
 * @param {IncomingMessage} request
 * @returns {Promise<unknown>}
 */
async function readJson(request) {
  /** @type {Buffer[]} */
  const chunks = [];
  let size = 0;
  for await (const bytes of /** @type {AsyncIterable<Buffer>} */ (request)) {
    size += bytes.length;
    if (size > bodyLimit) throw new Refusal('BadRequest', 'The request is too large.', 413);
    chunks.push(bytes);
  }
  try {
    /** @type {unknown} */
    const value = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    return value;
  } catch {
    throw new Refusal('BadRequest', 'The body has to be JSON.');
  }
}

async function main() {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '8080' },
      host: { type: 'string', default: '127.0.0.1' },
      origin: { type: 'string' },
    },
  });
  const { host, origin } = values;
  const port = Number(values.port);
  try {
    const site = await createRelyingParty({ port, host, ...(origin === undefined ? {} : { origin }) });
    console.log(`Relying party on ${origin ?? site.url}`);
  } catch (error) {
    console.error(
      `Cannot listen on ${host}:${values.port}: ${error instanceof Error ? error.message : String(error)}`,
    );
    console.error('Try --port 0, which takes a free port.');
    process.exitCode = 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
