import { describe, expect, it } from 'vitest';
import { routeGroups } from '../../../src/control/groups.ts';
import { createBench } from './support.ts';

type Json = Readonly<Record<string, unknown>>;
interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: Json }[];
  readonly requestBody?: { readonly content: Json };
  readonly responses: Readonly<Record<string, Json>>;
  readonly security?: readonly unknown[];
}
interface Api {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Json };
  readonly tags: readonly { readonly name: string }[];
}

async function readApi(): Promise<Api> {
  return (await (await createBench().fetch('/openapi.json')).json()) as Api;
}

function* refsOf(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, item] of Object.entries(value)) {
    if (name === '$ref') yield String(item);
    else yield* refsOf(item);
  }
}

const routes = routeGroups.flatMap((group) => group.routes);

describe('the OpenAPI document', () => {
  it('has every route, once', async () => {
    const { paths } = await readApi();
    const operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    const expected = [...routes.map(({ method, path }) => `${method} ${path}`), 'get /openapi.json'];
    expect(operations.toSorted()).toEqual(expected.toSorted());
    const ids = Object.values(paths).flatMap((methods) =>
      Object.values(methods).map(({ operationId }) => operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('refers to nothing that is not there', async () => {
    const api = await readApi();
    const refs = [...refsOf(api)];
    const known = Object.keys(api.components.schemas).map((name) => `#/components/schemas/${name}`);
    expect(refs.length).toBeGreaterThan(100);
    expect(refs.filter((ref) => !known.includes(ref))).toEqual([]);
    expect(known.filter((name) => !refs.includes(name)).map((name) => name.split('/').at(-1))).toEqual([]);
    const tags = new Set(api.tags.map(({ name }) => name));
    for (const methods of Object.values(api.paths))
      for (const operation of Object.values(methods)) expect(tags).toContain(operation.tags[0]);
  });

  it('names each parameter of a path, and no other', async () => {
    const { paths } = await readApi();
    for (const [path, methods] of Object.entries(paths))
      for (const { parameters = [] } of Object.values(methods)) {
        const named = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name);
        const wanted = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
        expect(named).toEqual(wanted);
      }
  });

  it('says what goes over the wire: bytes are text', async () => {
    const { components, paths } = await readApi();
    const credential = components.schemas['Credential'] as { properties: Record<string, Json> };
    expect(credential.properties['credentialId']).toMatchObject({
      type: 'string',
      contentEncoding: 'base64url',
    });
    const post = paths['/keys/{id}/credentials']!['post']!;
    expect(post.requestBody!.content).toMatchObject({
      'application/json': { schema: { $ref: '#/components/schemas/NewCredential' } },
    });
    expect(Object.keys(post.responses)).toEqual(
      expect.arrayContaining(['201', '400', '401', '403', '404', '409', '413', '415', '422']),
    );
    expect(paths['/events']!['get']!.responses['200']).toMatchObject({
      content: { 'text/event-stream': {} },
    });
    expect(paths['/openapi.json']!['get']!.security).toEqual([]);
  });

  it('promises a token wherever one is needed', async () => {
    const { paths } = await readApi();
    const { call, fetch } = createBench();
    for (const [path, methods] of Object.entries(paths))
      for (const [method, { security }] of Object.entries(methods)) {
        const url = path.replaceAll(/\{\w+\}/g, 'AAAA');
        const bare = await fetch(url, { method: method.toUpperCase() });
        expect([path, method, bare.status === 401]).toEqual([path, method, security === undefined]);
        await bare.body?.cancel();
        // Nothing is there: no route may end as a defect.
        if (security === undefined && path !== '/events')
          expect((await call(method.toUpperCase(), url)).status).toBeLessThan(500);
      }
  });
});
