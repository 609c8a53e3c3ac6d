import { newRequestId } from '../core/ids.ts'
import type { GuardrailResult } from '../core/record.ts'
import { Cancellation } from '../core/cancellation.ts'
import { CleanTexts } from '../guardrails/clean-texts.ts'
import type { Role, Stage } from '../guardrails/guardrail.ts'
import { type HeldGuardrail, Policy } from '../guardrails/policy.ts'
import { rulesOfRole } from '../guardrails/rules-by-role.ts'
import type { RemoteServices } from '../guardrails/remote.ts'
import { GuardBook } from './guard-book.ts'
import { guardWhole } from './guard-text.ts'
import { VerdictMemo } from './verdict-memo.ts'

export interface ExamineRequest {
  readonly tenantId: string
  readonly text: string
  readonly stage: Stage
  /** Whose words the text is taken for. */
  readonly role: Role
  /** In their order; the disabled ones among them look too, and scopes and stages do not count. */
  readonly guardrails: readonly HeldGuardrail[]
}

export interface Examined {
  /** The gravest of all: `block`, `redact`, `error`, `flag` or `pass`. */
  readonly verdict: GuardrailResult['verdict']
  /** As it would go on: with placeholders, empty when it is blocked. */
  readonly text: string
  readonly results: readonly GuardrailResult[]
}

/** What guardrails say of a text, by the same engine that exchanges go through. Nothing is recorded. */
export type ExamineText = (request: ExamineRequest) => Promise<Examined>

export function createExamineText(services: RemoteServices): ExamineText {
  return async ({ tenantId, text, stage, role, guardrails }) => {
    const ready = guardrails.map(({ slug, body }) => ({
      slug,
      body: { ...body, enabled: true, stages: [stage], roles: [role], scope: undefined },
    }))
    const policy = new Policy(ready, services)
    const book = new GuardBook(policy)
    const facts = { prompt: null, category: null, keyId: '', keyName: '', models: [] }
    const rules = policy.select(facts)[stage]
    book.report.looks(rules, stage)
    book.vault.reserve(text)
    const guarding = {
      book,
      requestId: newRequestId(),
      tenantId,
      prompt: null,
      cancellation: new Cancellation(),
      memo: new VerdictMemo(() => 0),
      cleanTexts: new CleanTexts(0),
    }
    const guarded = await guardWhole(text, rulesOfRole(rules, 'anybody'), { stage, role, place: `0/${role}` }, guarding)
    await book.whenAnswered()
    book.report.looked(rules, stage)
    const results = book.report.results()
    const verdict = guarded.blockedBy === null ? gravest(results) : 'block'
    return { verdict, text: guarded.text, results }
  }
}

const byGravity: readonly GuardrailResult['verdict'][] = ['block', 'redact', 'error', 'flag']

/** What runs in shadow mode counts for nothing here, as it does for an exchange. */
function gravest(results: readonly GuardrailResult[]): GuardrailResult['verdict'] {
  const said = new Set(results.filter(({ mode }) => mode === 'enforce').map(({ verdict }) => verdict))
  return byGravity.find((verdict) => said.has(verdict)) ?? 'pass'
}
