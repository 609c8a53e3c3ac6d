import { Fault } from '../src/core/fault.ts'
import type { Actor, Stores } from '../src/store/ports.ts'
import { clarifyingQuestion } from './seed/clarifying-question.ts'
import { scriptWriting } from './seed/script-writing.ts'
import { topicExtraction } from './seed/topic-extraction.ts'

/** The prompts of a fresh installation, so that there is something to call and to learn from. They answer without any provider key. */
export const seedPrompts = [topicExtraction, clarifyingQuestion, scriptWriting] as const

/**
 * Puts the seed prompts into a tenant that has never had a prompt, archived ones included; does nothing in any other, so what
 * people changed or put away stays as they left it. How many were made. Two processes may do it at once. Faults: those of the
 * stores.
 */
export async function seed(stores: Pick<Stores, 'prompts'>, actor: Actor): Promise<number> {
  for (const archived of [false, true]) {
    const { data } = await stores.prompts.list(actor.tenantId, { archived, limit: 1 })
    if (data.length > 0) return 0
  }
  let made = 0
  for (const prompt of seedPrompts) {
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
