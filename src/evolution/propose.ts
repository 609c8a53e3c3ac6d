import type { StrategyName } from '../contract/evolution.ts'
import { compression, model, parameters } from './cost.ts'
import { fewShot } from './few-shot.ts'
import { instructions } from './instructions.ts'
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

/** What one strategy proposes by rule, without anything that changes nothing. */
export function proposeByRule(strategy: StrategyName, input: StrategyInput): readonly Proposal[] {
  const parent = proposalHash(input.body)
  return byRule[strategy](input).filter(({ body }) => proposalHash(body) !== parent)
}

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
