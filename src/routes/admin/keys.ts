import { createKey } from '../../admin/create-key.ts'
import type { AdminDependencies } from '../../admin/dependencies.ts'
import { defaultPage } from '../../contract/admin/fields.ts'
import * as keys from '../../contract/admin/keys.ts'
import { keyJson } from './key-json.ts'
import type { Mount } from './mount.ts'
import { pageJson } from './page-json.ts'

export function mountKeys(mount: Mount, dependencies: Pick<AdminDependencies, 'stores' | 'hashKey' | 'clock'>): void {
  const store = dependencies.stores.keys

  mount(keys.createKey, async ({ actor, body }) => {
    const expiresAt = body.expires_at === undefined || body.expires_at === null ? null : Date.parse(body.expires_at)
    const created = await createKey(dependencies, actor, {
      name: body.name,
      scopes: body.scopes ?? ['inference'],
      roles: body.roles ?? [],
      expiresAt,
    })
    return { ...keyJson(created.stored), key: created.key }
  })

  mount(keys.listKeys, async ({ actor, query }) =>
    pageJson(await store.list(actor.tenantId, { ...query, limit: query.limit ?? defaultPage }), keyJson),
  )

  mount(keys.revokeKey, async ({ actor, path }) => keyJson(await store.revoke(actor, path.id)))
}
