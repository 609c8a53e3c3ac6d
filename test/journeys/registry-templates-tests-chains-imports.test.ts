import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningApp, startRunningApp } from '../support/running-app.ts'

/** What the contract promises of prompts that are composed, tested, chained and brought along, by its own bodies and names. */

let app: RunningApp
beforeAll(async () => {
  app = await startRunningApp()
})
afterAll(() => app.dispose())

type Json = Readonly<Record<string, unknown>>
const rows = (page: Json): readonly Json[] => page['data'] as readonly Json[]

const prompt = (slug: string, version: Json) =>
  app.admin('POST', '/prompts', {
    slug,
    name: slug,
    version: { model: 'mock/echo', ...version },
    labels: ['production'],
  })

/** A prompt that says its slug, then its variable `text`. */
const saying = (slug: string, more: Json = {}) =>
  prompt(slug, { messages: [{ role: 'user', content: `${slug} {{text}}` }], ...more })

async function ask(body: Json, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  const answer = await app.post('/chat/completions', body, headers)
  const text = await answer.text()
  if (answer.status !== 200) throw new Error(text)
  const read = JSON.parse(text) as { readonly choices: readonly { readonly message: { readonly content: string } }[] }
  return read.choices[0]?.message.content ?? ''
}

describe('templates', () => {
  it('put partials in when the version is made, and publishing one says which prompts would change', async () => {
    await prompt('tone', { messages: [{ role: 'system', content: 'Be warm.' }] })
    await prompt('reply', { messages: [{ role: 'user', content: '{{> tone@production}} {{q}}' }] })
    const cold = { messages: [{ role: 'system', content: 'Be cold.' }], model: 'mock/echo' }
    await app.admin('POST', '/prompts/tone/versions', cold, 201)
    const published = await app.admin('PUT', '/prompts/tone/labels/production', { version: 2 })
    expect(JSON.stringify(published['dependents_outdated'])).toContain('"reply"')
    expect(await ask({ model: 'prompt:reply', prompt_variables: { q: '{{> tone}}' } })).toBe('Be warm. {{> tone}}')
    const cycle = { messages: [{ role: 'system', content: '{{> tone}}' }], model: 'mock/echo' }
    expect(await app.admin('POST', '/prompts/tone/versions', cycle, 400)).toMatchObject({
      error: { code: 'partial_cycle' },
    })
  })

  it('answer in the language of the request: metadata.locale, then accept-language, then their own', async () => {
    const french = { messages: [{ role: 'user', content: 'bonjour' }] }
    await prompt('greet', { locale: 'en', messages: [{ role: 'user', content: 'hello' }], locales: { fr: french } })
    const model = 'prompt:greet'
    expect(await ask({ model })).toBe('hello')
    expect(await ask({ model, metadata: { locale: 'fr-CA' } })).toBe('bonjour')
    expect(await ask({ model }, { 'accept-language': 'nl, fr;q=0.8, en;q=0.5' })).toBe('bonjour')
    expect(await ask({ model, metadata: { locale: 'en' } }, { 'accept-language': 'fr' })).toBe('hello')
  })

  it('are told what is probably not meant, with tokens and cost', async () => {
    const version = { model: 'openai/gpt-4o-mini', messages: [{ role: 'user', content: '{{known}} {{unknown}}' }] }
    const variables = { type: 'object', properties: { known: { type: 'string' }, unused: { type: 'string' } } }
    const made = await app.admin('POST', '/prompts', {
      slug: 'linted',
      name: 'Linted',
      version: { ...version, variables },
    })
    expect(String(made['warnings'])).toMatch(/unknown/)
    expect(String(made['warnings'])).toMatch(/unused/)
    expect(made['estimates']).toMatchObject([{ model: 'openai/gpt-4o-mini', input_tokens: expect.any(Number) }])
  })
})

describe('test cases', () => {
  it('are run on demand, with a result for each check', async () => {
    const checks = [
      { type: 'contains', value: 'refund' },
      { type: 'not_contains', value: 'sorry' },
      { type: 'regex', value: '\\d+' },
      { type: 'max_length', value: 100 },
      { type: 'max_cost_usd', value: 1 },
      { type: 'max_latency_ms', value: 60_000 },
    ]
    const test_cases = [
      { name: 'good', variables: { text: 'refund 12' }, checks },
      { name: 'bad', variables: { text: 'x' }, checks: [{ type: 'equals', value: 'y' }] },
    ]
    await saying('tested', { test_cases, quality_threshold: 0.8 })
    const result = await app.admin('POST', '/prompts/tested/test', {})
    expect(result).toMatchObject({ passed: true, score: 6 / 7 })
    expect(result['cases']).toMatchObject([
      {
        name: 'good',
        passed: true,
        output: 'tested refund 12',
        checks: checks.map(({ type }) => ({ type, passed: true })),
      },
      { name: 'bad', passed: false, checks: [{ type: 'equals', passed: false, detail: expect.any(String) }] },
    ])
    const chosen = await app.admin('POST', '/prompts/tested/test', { version: 1, cases: ['bad'] })
    expect(chosen).toMatchObject({ passed: false, score: 0 })
    expect(rows(await app.admin('GET', '/prompts/tested/test-runs?version=1'))).toHaveLength(2)
  })
})

