import { describe, expect, test } from 'vitest'
import { rejectProposal } from '../../src/admin/advance-proposal.ts'
import { evolvePrompt } from '../../src/admin/evolve-prompt.ts'
import { newRequestId } from '../../src/core/ids.ts'
import { evolveRound } from '../../src/jobs/evolve-prompts.ts'
import type { StoredProposal } from '../../src/store/evolution-port.ts'
import { actor, metadata } from '../store/contract/subject.ts'
import { auto, type Bench, bench, decision, policy, results, slug, withPrompt } from './evolution-bench.ts'

/** What evolution makes of what it tried before. */

const example = { user: 'Where is it now?', assistant: 'On its way.' }

async function newest({ stores }: Bench): Promise<StoredProposal> {
  const [proposal] = (await stores.evolution.proposals('default', slug, { limit: 1 })).data
  if (proposal === undefined) throw new Error('there is no proposal')
  return proposal
}

/** Another version is served, which was answered and rated like the one before. */
async function withNextVersion(own: Bench): Promise<void> {
  const { stores } = own
  const added = await stores.prompts.addVersion(actor, slug, {
    messages: [{ role: 'system', content: 'You answer for {{company}}, and you are brief.' }],
    model: 'openai/x',
  })
  await stores.prompts.setLabel(actor, slug, 'production', added.version, null)
}

/** Proposals for version 1 with what was recorded of it, wherever the label stands. */
const examplesOf = async ({ needs }: Bench) => {
  const { evidence } = needs.stores.evolution
  const stores = {
    ...needs.stores,
    evolution: {
      ...needs.stores.evolution,
      evidence: (tenantId: string, prompt: string, _version: number, range: Parameters<typeof evidence>[3]) =>
        evidence(tenantId, prompt, 1, range),
    },
  }
  const { proposals } = await evolvePrompt({ ...needs, stores }, actor, slug, {
    dryRun: true,
    strategies: ['few_shot'],
  })
  return proposals.map(({ proposal }) => proposal.body.examples)
}

describe('what was declined', () => {
  test('is not proposed again for the next version', async () => {
    const own = await bench()
    await withPrompt(own)
    await evolvePrompt(own.needs, actor, slug, { strategies: ['few_shot'] })
    await rejectProposal(own.needs, actor, await newest(own), { reason: 'It names a customer.' })
    await withNextVersion(own)
    expect(await examplesOf(own)).toEqual([])
  })

  test('because its test cases failed is not proposed again either', async () => {
    const own = await bench()
    await withPrompt(own)
    await own.stores.evolution.putPolicy(actor, slug, policy({ steps: { test: 'auto' } }))
    own.setOutcome(false)
    for (let round = 0; round < 2; round += 1) await evolveRound(own.needs)
    expect((await newest(own)).state).toBe('failed_tests')
    await withNextVersion(own)
    expect(await examplesOf(own)).toEqual([])
  })

  test('is not what was only outdated, because another version came to be served', async () => {
    const own = await bench()
    await withPrompt(own)
    await own.stores.evolution.putPolicy(actor, slug, policy({ steps: { test: 'auto', experiment: 'auto' } }))
    await evolveRound(own.needs)
    await withNextVersion(own)
    await evolveRound(own.needs)
    expect(await newest(own)).toMatchObject({ state: 'rejected', isOutdated: true })
    expect(await examplesOf(own)).toEqual([[example]])
  })
})

test('what lost its experiment is not proposed again', async () => {
  const own = await bench()
  await withPrompt(own)
  await own.stores.evolution.putPolicy(actor, slug, policy({ steps: auto }))
  for (let round = 0; round < 3; round += 1) await evolveRound(own.needs)
  const { experiment } = await newest(own)
  const at = own.needs.clock.now()
  await own.stores.experiments.change(actor, experiment ?? '', () => ({ decision: decision(null), event: null }))
  await own.stores.experimentLedger.keepLook('default', experiment ?? '', { at, results })
  await evolveRound(own.needs)
  expect(await newest(own)).toMatchObject({ state: 'lost' })
  const { proposals, skipped } = await evolvePrompt(own.needs, actor, slug, { strategies: ['few_shot'], dryRun: true })
  expect(proposals).toEqual([])
  expect(skipped[0]?.reason).toContain('declined before')
})

