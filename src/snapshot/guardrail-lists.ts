import type { JsonValue } from '../core/json.ts'
import { canonicalJson } from '../prompts/canonical-json.ts'
import type { GuardrailValue } from './change.ts'
import { type SnapshotGuardrail, compareGuardrails } from './snapshot.ts'

type Lists = ReadonlyMap<string, readonly SnapshotGuardrail[]>

/**
 * The guardrails of all tenants while a snapshot is being made. A list in which nothing changed comes out as the same object,
 * also when it was loaded anew: what the pipeline compiled of it is kept by the list. Used by one writer, and not after
 * `finish`.
 */
export class GuardrailListsDraft {
  readonly #base: Lists
  readonly #reuse: Lists
  /** Of the tenants that a change was about, by slug. */
  readonly #touched = new Map<string, Map<string, SnapshotGuardrail>>()

  /** `reuse`: where lists and guardrails may be taken from besides. */
  constructor(base: Lists, reuse: Lists) {
    this.#base = base
    this.#reuse = reuse
  }

  /** null takes it away. */
  set(tenantId: string, slug: string, value: GuardrailValue | null): void {
    const own = this.#touch(tenantId)
    if (value === null) own.delete(slug)
    else own.set(slug, { slug, body: value.body })
  }

  finish(): Lists {
    if (this.#touched.size === 0) return this.#base
    const lists = new Map(this.#base)
    for (const [tenantId, own] of this.#touched) {
      const before = this.#reuse.get(tenantId) ?? []
      const known = new Map(before.map((each) => [each.slug, each]))
      const list = [...own.values()].map((each) => sameAs(known.get(each.slug), each)).sort(compareGuardrails)
      if (list.length === 0) lists.delete(tenantId)
      else lists.set(tenantId, haveSame(before, list) ? before : list)
    }
    return lists
  }

  #touch(tenantId: string): Map<string, SnapshotGuardrail> {
    const known = this.#touched.get(tenantId)
    if (known !== undefined) return known
    const own = new Map(this.#base.get(tenantId)?.map((each) => [each.slug, each]))
    this.#touched.set(tenantId, own)
    return own
  }
}

function haveSame(left: readonly SnapshotGuardrail[], right: readonly SnapshotGuardrail[]): boolean {
  return left.length === right.length && left.every((each, index) => each === right[index])
}

/** The older one when they say the same; databases keep members in an order of their own. */
function sameAs(older: SnapshotGuardrail | undefined, newer: SnapshotGuardrail): SnapshotGuardrail {
  if (older === undefined || older.body === newer.body) return older ?? newer
  return canonicalJson(older.body as JsonValue) === canonicalJson(newer.body as JsonValue) ? older : newer
}
