/** `node:dns` whose questions go where the rules say, by the name or address that is asked for. */
import type dns from 'node:dns';
import { promisify } from 'node:util';
import { nodeDns } from '../util/nodes-own.ts';
import type { Rules } from './rules.ts';

type Method = (this: unknown, ...given: unknown[]) => unknown;
type Methods = Readonly<Record<string, Method>>;
type IsOver = (name: unknown) => boolean;
type ResolverClass = new (options?: unknown) => object;

export interface RoutedDns {
  readonly dns: Readonly<Record<string, unknown>>;
  readonly promises: Readonly<Record<string, unknown>>;
}

/** What it replaces in the module and in its `promises`. */
export function routeDns(modem: typeof dns, rules: Rules): RoutedDns {
  const isOver: IsOver = name => typeof name === 'string' && rules.connect(name) === 'modem';
  const promises = route(methods(nodeDns.promises), methods(modem.promises), isOver);
  const routed = route(methods(nodeDns), methods(modem), isOver);
  for (const name of ['lookup', 'lookupService'])
    Object.defineProperty(routed[name], promisify.custom, { value: promises[name] });
  return { dns: routed, promises };
}

// Node's declarations are overloads, which no common type covers.
const methods = (of: object): Methods => of as unknown as Methods;

function route(nodes: Methods, modems: Methods, isOver: IsOver): Record<string, unknown> {
  const routed: Record<string, unknown> = {};
  for (const name of questions(nodes, modems))
    routed[name] = (...given: unknown[]) => (isOver(given[0]) ? modems : nodes)[name]?.(...given);
  for (const name of ['setServers', 'setDefaultResultOrder'])
    routed[name] = (...given: unknown[]) => {
      nodes[name]?.(...given);
      modems[name]?.(...given);
    };
  const [nodesClass, modemsClass] = [nodes.Resolver, modems.Resolver] as unknown as [
    ResolverClass,
    ResolverClass,
  ];
  return {
    ...routed,
    getServers: modems.getServers,
    Resolver: routeResolver(nodesClass, modemsClass, isOver),
  };
}

/** A resolver of Node's with one of the modem's beside it. */
function routeResolver(nodes: ResolverClass, modems: ResolverClass, isOver: IsOver): ResolverClass {
  const OVER = Symbol('over the modem');
  class Resolver extends nodes {
    readonly [OVER]: Methods;

    constructor(options?: unknown) {
      super(options);
      this[OVER] = methods(new modems(options));
    }

    getServers(): unknown {
      return this[OVER].getServers?.();
    }
  }
  const own = methods(nodes.prototype);
  const define = (name: string, method: (this: Resolver, ...given: unknown[]) => unknown): void => {
    Object.defineProperty(Resolver.prototype, name, { value: method, writable: true, configurable: true });
  };
  for (const name of questions(own, methods(modems.prototype)))
    define(name, function (...given) {
      return isOver(given[0]) ? this[OVER][name]?.(...given) : own[name]?.apply(this, given);
    });
  for (const name of ['cancel', 'setServers', 'setLocalAddress'])
    define(name, function (...given) {
      own[name]?.apply(this, given);
      this[OVER][name]?.(...given);
    });
  return Resolver;
}

/** What takes a name or an address first, and both can answer. */
function questions(nodes: object, modems: object): string[] {
  return Object.keys(modems).filter(name => /^(lookup|resolve|reverse)/.test(name) && name in nodes);
}
