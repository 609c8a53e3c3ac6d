import type { CleanTexts } from '../guardrails/clean-texts.ts'
import { ownMember } from '../core/json.ts'
import { type HeldGuardrail, Policy } from '../guardrails/policy.ts'
import { parted } from '../guardrails/rules-by-role.ts'
import type { RemoteServices } from '../guardrails/remote.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import type { Dispatch } from './cache.ts'
import { AnswerWithheld } from './checked-answer.ts'
import type { Asked, Planned } from './exchange.ts'
import { endingAfter, guardAnswer } from './guard-answer.ts'
import { GuardBook, guardrailsMissing } from './guard-book.ts'
import { guardInput, listenToInput } from './guard-input.ts'
import type { GuardContext } from './guard-text.ts'
import { guardWithheld } from './guard-whole-answer.ts'
import type { VerdictMemo } from './verdict-memo.ts'

export interface GuardingSettings {
  readonly memo: VerdictMemo
  readonly cleanTexts: CleanTexts
  /** Bytes of an answer in one piece, and characters of one text of a stream, that may be held back. */
  readonly mostHeld: number
}

/**
 * Puts the guardrails around everything that gives an answer, the cache too: what goes to the model is looked at before
 * anything leaves, what comes back before anybody sees it. Every inference route, every step of a chain and every question
 * that Promptbox asks itself comes through here.
 *
 * An exchange without guardrails goes through untouched.
 */
export function withGuardrails(dispatch: Dispatch, { memo, cleanTexts, mostHeld }: GuardingSettings): Dispatch {
  return function dispatchGuarded(planned, log, cancellation) {
    const { guard } = planned.asked
    const pinned = planned.pinnedGuardrails ?? null
    if (guard === undefined && pinned === null) return dispatch(planned, log, cancellation)
    return guarded(planned, guard, log, cancellation)
  }

  async function guarded(
    planned: Planned,
    book: GuardBook | undefined,
    ...[log, cancellation]: Tail<Parameters<Dispatch>>
  ): ReturnType<Dispatch> {
    if (book === undefined) {
      const pinned = planned.pinnedGuardrails ?? []
      throw guardrailsMissing(pinned.map((pin) => (typeof pin === 'string' ? pin : pin.guardrail)))
    }
    const { input, output, fingerprint } = book.policy.select(factsOf(planned))
    if (input.length === 0 && output.length === 0) return dispatch(planned, log, cancellation)
    const { requestId, key } = planned.asked
    const prompt = planned.prompt?.slug ?? null
    const context: GuardContext = { book, requestId, tenantId: key.tenantId, prompt, cancellation, memo, cleanTexts }
    const { acting, listening } = parted(input)
    book.report.looks(input, 'input')
    const allowed = acting.length === 0 ? null : await guardInput(planned, acting, context)
    const answering = dispatch({ ...(allowed?.planned ?? planned), guardrailPolicy: fingerprint }, log, cancellation)
    // While the provider thinks: rules that only flag keep no request waiting.
    if (listening.length > 0) {
      book.alsoAsks(listenToInput(planned, allowed?.guarded ?? new Map(), listening, context))
    }
    const guarding = { rules: output, context, mostHeld }
    const answered = await answering.catch(async (error: unknown) => {
      throw error instanceof AnswerWithheld && output.length > 0 ? await guardWithheld(error, guarding) : error
    })
    return output.length === 0 ? endingAfter(answered, context) : guardAnswer(answered, guarding)
  }
}

type Tail<List extends readonly unknown[]> = List extends readonly [unknown, ...infer Rest] ? Rest : never

function factsOf({ asked, prompt, targets, pinnedGuardrails }: Planned) {
  return {
    prompt: prompt?.slug ?? null,
    category: prompt?.category ?? null,
    keyId: asked.key.id,
    keyName: asked.key.name,
    models: modelsOf(asked, targets),
    pinned: pinnedGuardrails,
  }
}

/** Every name by which somebody may mean the models of an exchange: with the provider, without, and as it was asked for. */
function modelsOf({ body }: Asked, targets: Planned['targets']): readonly string[] {
  const asked = ownMember(body, 'model')
  const names = targets.flatMap(({ provider, model }) => [`${provider.id}/${model}`, model])
  return typeof asked === 'string' ? [...names, asked] : names
}

/** Gives an exchange its book when there are guardrails for it; the same request otherwise. */
export type OpenGuardBook = (asked: Asked) => Asked

export interface GuardBooks {
  readonly open: OpenGuardBook
  /** Makes the guardrails of a snapshot ready, so that no request has to wait for word lists and models to be read. */
  prepare(snapshot: Snapshot): void
}

/** Policies are made once for each state of a tenant's guardrails and go with it. */
export function openGuardBooks(services: RemoteServices): GuardBooks {
  const policies = new WeakMap<readonly HeldGuardrail[], Policy>()
  const policyOf = (guardrails: readonly HeldGuardrail[]): Policy => {
    let policy = policies.get(guardrails)
    if (policy === undefined) {
      policy = new Policy(guardrails, services)
      policies.set(guardrails, policy)
    }
    return policy
  }
  return {
    open: (asked) => {
      const guardrails = asked.snapshot.guardrails.get(asked.key.tenantId)
      if (guardrails === undefined || asked.guard !== undefined) return asked
      return { ...asked, guard: new GuardBook(policyOf(guardrails)) }
    },
    prepare: ({ guardrails }) => {
      for (const list of guardrails.values()) policyOf(list)
    },
  }
}
