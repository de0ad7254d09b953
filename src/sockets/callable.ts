/** Constructors that work with and without `new`, as those of Node's `net`. */

type Constructor = (this: object, ...given: unknown[]) => object | undefined;

/**
 * What Node's own constructors are: functions that programs of the old style call without `new`, on an object of
 * theirs. `methods` is a class whose constructor is never called.
 */
export function callable<T, Parent extends object>(
  methods: { readonly prototype: object },
  parent: Parent,
  name: string,
  initialise: (made: T, ...given: unknown[]) => void,
): (new (...given: unknown[]) => T) & Parent {
  const made: Constructor = function (this: object, ...given) {
    if (!(this instanceof made)) return Reflect.construct(made, given);
    initialise(this as T, ...given);
    return undefined;
  };
  Object.defineProperty(made, 'name', { value: name });
  Object.setPrototypeOf(made, parent);
  made.prototype = Object.create(methods.prototype, {
    constructor: { value: made, configurable: true, writable: true },
  });
  // What `setPrototypeOf` and the new prototype have made of it.
  return made as unknown as (new (...given: unknown[]) => T) & Parent;
}
