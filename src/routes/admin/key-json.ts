import type { KeyAnswer } from '../../contract/admin/keys.ts'
import type { StoredKey } from '../../store/ports.ts'
import { instantJson } from './page-json.ts'

/** Never the hash. */
export function keyJson(key: StoredKey): KeyAnswer {
  return {
    id: key.id,
    name: key.name,
    prefix: key.prefix,
    scopes: [...key.scopes],
    roles: [...key.roles],
    expires_at: key.expiresAt === null ? null : instantJson(key.expiresAt),
    created_at: instantJson(key.createdAt),
    created_by: key.createdBy,
    revoked_at: key.revokedAt === null ? null : instantJson(key.revokedAt),
  }
}
