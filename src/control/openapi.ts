import { z } from 'zod';
import type { ErrorStatus, Route, RouteGroup } from './route.ts';
import { problem } from './schemas/common.ts';

type Json = Readonly<Record<string, unknown>>;

const always = {
  400: 'The body is not JSON',
  401: 'The token is missing or wrong',
  403: 'The request comes from somewhere else',
  413: 'The body is too large',
  415: 'The body is not application/json',
  422: 'A value is of the wrong type, missing or not known; the sentence names it',
} as const;

const others: Readonly<Record<ErrorStatus, string>> = {
  404: 'What the path names is not there',
  409: 'The state of the key does not allow it',
  503: 'A transport or the store does not work',
};

/** The OpenAPI 3.1 document of some groups of routes: made from the schemas that check the requests. */
export function describeApi(groups: readonly RouteGroup[], version: string): Json {
  const schemas = new Map<string, unknown>();
  const paths: Record<string, Record<string, unknown>> = {};
  for (const group of groups)
    for (const route of group.routes)
      (paths[route.path] ??= {})[route.method] = describeOperation(route, group, schemas);
  toJson(problem, schemas);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Fauxkey control',
      version,
      description:
        'Inspects and drives the security keys of one process. Bytes are base64url without padding.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    tags: groups.map(({ description, name }) => ({ name, description })),
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: Object.fromEntries([...schemas].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    },
  };
}

function describeOperation(route: Route, group: RouteGroup, schemas: Map<string, unknown>): Json {
  const { access, body, description, method, path, summary } = route;
  const parameters = [
    ...describeParameters(route.params, 'path', schemas),
    ...describeParameters(route.query, 'query', schemas),
  ];
  return {
    operationId: operationId(method, path),
    tags: [group.name],
    summary,
    ...(description !== undefined && { description }),
    ...(access === 'open' && { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: { required: true, content: { 'application/json': { schema: toJson(body, schemas) } } },
    }),
    responses: { ...describeSuccess(route, schemas), ...describeErrors(route) },
  };
}

/** `GET /keys/{id}/pin` is `getKeysIdPin`. */
function operationId(method: string, path: string): string {
  const words = path.match(/[A-Za-z0-9]+/g) ?? [];
  return method + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

function describeSuccess(route: Route, schemas: Map<string, unknown>): Json {
  const { media, response, status } = route;
  if (media !== undefined) {
    const schema = response && { schema: toJson(response, schemas) };
    return { 200: { description: 'Done', content: { [media]: { ...schema } } } };
  }
  if (!response) return { 204: { description: 'Done' } };
  const content = { 'application/json': { schema: toJson(response, schemas) } };
  return { [status ?? 200]: { description: 'Done', content } };
}

function describeErrors({ access, body, errors = [] }: Route): Json {
  const statuses = Object.entries({ ...always, ...others }).filter(([text]) => {
    const status = Number(text);
    if (status === 401) return access !== 'open';
    if (status === 400 || status === 413 || status === 415) return body !== undefined;
    return status === 403 || status === 422 || errors.some((known) => known === status);
  });
  const content = { 'application/json': { schema: { $ref: '#/components/schemas/Problem' } } };
  return Object.fromEntries(statuses.map(([status, description]) => [status, { description, content }]));
}

function describeParameters(
  schema: z.ZodType | undefined,
  place: 'path' | 'query',
  schemas: Map<string, unknown>,
): readonly Json[] {
  if (!schema) return [];
  const { properties = {}, required = [] } = toJson(schema, schemas) as {
    readonly properties?: Readonly<Record<string, Json>>;
    readonly required?: readonly string[];
  };
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    ...(description !== undefined && { description }),
    schema: rest,
  }));
}

/** The JSON Schema of what goes over the wire; schemas with a name go to the components, and are referred to. */
function toJson(schema: z.ZodType, schemas: Map<string, unknown>): Json {
  const { $defs = {}, ...json } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  delete json.$schema;
  for (const [name, definition] of Object.entries($defs)) schemas.set(name, relocate(definition));
  return relocate(json) as Json;
}

function relocate(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(relocate);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      name === '$ref' && typeof item === 'string'
        ? item.replace('#/$defs/', '#/components/schemas/')
        : relocate(item),
    ]),
  );
}
