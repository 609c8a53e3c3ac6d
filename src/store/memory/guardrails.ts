import type { GuardrailValue, PromptValue } from '../../snapshot/change.ts'
import { compareGuardrails } from '../../snapshot/snapshot.ts'
import { guardrailTaken, noGuardrail, tooManyGuardrails } from '../faults.ts'
import { asksForGuardrail } from '../asks-for-guardrail.ts'
import { type GuardrailPin, type GuardrailStore, type StoredGuardrail, mostGuardrails } from '../guardrail-port.ts'
import { changedGuardrailFields, requireStorableGuardrail } from '../storable-guardrail.ts'
import type { MemoryDatabase } from './database.ts'
import type { MemoryPrompts } from './prompts.ts'

export interface MemoryGuardrails extends GuardrailStore {
  /** null when it is not there. */
  value(tenantId: string, slug: string): GuardrailValue | null
  slugs(): readonly { readonly tenantId: string; readonly slug: string }[]
}

/** @param prompts whose versions may ask for guardrails. */
export function createMemoryGuardrails(
  database: MemoryDatabase,
  prompts: Pick<MemoryPrompts, 'slugs' | 'value'>,
): MemoryGuardrails {
  const rows = new Map<string, StoredGuardrail>()
  /** Also those that were removed since. */
  const everMade = new Set<string>()
  const keyOf = (tenantId: string, slug: string): string => JSON.stringify([tenantId, slug])
  const ofTenant = (tenantId: string) => [...rows.values()].filter((row) => row.tenantId === tenantId)

  function put(row: StoredGuardrail): StoredGuardrail {
    const { tenantId, slug } = row
    // What was handed in may change afterwards.
    const kept = { ...row, body: structuredClone(row.body) }
    rows.set(keyOf(tenantId, slug), kept)
    everMade.add(keyOf(tenantId, slug))
    database.changed({ noun: 'guardrail', tenantId, id: slug })
    return kept
  }

  function make(tenantId: string, actorId: string, { slug, body }: Pick<GuardrailValue, 'slug' | 'body'>) {
    const now = database.clock.now()
    const by = { createdAt: now, createdBy: actorId, updatedAt: now, updatedBy: actorId }
    return put({ tenantId, slug, body, ...by })
  }

  return {
    async create(actor, guardrail) {
      database.reach()
      requireStorableGuardrail(guardrail.body)
      if (ofTenant(actor.tenantId).length >= mostGuardrails) throw tooManyGuardrails(mostGuardrails)
      if (rows.has(keyOf(actor.tenantId, guardrail.slug))) throw guardrailTaken(guardrail.slug)
      return make(actor.tenantId, actor.id, guardrail)
    },

    async change(actor, slug, change) {
      database.reach()
      const row = rows.get(keyOf(actor.tenantId, slug))
      if (row === undefined) throw noGuardrail(slug)
      const body = change(structuredClone(row.body))
      if (changedGuardrailFields(row.body, body).length === 0) return row
      requireStorableGuardrail(body)
      return put({ ...row, body, updatedAt: database.clock.now(), updatedBy: actor.id })
    },

    async find(tenantId, slug) {
      database.reach()
      return rows.get(keyOf(tenantId, slug)) ?? null
    },

    async list(tenantId) {
      database.reach()
      return ofTenant(tenantId).sort(compareGuardrails)
    },

    async pins(tenantId, slug) {
      database.reach()
      const own = prompts.slugs().filter((prompt) => prompt.tenantId === tenantId)
      return own
        .flatMap((prompt) => prompts.value(tenantId, prompt.slug) ?? [])
        .flatMap((prompt) => pinsOf(prompt, slug))
        .sort((left, right) =>
          left.prompt === right.prompt ? left.version - right.version : compareSlugs(left, right),
        )
    },

    async remove(actor, slug) {
      database.reach()
      const { tenantId } = actor
      if (!rows.delete(keyOf(tenantId, slug))) throw noGuardrail(slug)
      database.changed({ noun: 'guardrail', tenantId, id: slug })
    },

    async seed(tenantId, guardrails) {
      database.reach()
      const missing = guardrails.filter(({ slug }) => !everMade.has(keyOf(tenantId, slug)))
      for (const guardrail of missing) make(tenantId, 'seed', guardrail)
      return missing.length
    },

    value(tenantId, slug) {
      const row = rows.get(keyOf(tenantId, slug))
      return row === undefined ? null : { tenantId, slug, body: row.body }
    },

    slugs: () => [...rows.values()].map(({ tenantId, slug }) => ({ tenantId, slug })),
  }
}

function pinsOf({ slug: prompt, labels, versions }: PromptValue, guardrail: string): readonly GuardrailPin[] {
  return versions.flatMap(({ number, body }) => {
    const own = Object.keys(labels).filter((label) => labels[label] === number)
    const isPin = own.length > 0 && asksForGuardrail(body, guardrail)
    return isPin ? [{ prompt, version: number, labels: own.sort() }] : []
  })
}

function compareSlugs(left: GuardrailPin, right: GuardrailPin): number {
  return left.prompt < right.prompt ? -1 : 1
}