test('a cheaper model is judged by what it saves, as long as quality and success stay', async () => {
  const own = await bench()
  await withPrompt(own)
  const wanted = {
    strategies: ['model'],
    models: ['openai/mini'],
    steps: auto,
    experiment: { primary_metric: 'satisfaction', guardrail_metrics: [{ metric: 'latency_ms', margin: 0.1 }] },
  }
  await own.stores.evolution.putPolicy(actor, slug, policy(wanted))
  for (let round = 0; round < 3; round += 1) await evolveRound(own.needs)
  const experiment = await own.stores.experiments.find('default', (await newest(own)).experiment ?? '')
  expect(experiment?.body).toMatchObject({
    primary_metric: 'cost_usd',
    guardrail_metrics: [{ metric: 'satisfaction' }, { metric: 'success_rate' }, { metric: 'latency_ms', margin: 0.1 }],
  })
})

test('test runs with other models say which of them is better', async () => {
  const own = await bench()
  await withPrompt(own)
  const ran = (askedModel: string | null, isPassed: boolean) => ({
    name: 'greets',
    passed: isPassed,
    output: null,
    checks: Array.from({ length: 10 }, () => ({ type: 'contains' as const, passed: isPassed, detail: '' })),
    error: null,
    askedModel,
    model: null,
    requestId: null,
    costUsd: null,
    latencyMs: null,
  })
  const run = { id: newRequestId(), slug, version: 1, score: 0.5, threshold: 1, costUsd: 0, trigger: 'demand' } as const
  const cases = [ran(null, false), ran('openai/dear', true)]
  await own.stores.testRuns.add(actor, { ...run, passed: false, complete: false, cases }, 10)
  await own.stores.evolution.putPolicy(actor, slug, policy({ strategies: ['model'], models: ['openai/dear'] }))
  const { proposals } = await evolvePrompt(own.needs, actor, slug, { dryRun: true })
  expect(proposals[0]?.proposal.rationale).toContain('openai/dear passed 100 % of 10 checks, openai/x 0 % of 10')
})

test('a prompt in another language gets no English rules, and is told why', async () => {
  const own = await bench()
  const german =
    'Du beantwortest die Fragen der Kunden eines Paketdienstes, und du bist dabei immer freundlich und kurz.'
  await own.stores.prompts.create(actor, {
    ...metadata,
    slug,
    version: { messages: [{ role: 'system', content: german }], model: 'openai/x' },
    labels: ['production'],
  })
  const { proposals, skipped } = await evolvePrompt(own.needs, actor, slug, { strategies: ['role'], dryRun: true })
  expect(proposals).toEqual([])
  expect(skipped).toEqual([{ strategy: 'role', reason: expect.stringContaining('The messages are in German') }])
})

describe('what a model wrote', () => {
  const writing = { strategies: ['role'], writer: { type: 'model', model: 'openai/writer' } }
  const answer = (system: string) =>
    JSON.stringify({
      system,
      rationale: 'Better.',
      predicted: { metric: 'satisfaction', effect: null, why: 'Better.' },
    })

  test('with personal data that was not there is refused, counted and kept with the run', async () => {
    const own = await bench({ answer: answer('You answer for {{company}}. Call +49 30 901820 when unsure.') })
    await withPrompt(own)
    await own.stores.evolution.putPolicy(actor, slug, policy(writing))
    await evolveRound(own.needs)
    expect(await own.stores.evolution.policy('default', slug)).toMatchObject({
      spentUsd: 0.4,
      lastRun: {
        spent_usd: 0.4,
        skipped: [{ strategy: 'role', reason: expect.stringContaining('looks like personal data') }],
      },
    })
  })

  test('carries its warnings into the note of the version, where a reviewer sees them', async () => {
    const own = await bench({ answer: answer('You are a specialist, and you answer for {{company}}.') })
    await withPrompt(own)
    await own.stores.evolution.putPolicy(actor, slug, policy(writing))
    await evolveRound(own.needs)
    const draft = await own.stores.prompts.version('default', slug, 2)
    expect(draft?.changeNote).toContain('Names and postal addresses are not recognised')
    expect(await newest(own)).toMatchObject({ costUsd: 0.4, writer: 'openai/writer' })
  })
})
