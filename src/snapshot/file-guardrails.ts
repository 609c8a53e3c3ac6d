import { fieldPath } from '../contract/admin/explain-issues.ts'
import type { GuardrailBody } from '../contract/guardrail-body.ts'
import { Fault } from '../core/fault.ts'
import { checkGuardrail } from '../guardrails/check-guardrail.ts'
import type { SnapshotChange } from './change.ts'
import type { Mistake } from './file-entries.ts'
import type { GuardrailEntryInput } from './file-schema.ts'

/** The guardrails of `promptbox.yaml`, each held against its type. */
export function guardrailChanges(
  guardrails: Readonly<Record<string, GuardrailEntryInput>>,
  tenantId: string,
  note: (mistake: Mistake) => void,
): SnapshotChange[] {
  return Object.entries(guardrails).map(([slug, { slug: own, ...body }]): SnapshotChange => {
    const path = ['guardrails', slug]
    if (own !== undefined && own !== slug) {
      const message = `The slug is '${slug}' already, by its place. Take \`slug\` out, or make it the same.`
      note({ path: [...path, 'slug'], message })
    }
    const mistake = mistakeIn(body)
    if (mistake !== null) note({ path: [...path, ...mistake.path], message: mistake.message })
    return { noun: 'guardrail', tenantId, id: slug, value: { tenantId, slug, body } }
  })
}

/** What is wrong with a guardrail of the right shape; null: nothing. */
function mistakeIn(body: GuardrailBody): Mistake | null {
  try {
    checkGuardrail(body)
    return null
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return { path: pathOf(error.param ?? ''), message: error.message }
  }
}

/** The path that `fieldPath` wrote: `settings.words[3]`. A member with a point or bracket in its name ends it. */
function pathOf(written: string): readonly PropertyKey[] {
  const parts = written.split(/[.[\]]+/).filter((part) => part !== '')
  const path = parts.map((part) => (/^\d+$/.test(part) ? Number(part) : part))
  return fieldPath(path) === written ? path : path.slice(0, 1)
}
