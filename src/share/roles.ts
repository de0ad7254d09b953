/** Roles as they are written. */
import { isRole, ROLES, type Role } from './policy.ts';

/** `read,socket`. @throws Error */
export function parseRoles(text: string): ReadonlySet<Role> {
  const roles = text.split(',').map(role => role.trim());
  const unknown = roles.find(role => !isRole(role));
  if (unknown !== undefined) throw new Error(`"${unknown}" is no role; there are ${ROLES.join(', ')}`);
  return new Set(roles.filter(isRole));
}
