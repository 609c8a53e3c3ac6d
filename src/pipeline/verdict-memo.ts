import { createHash } from 'node:crypto'
import type { Finding } from '../guardrails/guardrail.ts'
import type { RemoteQuestion } from '../guardrails/remote.ts'
import type { Rule } from '../guardrails/rule.ts'

const mostEntries = 5_000
const keptMs = 300_000

/**
 * What somebody else said of texts, for a few minutes: the history of a conversation comes again with every turn and need
 * not be asked about and paid for again. Keeps findings and digests, no texts.
 */
export class VerdictMemo {
  readonly #kept = new Map<string, { readonly until: number; readonly findings: readonly Finding[] }>()
  readonly #now: () => number

  /** @param now milliseconds, never going back. */
  constructor(now: () => number) {
    this.#now = now
  }

  /** What a question is known by: equal for the same rule, text, place and tenant. */
  key(rule: Rule, { text, context, stage, role, tenantId, prompt }: RemoteQuestion): string {
    const frame = JSON.stringify([rule.fingerprint, stage, role, tenantId, prompt, context.length])
    return createHash('sha256').update(frame).update(context).update(text).digest('base64url')
  }

  get(key: string): readonly Finding[] | null {
    const kept = this.#kept.get(key)
    if (kept === undefined) return null
    if (kept.until > this.#now()) return kept.findings
    this.#kept.delete(key)
    return null
  }

  keep(key: string, findings: readonly Finding[]): void {
    if (this.#kept.size >= mostEntries) {
      const [oldest] = this.#kept.keys()
      if (oldest !== undefined) this.#kept.delete(oldest)
    }
    this.#kept.set(key, { until: this.#now() + keptMs, findings })
  }
}
