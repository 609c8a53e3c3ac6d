import type { GuardrailBody } from '../contract/guardrail-body.ts'
import type { GuardrailResult, GuardrailVerdict } from '../core/record.ts'
import type { GuardrailValue } from '../snapshot/change.ts'
import type { Actor } from './ports.ts'

/** Most guardrails of one tenant: a request may have to be held against all of them. */
export const mostGuardrails = 200

export interface StoredGuardrail extends GuardrailValue {
  readonly createdAt: number
  /** Id of who made it; `seed` for those of the first start. */
  readonly createdBy: string
  readonly updatedAt: number
  readonly updatedBy: string
}

/** A version with a label that asks for a guardrail. */
export interface GuardrailPin {
  /** Slug. */
  readonly prompt: string
  readonly version: number
  /** Sorted; at least one. */
  readonly labels: readonly string[]
}

/**
 * Guardrails of a tenant. Each write is an event with who and when, and requests see it at once. Fault `invalid_request`
 * when a text of the body holds what a database cannot keep (U+0000, half a character).
 */
export interface GuardrailStore {
  /** Fault `conflict` when the slug is taken; code `too_many_guardrails` when the tenant has `mostGuardrails` already. */
  create(actor: Actor, guardrail: Pick<GuardrailValue, 'slug' | 'body'>): Promise<StoredGuardrail>
  /**
   * Puts what `change` makes of the body in its place, alone with it: of two at once the second sees what the first made.
   * What `change` throws comes out, and nothing is changed. A body that stays the same is no event. Fault `not_found`.
   */
  change(actor: Actor, slug: string, change: (before: GuardrailBody) => GuardrailBody): Promise<StoredGuardrail>
  /** null when there is none. */
  find(tenantId: string, slug: string): Promise<StoredGuardrail | null>
  /** By `order`, then slug. */
  list(tenantId: string): Promise<readonly StoredGuardrail[]>
  /** The versions with a label that ask for it, of prompts that are not archived; by prompt, version. */
  pins(tenantId: string, slug: string): Promise<readonly GuardrailPin[]>
  /** Fault `not_found`. */
  remove(actor: Actor, slug: string): Promise<void>
  /**
   * Makes those that this tenant never had: what was seeded or made under the slug before, and removed since, stays away.
   * How many were made. Many processes may do it at once.
   */
  seed(tenantId: string, guardrails: readonly Pick<GuardrailValue, 'slug' | 'body'>[]): Promise<number>
}

/** Longest range that `hours` answers for, milliseconds: 31 days. */
export const longestGuardrailRangeMs = 31 * 86_400_000

/** How often a guardrail said one thing at one stage within one hour. */
export interface GuardrailHour {
  readonly guardrail: string
  readonly stage: GuardrailResult['stage']
  /** Beginning of the hour, UTC, milliseconds since 1970; that of the exchange, not of its recording. */
  readonly hour: number
  readonly verdict: GuardrailVerdict
  readonly mode: GuardrailResult['mode']
  readonly count: number
}

export interface GuardrailHoursFilter {
  /** Left out: all of the tenant. */
  readonly guardrail?: string | undefined
  /** Milliseconds since 1970: hours that begin from here on, */
  readonly from: number
  /** and before this. */
  readonly until: number
}

export const feedbackVerdicts = ['false_positive', 'true_positive', 'missed'] as const
export type FeedbackVerdict = (typeof feedbackVerdicts)[number]

/** What a person says of what a guardrail said. */
export interface GuardrailFeedback {
  readonly requestId: string
  /** Its slug. */
  readonly guardrail: string
  /** null: of the exchange as a whole. */
  readonly stage: GuardrailResult['stage'] | null
  readonly verdict: FeedbackVerdict
  /** Kind of finding it is about; null: of no one in particular. */
  readonly kind: string | null
  readonly comment: string | null
}

export interface GuardrailReader {
  /** By hour, guardrail, stage, verdict, mode. Fault `invalid_request` for more than `longestGuardrailRangeMs`. */
  hours(tenantId: string, filter: GuardrailHoursFilter): Promise<readonly GuardrailHour[]>
  /** What was said of guardrails so far, by guardrail and verdict. */
  feedback(
    tenantId: string,
    guardrail?: string,
  ): Promise<readonly { readonly guardrail: string; readonly verdict: FeedbackVerdict; readonly count: number }[]>
}

export interface GuardrailFeedbackStore {
  /**
   * One for each exchange, guardrail and actor: a later one takes the place of an earlier one. Fault `not_found` when there
   * is no such exchange, or the guardrail has no result there (at that stage).
   */
  put(actor: Actor, feedback: GuardrailFeedback): Promise<void>
}
