/** Packages that only some users need and install themselves. */

/** @throws Error that says what to do, if it is missing */
export async function loadPackage<T>(name: string, purpose: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause;
    throw new Error(`${purpose} needs the package ${name}: npm install ${name}`);
  }
}
