import { describe, expect, it } from 'vitest'
import { seedGuardrails } from '../../db/seed/guardrails.ts'
import { seed, seedGuardrailsOnce, seedPrompts } from '../../db/seed.ts'
import { guardrailBodySchema, guardrailSlugSchema } from '../../src/contract/guardrail-body.ts'
import { versionBodySchema } from '../../src/contract/version-body.ts'
import { checkGuardrail } from '../../src/guardrails/check-guardrail.ts'
import { lintVersionBody } from '../../src/prompts/lint-version.ts'
import { compileVersion } from '../../src/prompts/compile-version.ts'
import { createMemoryStores } from '../../src/store/memory.ts'
import { newKey } from './contract/smaller.ts'
import { actor, metadata, unique } from './contract/subject.ts'

describe('seeding', () => {
  it('makes the three prompts, served as production, in a database without prompts', async () => {
    const stores = createMemoryStores()
    expect(await seed(stores, actor)).toBe(3)
    const { data } = await stores.prompts.list('default', { limit: 10 })
    expect(data.map((prompt) => [prompt.slug, prompt.labels])).toEqual([
      ['clarifying-question', { production: 1 }],
      ['script-writing', { production: 1 }],
      ['topic-extraction', { production: 1 }],
    ])
    expect(await seed(stores, actor)).toBe(0)
  })

  it('leaves alone whoever has prompts already, also only archived ones', async () => {
    const stores = createMemoryStores()
    const slug = unique('mine')
    await stores.prompts.create(actor, { ...metadata, slug, version: null, labels: [] })
    expect(await seed(stores, actor)).toBe(0)
    await stores.prompts.archive(actor, slug)
    expect(await seed(stores, actor)).toBe(0)
    expect((await stores.prompts.list('default', { limit: 10 })).data).toEqual([])
  })

  it('is finished by the next start when one was killed in between', async () => {
    const stores = createMemoryStores()
    const [first] = seedPrompts
    await stores.prompts.create(actor, first)
    expect(await seed(stores, actor)).toBe(2)
    await stores.prompts.archive(actor, first.slug)
    expect(await seed(stores, actor)).toBe(0)
  })

  it('leaves alone a database in which anything else was ever done', async () => {
    const stores = createMemoryStores()
    await stores.keys.create(actor, newKey())
    expect(await seed(stores, actor)).toBe(0)
  })

  it('by two processes at once makes each prompt once', async () => {
    const stores = createMemoryStores()
    const made = await Promise.all([seed(stores, actor), seed(stores, actor)])
    expect(made.reduce((sum, count) => sum + count, 0)).toBe(3)
  })
})

describe.each(seedPrompts)('the seed prompt $slug', ({ version, ...prompt }) => {
  it('is what the admin API would take, without a warning', () => {
    expect(versionBodySchema.parse(version)).toEqual(version)
    expect(lintVersionBody(version)).toEqual({ errors: [], warnings: [] })
  })

  it('shows what a prompt can have', () => {
    expect(prompt).toMatchObject({
      description: expect.any(String),
      category: expect.any(String),
      useCase: expect.any(String),
      domain: expect.any(String),
    })
    expect(prompt.tags.length * prompt.starters.length).toBeGreaterThan(0)
    expect(version.test_cases?.length).toBeGreaterThanOrEqual(3)
    expect(version.messages.map((message) => message['role'])).toContain('assistant')
    for (const property of Object.values((version.variables as { properties: object }).properties)) {
      expect(property).toMatchObject({ type: expect.any(String), description: expect.any(String) })
    }
  })

  it('expands with nothing but what its test cases give', () => {
    for (const testCase of version.test_cases ?? []) {
      const { members, warnings } = compileVersion(version).expand({
        variables: testCase['variables'] as never,
        members: new Map(),
      })
      expect(warnings).toEqual([])
      expect(members.get('messages')).not.toContain('{{')
    }
  })
})

describe('the guardrails of a fresh installation', () => {
  it('are there once, and stay away when somebody removed them', async () => {
    const stores = createMemoryStores()
    expect(await seedGuardrailsOnce(stores, 'default')).toBe(3)
    const listed = await stores.guardrails.list('default')
    expect(listed.map(({ slug, body }) => [slug, body.type, body.severity, body.stages])).toEqual([
      ['prompt-injection', 'injection', 'critical', ['input']],
      ['pii-basic', 'pii', 'warning', ['input', 'output']],
      ['toxic-content', 'toxicity', 'error', ['input', 'output']],
    ])
    await stores.guardrails.remove(actor, 'pii-basic')
    expect(await seedGuardrailsOnce(stores, 'default')).toBe(0)
    expect(await stores.guardrails.find('default', 'pii-basic')).toBeNull()
  })

  it('do not keep the example prompts from a new database, nor those them', async () => {
    const stores = createMemoryStores()
    expect([await seed(stores, actor), await seedGuardrailsOnce(stores, 'default')]).toEqual([3, 3])
  })

  it.each(seedGuardrails)('$slug only flags, and can do what its description says', ({ slug, body }) => {
    expect(guardrailSlugSchema.parse(slug)).toBe(slug)
    expect(guardrailBodySchema.parse(body)).toEqual(body)
    expect(body).toMatchObject({ action: 'flag', mode: 'enforce', enabled: true })
    expect(checkGuardrail(body).onError).toBe('open')
    const described = [...(body.description ?? '').matchAll(/\{"action": "(block|redact)"\}/g)].map((match) => match[1])
    expect(body.description).toContain(`PATCH /admin/v1/guardrails/${slug} `)
    expect(described).not.toEqual([])
    for (const action of described) checkGuardrail({ ...body, action: action as 'block' | 'redact' })
  })
})
