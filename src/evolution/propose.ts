import type { StrategyName } from '../contract/evolution.ts'
import { compression } from './compression.ts'
import { fewShot } from './few-shot.ts'
import { instructions } from './instructions.ts'
import { model, parameters } from './model-and-parameters.ts'
import { type Proposal, proposalHash } from './proposal.ts'
import { context, role } from './role-and-context.ts'
import type { Strategy, StrategyInput } from './strategy.ts'

const byRule: Readonly<Record<StrategyName, Strategy>> = {
  few_shot: fewShot,
  instructions,
  role,
  context,
  compression,
  model,
  parameters,
}

/** What one strategy came to. */
export interface Proposed {
  readonly proposals: readonly Proposal[]
  /** Why there is none: a sentence; null: there are some. */
  readonly why: string | null
}

const noReason = 'Nothing that was recorded gives a reason for it.'
const languages = new Intl.DisplayNames('en', { type: 'language' })

/** What one strategy proposes by rule, without anything that changes nothing. */
export function proposeByRule(strategy: StrategyName, input: StrategyInput): Proposed {
  const foreign = whyNotInEnglish(strategy, input)
  if (foreign !== null) return { proposals: [], why: foreign }
  const found = byRule[strategy](input)
  if ('why' in found) return { proposals: [], why: found.why }
  const parent = proposalHash(input.body)
  const proposals = found.filter(({ body }) => proposalHash(body) !== parent)
  return { proposals, why: proposals.length === 0 ? noReason : null }
}

/** Rules know English only; an English rule in a prompt of another language would do more harm than good. */
function whyNotInEnglish(strategy: StrategyName, { evidence: { language } }: StrategyInput): string | null {
  if (!writtenInEnglish.has(strategy) || language === null || language === 'en') return null
  return `The messages are in ${languages.of(language) ?? language}, and rules are written in English only. A model as the writer keeps their language.`
}

const writtenInEnglish: ReadonlySet<StrategyName> = new Set(['instructions', 'role', 'context'])

/**
 * At most `most`, one strategy after the other taking its turn, so that one with many proposals leaves room for the others. Of
 * equal ones the first.
 */
export function inTurns(lists: readonly (readonly Proposal[])[], most: number): readonly Proposal[] {
  const chosen = new Map<string, Proposal>()
  const longest = lists.reduce((length, list) => Math.max(length, list.length), 0)
  for (let turn = 0; turn < longest; turn += 1) {
    for (const list of lists) {
      const proposal = list[turn]
      if (proposal === undefined || chosen.size >= most) continue
      const hash = proposalHash(proposal.body)
      if (!chosen.has(hash)) chosen.set(hash, proposal)
    }
  }
  return [...chosen.values()]
}
