import { newRequestId } from '../core/ids.ts'
import { Fault } from '../core/fault.ts'
import { newSecret } from '../core/seal.ts'
import { hasOneOf } from '../store/label-protection.ts'
import type { Actor, StoredKey } from '../store/ports.ts'
import type { AdminDependencies } from './dependencies.ts'

/** Enough to recognise a key by, far too little to guess it: 36 of its 256 bits. */
const shownCharacters = 'pb-'.length + 6

export interface NewKey {
  readonly name: string
  readonly scopes: readonly string[]
  readonly roles: readonly string[]
  /** Milliseconds since 1970; null: never. */
  readonly expiresAt: number | null
}

/** Makes a key and stores its hash. `key` exists only in what is returned here. */
export async function createKey(
  { stores, hashKey, clock }: Pick<AdminDependencies, 'stores' | 'hashKey' | 'clock'>,
  actor: Actor,
  wanted: NewKey,
): Promise<{ readonly stored: StoredKey; readonly key: string }> {
  if (wanted.expiresAt !== null && wanted.expiresAt <= clock.now()) {
    throw new Fault(
      'invalid_request',
      '`expires_at` must lie in the future; leave it out for a key that does not expire.',
      { param: 'expires_at' },
    )
  }
  requireMayGive(actor, wanted.roles)
  const key = newSecret('pb-')
  const stored = await stores.keys.create(actor, {
    ...wanted,
    id: newRequestId(clock.now()),
    tenantId: actor.tenantId,
    hash: hashKey(key),
    prefix: key.slice(0, shownCharacters),
  })
  return { stored, key }
}

/** Nobody gives what they do not have: a role would else be anybody's who can make keys. */
function requireMayGive(actor: Actor, roles: readonly string[]): void {
  const lacking = roles.find((role) => !hasOneOf(actor, [role]))
  if (lacking === undefined) return
  throw new Fault(
    'permission_denied',
    `\`roles\`: this key does not have the role ${lacking}, so it cannot give it to another. Make the key with one that has it, or with the super-admin key.`,
    { param: 'roles', code: 'role_required' },
  )
}
