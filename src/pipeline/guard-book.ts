import { Fault } from '../core/fault.ts'
import { GuardReport } from '../guardrails/guard-report.ts'
import { PlaceholderVault } from '../guardrails/placeholder-vault.ts'
import type { Policy } from '../guardrails/policy.ts'
import type { Rule } from '../guardrails/rule.ts'

/** What the guardrails of one exchange know and say; shared by all steps of a chain, gone when the exchange is. */
export class GuardBook {
  readonly policy: Policy
  readonly report = new GuardReport()
  readonly vault = new PlaceholderVault()
  /** Texts of the requests in which something was found, by what is left of them: for the record. Others are not in it. */
  readonly rewritten = new Map<string, string>()
  /** Text of an answer that was generated and that nobody got, for counting what it cost. Without what was found in it. */
  withheld = ''
  readonly #open = new Set<Promise<void>>()

  constructor(policy: Policy) {
    this.policy = policy
  }

  /** Somebody is asked whose answer nothing waits for but the end of the exchange. Must not reject. */
  alsoAsks(question: Promise<void>): void {
    this.#open.add(question)
    void question.then(() => this.#open.delete(question))
  }

  /** All of those have answered; null: nobody is asked. */
  whenAnswered(): Promise<void> | null {
    return this.#open.size === 0 ? null : Promise.all(this.#open).then(() => undefined)
  }
}

/** For a request that a guardrail does not let through. */
export function inputBlocked(rule: Rule, book: GuardBook): Fault {
  return new Fault('guardrail_blocked', `The request was blocked by the guardrail \`${rule.slug}\`${whyOf(rule)}`, {
    headers: { 'x-promptbox-guardrails': book.report.summary() },
  })
}

/** Stops the call whose answer a guardrail does not let through; the client gets the end that a filter gives. */
export function outputBlocked(rule: Rule): Fault {
  return new Fault('guardrail_blocked', `The answer was blocked by the guardrail \`${rule.slug}\`${whyOf(rule)}`)
}

/** A version asks for guardrails and its tenant has none at all. Nothing goes through unguarded for that. */
export function guardrailsMissing(slugs: readonly string[]): Fault {
  const names = slugs.map((slug) => `\`${slug}\``).join(', ')
  return new Fault('guardrail_blocked', `The prompt asks for guardrails that do not exist: ${names}.`, {
    headers: { 'x-promptbox-guardrails': `blocked:${slugs[0] ?? ''};error:${slugs.join(',')}` },
  })
}

function whyOf({ detector }: Rule): string {
  return detector.kind === 'broken' ? `: ${detector.problem}.` : '.'
}
