import {
  type AdvanceNeeds,
  findProposal,
  rejectProposal,
  testProposal,
  tryProposal,
} from '../../admin/advance-proposal.ts'
import type { AdminDependencies } from '../../admin/dependencies.ts'
import { spentThisMonth } from '../../admin/evolution-budget.ts'
import { findPolicy, putPolicy } from '../../admin/evolution-policy.ts'
import { evolvePrompt } from '../../admin/evolve-prompt.ts'
import { findPrompt } from '../../admin/find-prompt.ts'
import { rollProposalOut } from '../../admin/roll-proposal-out.ts'
import type { TestRunner } from '../../admin/run-tests.ts'
import * as evolution from '../../contract/admin/evolution.ts'
import { defaultPage } from '../../contract/admin/fields.ts'
import type { StoredEvolutionPolicy, StoredProposal } from '../../store/evolution-port.ts'
import type { Actor } from '../../store/ports.ts'
import type { Mount } from './mount.ts'
import { instantJson, pageJson } from './page-json.ts'

export function mountEvolution(mount: Mount, dependencies: AdminDependencies, tests: TestRunner): void {
  const { stores, clock } = dependencies
  const policyJson = ({
    body,
    prompt,
    lastRunAt,
    lastRun,
    updatedAt,
    updatedBy,
    ...policy
  }: StoredEvolutionPolicy) => ({
    prompt,
    ...body,
    spent_usd: spentThisMonth(policy, clock.now()),
    last_run_at: lastRunAt === null ? null : instantJson(lastRunAt),
    last_run: lastRun,
    updated_at: instantJson(updatedAt),
    updated_by: updatedBy,
  })

  mount(evolution.getEvolution, async ({ actor, path }) =>
    policyJson((await findPolicy(stores, actor.tenantId, path.slug)).policy),
  )

  mount(evolution.putEvolution, async ({ actor, path, body }) =>
    policyJson(await putPolicy(dependencies, actor, path.slug, body)),
  )

  mount(evolution.removeEvolution, async ({ actor, path }) => {
    const { slug } = await findPrompt(stores.prompts, actor.tenantId, path.slug)
    await stores.evolution.removePolicy(actor, slug)
    return { id: slug, deleted: true as const }
  })

  mount(evolution.runEvolution, async ({ actor, path, body: { strategies, dry_run: dryRun } }) => {
    const { parentVersion, proposals, skipped, spentUsd } = await evolvePrompt(dependencies, actor, path.slug, {
      strategies,
      dryRun,
    })
    return {
      parent_version: parentVersion,
      proposals: proposals.map(({ proposal: { strategy, writer, rationale, predicted, warnings, body }, stored }) => ({
        strategy,
        writer,
        rationale,
        predicted,
        warnings: [...warnings],
        body: { ...body },
        id: stored?.id ?? null,
        version: stored?.version ?? null,
      })),
      skipped: [...skipped],
      spent_usd: spentUsd,
    }
  })

  mountProposals(mount, { ...dependencies, runTests: tests.run })
}

function mountProposals(mount: Mount, needs: AdvanceNeeds): void {
  const { stores } = needs
  const find = async (actor: Actor, path: { readonly slug: string; readonly id: string }): Promise<StoredProposal> => {
    const { slug } = await findPrompt(stores.prompts, actor.tenantId, path.slug)
    return findProposal(needs, actor.tenantId, slug, path.id)
  }

  mount(evolution.listProposals, async ({ actor, path, query: { state, limit = defaultPage, cursor } }) => {
    const { slug } = await findPrompt(stores.prompts, actor.tenantId, path.slug)
    return pageJson(await stores.evolution.proposals(actor.tenantId, slug, { state, limit, cursor }), proposalJson)
  })
  mount(evolution.getProposal, async ({ actor, path }) => proposalJson(await find(actor, path)))
  mount(evolution.testProposal, async ({ actor, path }) =>
    proposalJson(await testProposal(needs, actor, await find(actor, path))),
  )
  mount(evolution.tryProposal, async ({ actor, path }) =>
    proposalJson(await tryProposal(needs, actor, await find(actor, path))),
  )
  mount(evolution.rollProposalOut, async ({ actor, path }) =>
    proposalJson(await rollProposalOut(needs, actor, await find(actor, path))),
  )
  mount(evolution.rejectProposal, async ({ actor, path, body }) =>
    proposalJson(await rejectProposal(needs, actor, await find(actor, path), { reason: body.reason ?? null })),
  )
}

function proposalJson(proposal: StoredProposal) {
  const { id, prompt, version, strategy, state, sentence, writer, rationale, predicted } = proposal
  return {
    id,
    prompt,
    parent_version: proposal.parentVersion,
    version,
    strategy,
    state,
    sentence,
    writer,
    rationale,
    predicted,
    warnings: [...proposal.warnings],
    tests: proposal.tests,
    experiment: proposal.experiment,
    rollout: proposal.rollout,
    improvement: proposal.improvement,
    cost_usd: proposal.costUsd,
    created_at: instantJson(proposal.createdAt),
    updated_at: instantJson(proposal.updatedAt),
  }
}
