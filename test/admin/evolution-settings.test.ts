import { expect, test } from 'vitest'
import { evolutionSettings } from '../../src/admin/evolution-settings.ts'
import { policyOfNobody } from '../../src/admin/evolution-policy.ts'
import type { ModelFacts } from '../../src/contract/model-facts.ts'
import type { VersionBody } from '../../src/prompts/compiled-version.ts'

const clock = { now: () => Date.UTC(2026, 10, 20), monotonic: () => 0 }

function lackOf(facts: ModelFacts | null, version: Partial<VersionBody> = {}): string | null {
  const model = { id: 'openai/m', aliases: [], prices: null, priceSource: null, facts }
  const body: VersionBody = { messages: [{ role: 'user', content: 'Hi.' }], model: 'openai/x', ...version }
  return evolutionSettings({ describeModel: () => model, clock }, policyOfNobody('default', 'p'), body).lackOf(
    'openai/m',
  )
}

const picture = { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:' } }] }

test.each<readonly [string, ModelFacts, Partial<VersionBody>, string]>([
  ['tools', { capabilities: { tools: false } }, { tools: [{ type: 'function' }] }, '`tools`'],
  ['JSON', { capabilities: { json: false } }, { response_format: { type: 'json_object' } }, '`json`'],
  ['pictures', { capabilities: { vision: false } }, { messages: [picture] }, '`vision`'],
  ['long answers', { max_output_tokens: 100 }, { parameters: { max_tokens: 200 } }, 'at most 100 tokens'],
  ['a model that is still served', { sunset_at: '2026-11-20' }, {}, 'no longer served'],
])('a model lacks what the version needs: %s', (_what, facts, version, problem) => {
  expect(lackOf(facts, version)).toContain(problem)
})

test('a model lacks nothing that the version does not ask for, or that nobody knows of', () => {
  expect(lackOf({ capabilities: { tools: false, vision: false }, sunset_at: '2026-11-21' })).toBeNull()
  expect(lackOf(null, { tools: [{ type: 'function' }] })).toBeNull()
  expect(lackOf({ capabilities: {} }, { response_format: { type: 'text' } })).toBeNull()
})