describe('a chain', () => {
  const chain = {
    slug: 'letters',
    name: 'Letters',
    steps: [
      { name: 'topic', prompt: 'say-topic', variables: { text: '{{input.text}}' } },
      {
        name: 'billing',
        prompt: 'say-fail',
        variables: { text: '{{steps.topic.output}}' },
        when: "{{input.kind}} == 'billing'",
        after: ['topic'],
        fallback: 'say-sorry',
      },
      {
        name: 'final',
        prompt: 'say-final@production',
        variables: { text: '{{steps.topic.output}}, {{steps.billing.output}}' },
        after: ['topic', 'billing'],
      },
    ],
    output: '{{steps.last.output}}',
    budget: { usd: 1, ms: 20_000 },
  }

  it('branches, falls back, streams, and leaves one exchange with all its steps', async () => {
    await saying('say-topic')
    await saying('say-fail', { model: 'mock/500', retries: 0 })
    await saying('say-sorry')
    await saying('say-final')
    await app.admin('POST', '/chains', chain, 201)
    const model = 'chain:letters'
    const billed = 'say-final say-topic a, say-sorry say-topic a'
    expect(await ask({ model, prompt_variables: { text: 'a', kind: 'billing' } })).toBe(billed)
    expect(await ask({ model, variables: { text: 'a', kind: 'other' } })).toBe('say-final say-topic a, ')
    const streamed = await app.post('/chat/completions', {
      model,
      stream: true,
      inputs: { text: 'a', kind: 'billing' },
    })
    const text = await streamed.text()
    expect(text).toMatch(/data: \[DONE\]\n\n$/)
    expect([...text.matchAll(/"content":"([^"]*)"/g)].map(([, piece]) => piece).join('')).toBe(billed)
    const exchange = await app.exchange(streamed.headers.get('x-request-id') ?? '')
    const attempts = exchange['attempts'] as readonly Json[]
    expect(attempts.map(({ step, prompt: asked }) => `${String(step)}: ${String(asked)}`)).toEqual([
      'topic: say-topic',
      'billing: say-fail',
      'billing: say-sorry',
      'final: say-final',
    ])
  })
})

describe('prompts of elsewhere', () => {
  it.each([
    ['openai', { id: 'pmpt_1', version: '1', name: 'Weather', instructions: 'Say it for {{city}}.', model: 'gpt-4o' }],
    ['langfuse', { name: 'critic', type: 'text', prompt: 'What of {{movie}}?', version: 1, labels: ['production'] }],
    ['litellm', { files: { 'hello.prompt': '---\nmodel: gpt-4o\n---\nUser: Hello {{name}}\n' } }],
    ['markdown', { files: [{ path: 'house.md', text: '# System\nBe kind to {{name}}.\n' }] }],
    [
      'promptbox',
      { slug: 'ours', name: 'Ours', versions: [{ model: 'mock/echo', messages: [{ role: 'user', content: 'Hi' }] }] },
    ],
  ])('of %s: a dry run changes nothing, an import makes them, once', async (format, body) => {
    const send = (query: string) => app.admin('POST', `/import?format=${format}${query}`, body)
    expect(await send('&dry_run=true')).toMatchObject({ dry_run: true, created: 1, notes: expect.any(Array) })
    expect(await send('')).toMatchObject({ dry_run: false, created: 1 })
    expect(await send('')).toMatchObject({ created: 0, changed: 0, unchanged: 1 })
  })

  it('that were exported here are imported as they are', async () => {
    const exported = await app.admin('GET', '/export')
    const again = await app.admin('POST', '/import?format=promptbox&dry_run=true', exported)
    expect(again).toMatchObject({
      created: 0,
      changed: 0,
      refused: 0,
      unchanged: (exported['prompts'] as Json[]).length,
    })
  })

  it('have a library of templates to begin with, each with test cases, to be forked', async () => {
    const templates = rows(await app.admin('GET', '/templates?limit=200'))
    expect(templates.length).toBeGreaterThanOrEqual(20)
    const slug = String(templates[0]?.['slug'])
    await app.admin('POST', `/templates/${slug}/fork`, { slug: 'forked' }, 201)
    const { body } = (await app.admin('GET', '/prompts/forked/versions/1')) as { readonly body: Json }
    expect(body['test_cases']).not.toEqual([])
  })
})
