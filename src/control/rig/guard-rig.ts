import type { Hono } from 'hono';
import { loopbackHosts, requireFamiliar } from '../guard.ts';
import { problemOf } from '../problem.ts';

/**
 * What suites of other people call has no token. It answers its own machine only, and no web page: otherwise any site
 * could touch the key.
 */
export function guardRig(rig: Hono): Hono {
  rig.use(async (context, next) => {
    requireFamiliar(context.req.raw, { token: '', hosts: loopbackHosts });
    await next();
  });
  rig.notFound((context) =>
    context.json({ code: 'no-such-path', message: 'This rig has no such path.' }, 404),
  );
  rig.onError((error, context) => {
    const { code, message, status } = problemOf(error) ?? {
      code: 'defect',
      message: 'Fauxkey failed.',
      status: 500,
    };
    return context.json({ code, message }, status as 500);
  });
  return rig;
}
