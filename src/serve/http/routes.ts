/** All routes that need a token. */
import { compatRoutes } from './compat-routes.ts';
import { eventRoutes } from './event-routes.ts';
import { messageRoutes } from './message-routes.ts';
import { modemRoutes } from './modem-routes.ts';
import type { Route } from './route.ts';

export const routes: readonly Route[] = [...messageRoutes, ...modemRoutes, ...eventRoutes, ...compatRoutes];
