import {
  type AdvanceNeeds,
  readVerdict,
  rejectProposal,
  requireParent,
  testProposal,
  tryProposal,
} from '../admin/advance-proposal.ts'
import { type EvolveNeeds, evolvePrompt } from '../admin/evolve-prompt.ts'
import { followWinner, readRollout, rollProposalOut } from '../admin/roll-proposal-out.ts'
import type { EvolutionPolicy } from '../contract/evolution.ts'
import { Fault } from '../core/fault.ts'
import type { Observe } from '../core/observation.ts'
import type { StoredEvolutionPolicy, StoredProposal } from '../store/evolution-port.ts'
import type { Actor } from '../store/ports.ts'
import { promptboxActor } from './experiment-needs.ts'
import { isDatabaseAway } from './rounds.ts'

export interface EvolutionDependencies extends EvolveNeeds, AdvanceNeeds {
  /** What was said of what fails, so that it is said once; one for the life of the process. */
  readonly said: Map<string, string>
  readonly published: () => Promise<void>
  readonly observe: Observe
}

const mostPolicies = 50
const proposalsAtOnce = 200
const hourMs = 3_600_000
/** The process that ran the test cases has ended. */
const testingWaitsMs = hourMs

/**
 * One round: prompts whose policy is due are run, and proposals go on as far as their policy lets them by themselves. Beside the
 * traffic: what fails of one is said once and keeps no other from its turn. Rejects only when the database is away.
 */
export async function evolveRound(needs: EvolutionDependencies, stopping: () => boolean = () => false): Promise<void> {
  const { evolution } = needs.stores
  const kept = new Set<string>()
  let open: readonly StoredProposal[] = []
  // All of them: those that wait for somebody stay where they are, and are not to be in the way of the others.
  do {
    open = await evolution.openProposals(proposalsAtOnce, open.at(-1)?.id ?? null)
    for (const proposal of open) {
      if (stopping()) return
      kept.add(proposal.id)
      await apart(needs, proposal.id, `proposal ${proposal.id} of prompt \`${proposal.prompt}\``, () =>
        advance(needs, proposal),
      )
    }
  } while (open.length === proposalsAtOnce)
  const policies = await evolution.enabledPolicies(mostPolicies)
  for (const policy of policies) kept.add(nameOf(policy))
  for (const name of needs.said.keys()) if (!kept.has(name)) needs.said.delete(name)
  for (const policy of policies) {
    if (stopping()) return
    await apart(needs, nameOf(policy), `the evolution of prompt \`${policy.prompt}\``, () => runWhenDue(needs, policy))
  }
}

const nameOf = ({ tenantId, prompt }: StoredEvolutionPolicy): string => JSON.stringify([tenantId, prompt])

/** Said to have begun before it begins: a run that fails waits as long as one that succeeds. */
async function runWhenDue(needs: EvolutionDependencies, policy: StoredEvolutionPolicy): Promise<void> {
  const { tenantId, prompt, lastRunAt, body } = policy
  const now = needs.clock.now()
  if (lastRunAt !== null && now < lastRunAt + body.every_hours * hourMs) return
  if (!(await needs.stores.evolution.beginRun(tenantId, prompt, lastRunAt, now))) return
  const { proposals } = await told(needs, policy, () => evolvePrompt(needs, promptboxActor(policy), prompt))
  if (proposals.length > 0) await needs.published()
}

/** Why a run failed stands where its outcome would. Of a database that is away nothing can be kept. */
async function told<Value>(
  { stores, clock }: EvolutionDependencies,
  { tenantId, prompt }: StoredEvolutionPolicy,
  run: () => Promise<Value>,
): Promise<Value> {
  try {
    return await run()
  } catch (error) {
    if (!isDatabaseAway(error)) {
      const at = new Date(clock.now()).toISOString()
      const sentence = Fault.from(error).message
      await stores.evolution.keepRun(tenantId, prompt, { at, sentence, skipped: [], spent_usd: 0 })
    }
    throw error
  }
}

async function advance(needs: EvolutionDependencies, proposal: StoredProposal): Promise<void> {
  const actor = promptboxActor(proposal)
  const before = proposal.state
  if (before === 'in_experiment') return void (await readVerdict(needs, actor, proposal))
  if (before === 'rolling_out') return void (await readRollout(needs, actor, proposal))
  if (before === 'testing') return giveBack(needs, proposal)
  const now = before === 'won' ? await followWinner(needs, actor, proposal) : proposal
  if (now.state !== before) return needs.published()
  const policy = await needs.stores.evolution.policy(proposal.tenantId, proposal.prompt)
  if (policy === null || !policy.body.enabled) return
  const step = stepOf(needs, actor, proposal, policy.body.steps)
  if (step === null) return
  try {
    await requireParent(needs, proposal)
    await step()
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'parent_replaced') throw error
    await rejectProposal(needs, actor, proposal, { reason: error.message, isOutdated: true })
  }
  await needs.published()
}

/** What comes next by itself; null: nothing does. */
function stepOf(
  needs: EvolutionDependencies,
  actor: Actor,
  proposal: StoredProposal,
  { test, experiment, rollout }: EvolutionPolicy['steps'],
): (() => Promise<unknown>) | null {
  const { state } = proposal
  if (state === 'proposed' && test === 'auto') return () => testProposal(needs, actor, proposal)
  if (state === 'tested' && experiment === 'auto') return () => tryProposal(needs, actor, proposal)
  if (state === 'won' && rollout === 'auto') return () => rollProposalOut(needs, actor, proposal)
  return null
}

async function giveBack({ stores, clock }: EvolutionDependencies, proposal: StoredProposal): Promise<void> {
  if (clock.now() - proposal.updatedAt < testingWaitsMs) return
  await stores.evolution.changeProposal(promptboxActor(proposal), proposal.id, 'testing', {
    state: 'failed_tests',
    sentence: 'Running its test cases was broken off. POST …/test runs them again.',
  })
}

/** That another proposal has its turn, or the budget is spent, is how it should be: it is tried again in every round. */
const waits: ReadonlySet<string | null> = new Set([
  'experiment_running',
  'rollout_running',
  'evolution_budget_spent',
  'proposal_changed',
])

async function apart(
  { said, observe }: EvolutionDependencies,
  name: string,
  what: string,
  work: () => Promise<unknown>,
): Promise<void> {
  try {
    await work()
    said.delete(name)
  } catch (error) {
    if (isDatabaseAway(error)) throw error
    if (error instanceof Fault && waits.has(error.code)) return
    const message = error instanceof Error ? error.message : String(error)
    if (said.get(name) === message) return
    said.set(name, message)
    if (error instanceof Fault) observe({ type: 'notice', message: `Nothing comes of ${what} for now: ${message}` })
    else observe({ type: 'defect', where: what, error })
  }
}
