import type { RouteGroup } from './route.ts';
import { credentialRoutes } from './routes/credentials.ts';
import { eventRoutes } from './routes/events.ts';
import { faultRoutes } from './routes/faults.ts';
import { fingerprintRoutes } from './routes/fingerprints.ts';
import { keyRoutes } from './routes/keys.ts';
import { panelRoutes } from './routes/panel.ts';
import { pinRoutes } from './routes/pin.ts';
import { traceRoutes } from './routes/trace.ts';
import { userRoutes } from './routes/user.ts';

/** What every control server serves, in the order of its documentation. */
export const routeGroups: readonly RouteGroup[] = [
  keyRoutes,
  credentialRoutes,
  userRoutes,
  pinRoutes,
  fingerprintRoutes,
  faultRoutes,
  traceRoutes,
  eventRoutes,
  panelRoutes,
];
