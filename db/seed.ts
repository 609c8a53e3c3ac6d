import { Fault } from '../src/core/fault.ts'
import type { Actor, Stores } from '../src/store/ports.ts'
import { seedGuardrails } from './seed/guardrails.ts'
import { clarifyingQuestion } from './seed/clarifying-question.ts'
import { scriptWriting } from './seed/script-writing.ts'
import { topicExtraction } from './seed/topic-extraction.ts'

/** The prompts of a fresh installation, so that there is something to call and to learn from. They answer without any provider key. */
export const seedPrompts = [topicExtraction, clarifyingQuestion, scriptWriting] as const

/**
 * Puts the seed prompts into a database in which nothing was ever changed; and finishes what a start that was killed in
 * between began, which is all there is to be found then. Does nothing in any other; nothing that is there is touched, so what
 * people changed or put away stays as they left it. How many were made. Two processes may do it at once. Faults: those of the
 * stores.
 */
export async function seed(stores: Pick<Stores, 'prompts' | 'snapshot'>, actor: Actor): Promise<number> {
  const missing = new Map(seedPrompts.map((prompt) => [prompt.slug, prompt]))
  for (const archived of [false, true]) {
    const { data } = await stores.prompts.list(actor.tenantId, { archived, limit: seedPrompts.length + 1 })
    for (const { slug } of data) if (!missing.delete(slug)) return 0
  }
  const begun = missing.size < seedPrompts.length
  if (!begun && (await stores.snapshot.head()) !== '0') return 0
  let made = 0
  for (const prompt of missing.values()) {
    try {
      await stores.prompts.create(actor, prompt)
      made += 1
    } catch (error) {
      // Another process is seeding too, and was faster with this one.
      if (!(error instanceof Fault && error.kind === 'conflict')) throw error
    }
  }
  return made
}

/**
 * Puts the guardrails of a fresh installation there, each once in the life of a tenant: one that was removed does not come
 * back, and one that was changed stays as it is. How many were made. Faults: those of the store.
 */
export async function seedGuardrailsOnce(stores: Pick<Stores, 'guardrails'>, tenantId: string): Promise<number> {
  return stores.guardrails.seed(tenantId, seedGuardrails)
}
