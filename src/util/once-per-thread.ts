/** What several copies of this package in one thread have in common: a program may load one, and the hook another. */

/** The first copy that asks makes it. */
export function oncePerThread<T>(name: string, make: () => T): T {
  const key = Symbol.for(`atsock.${name}`);
  if (!Reflect.has(globalThis, key)) Object.defineProperty(globalThis, key, { value: make() });
  return Reflect.get(globalThis, key);
}
