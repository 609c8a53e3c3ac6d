import { Fault } from '../core/fault.ts'
import type { NewProposal, ProposalChange, ProposalFilter, StoredProposal } from './evolution-port.ts'

/** What every implementation of the evolution store does alike. */

export const noPolicy = (prompt: string): Fault =>
  new Fault(
    'not_found',
    `Prompt '${prompt}' has no policy of evolution. PUT /admin/v1/prompts/${prompt}/evolution sets one.`,
    { param: 'slug' },
  )

export const noProposal = (id: string): Fault =>
  new Fault('not_found', `There is no proposal '${id}'.`, { param: 'id' })

export const proposalIsThere = (prompt: string): Fault =>
  new Fault('conflict', `Prompt '${prompt}' has this very proposal already. Look at the list of its proposals.`, {
    code: 'proposal_exists',
  })

/** Fault `conflict`, code `proposal_changed`, when the proposal is in another state by now. */
export function requireState({ id, state }: StoredProposal, from: StoredProposal['state']): void {
  if (state === from) return
  throw new Fault('conflict', `Proposal '${id}' is \`${state}\` by now, no more \`${from}\`. Look at it again.`, {
    param: 'id',
    code: 'proposal_changed',
  })
}

export function changedProposal(now: StoredProposal, change: ProposalChange, at: number): StoredProposal {
  return { ...now, ...change, updatedAt: at }
}

export function newProposal(tenantId: string, proposal: NewProposal, at: number): StoredProposal {
  return { ...proposal, tenantId, createdAt: at, updatedAt: at }
}

export const proposalCursor = (filter: ProposalFilter, prompt: string): string =>
  `proposals ${prompt} ${filter.state ?? ''}`
