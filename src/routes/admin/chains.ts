import type { AdminDependencies } from '../../admin/dependencies.ts'
import {
  type SavedChain,
  type WholeChain,
  activateChain,
  addChainVersion,
  createChain,
  findChain,
  restoreChain,
  withActive,
} from '../../admin/put-chain.ts'
import * as chains from '../../contract/admin/chains.ts'
import type { ChainBody } from '../../contract/chain-body.ts'
import { Fault } from '../../core/fault.ts'
import type { StoredChain, StoredChainVersion } from '../../store/chain-port.ts'
import type { Mount } from './mount.ts'
import { instantJson, pageJson } from './page-json.ts'

const defaultPage = 50

export function mountChains(mount: Mount, dependencies: Pick<AdminDependencies, 'stores' | 'snapshot'>): void {
  const store = dependencies.stores.chains

  mount(chains.createChain, async ({ actor, body }) => {
    const { slug, name, description = null, change_note } = body
    const chain = { slug, name: name ?? slug, description, body: bodyOf(body), changeNote: change_note ?? null }
    return savedJson(await createChain(dependencies, actor, chain))
  })

  mount(chains.listChains, async ({ actor, query }) => {
    const { limit = defaultPage, cursor, archived = false } = query
    return pageJson(await store.list(actor.tenantId, { limit, cursor, archived }), rowJson)
  })

  mount(chains.getChain, async ({ actor, path }) => chainJson(await findChain(store, actor.tenantId, path.slug)))

  mount(chains.putChain, async ({ actor, path, body }) => {
    const { slug, name, description, change_note, activate = true } = body
    if (slug !== undefined && slug !== path.slug) {
      throw new Fault(
        'invalid_request',
        `\`slug\` is '${slug}', but the path says '${path.slug}'. A chain keeps its slug: leave the field out.`,
        { param: 'slug' },
      )
    }
    const added = { name, description, body: bodyOf(body), changeNote: change_note ?? null, activate }
    return savedJson(await addChainVersion(dependencies, actor, path.slug, added))
  })

  mount(chains.listChainVersions, async ({ actor, path, query }) => {
    const { limit = defaultPage, cursor } = query
    return pageJson(await store.versions(actor.tenantId, path.slug, { limit, cursor }), versionJson)
  })

  mount(chains.getChainVersion, async ({ actor, path }) => {
    const version = await store.version(actor.tenantId, path.slug, path.version)
    if (version !== null) return versionJson(version)
    throw new Fault('not_found', `There is no version ${path.version} of a chain '${path.slug}'.`, { param: 'version' })
  })

  mount(chains.activateChain, async ({ actor, path, body }) => {
    const wanted = { version: body.version, reason: body.reason ?? null }
    return chainJson(await activateChain(dependencies, actor, path.slug, wanted))
  })

  mount(chains.archiveChain, async ({ actor, path, body }) =>
    chainJson(await withActive(store, await store.archive(actor, path.slug, body.reason ?? null))),
  )

  mount(chains.restoreChain, async ({ actor, path, body }) =>
    chainJson(await restoreChain(dependencies, actor, path.slug, body.reason ?? null)),
  )
}

/** Without what only the admin API says. */
function bodyOf({ steps, output, budget }: ChainBody): ChainBody {
  return { steps, ...(output === undefined ? {} : { output }), ...(budget === undefined ? {} : { budget }) }
}

function rowJson(chain: StoredChain): chains.ChainRowAnswer {
  return {
    slug: chain.slug,
    name: chain.name,
    description: chain.description,
    active_version: chain.activeVersion,
    latest_version: chain.latestVersion,
    archived_at: chain.archivedAt === null ? null : instantJson(chain.archivedAt),
    created_at: instantJson(chain.createdAt),
    updated_at: instantJson(chain.updatedAt),
  }
}

function chainJson({ chain, active }: WholeChain): chains.ChainAnswer {
  return { ...rowJson(chain), body: active.body }
}

function savedJson(saved: SavedChain): chains.SavedChainAnswer {
  return { ...chainJson(saved), version: saved.version, warnings: [...saved.warnings] }
}

function versionJson(version: StoredChainVersion): chains.ChainVersionAnswer {
  return {
    chain: version.slug,
    version: version.version,
    body: version.body,
    change_note: version.changeNote,
    created_by: version.createdBy,
    created_at: instantJson(version.createdAt),
  }
}
