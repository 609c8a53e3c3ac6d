import { describe, expect, test } from 'vitest'
import type { KnownModel } from '../../src/admin/dependencies.ts'
import { createSubject, createSupportReply, versionBody } from './subject.ts'

/** What a new version is told about its tokens, its cost and its languages. */

const known: Readonly<Record<string, Partial<KnownModel>>> = {
  'openai/gpt-4o-mini': {
    prices: { input_usd_per_million_tokens: 0.15, output_usd_per_million_tokens: 0.6 },
    facts: { context_window: 128_000, max_output_tokens: 16_384 },
  },
  'local/small': { facts: { context_window: 600 } },
}
const describeModel = (id: string): KnownModel | null => {
  const found = known[id]
  return found === undefined ? null : { id, aliases: [], prices: null, priceSource: null, facts: null, ...found }
}
const countTokens = async (text: string, model: string) => ({
  tokens: text.split(/\s+/).length * (model === 'local/small' ? 2 : 1),
  source: 'tokenizer' as const,
})
const subjectOf = () => createSubject({ describeModel, countTokens })

const row = {
  model: 'openai/gpt-4o-mini',
  // "You answer for Acme." and nothing for the question.
  input_tokens: 4,
  tokens_source: 'tokenizer',
  context_limit: 128_000,
  max_output_tokens: 500,
  cost_usd_per_request: 0.000_000_6,
  cost_usd_per_thousand_requests: 0.000_6,
  cost_usd_per_request_at_most: 0.000_300_6,
  over_context: false,
}

describe('an estimate', () => {
  test('comes with a new prompt, a new version, and when it is asked for', async () => {
    const subject = subjectOf()
    const created = await createSupportReply(subject)
    expect(created.json).toMatchObject({ warnings: [], estimates: [row] })
    const added = await subject.send('POST', '/v1/prompts/support-reply/versions', versionBody)
    expect(added.json).toMatchObject({ version: 2, warnings: [], estimates: [row] })
    const asked = await subject.send('GET', '/v1/prompts/support-reply/versions/2/estimate')
    expect(asked.json).toEqual({ prompt: 'support-reply', version: 2, warnings: [], estimates: [row] })
    const missing = await subject.send('GET', '/v1/prompts/support-reply/versions/9/estimate')
    expect(missing.json['error']).toMatchObject({ code: 'not_found' })
    const empty = await subject.send('POST', '/v1/prompts', { slug: 'empty', name: 'Empty' })
    expect(empty.json).toMatchObject({ warnings: [], estimates: [] })
  })

  test('has a row for each fallback, and what is unknown is null, never 0', async () => {
    const subject = subjectOf()
    const { max_tokens: _, ...parameters } = versionBody.parameters
    const version = { ...versionBody, parameters, fallback_models: ['local/small', 'local/unheard-of'] }
    const created = await createSupportReply(subject, { version })
    expect(created.json['estimates']).toEqual([
      { ...row, max_output_tokens: 16_384, cost_usd_per_request_at_most: null },
      {
        ...row,
        model: 'local/small',
        input_tokens: 8,
        context_limit: 600,
        max_output_tokens: null,
        cost_usd_per_request: null,
        cost_usd_per_thousand_requests: null,
        cost_usd_per_request_at_most: null,
      },
      {
        ...row,
        model: 'local/unheard-of',
        context_limit: null,
        max_output_tokens: null,
        cost_usd_per_request: null,
        cost_usd_per_thousand_requests: null,
        cost_usd_per_request_at_most: null,
      },
    ])
  })

  test('counts examples, tools and the response format, and no image', async () => {
    const subject = subjectOf()
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,one two three' } }
    const version = {
      messages: [{ role: 'user', content: [{ type: 'text', text: 'one two' }, image] }],
      examples: [{ user: 'three {{four}}', assistant: 'five' }],
      tools: [{ type: 'function', function: { name: 'f', description: 'six seven' } }],
      response_format: { type: 'json_object' },
      model: 'openai/gpt-4o-mini',
    }
    const created = await createSupportReply(subject, { version })
    expect(created.json['estimates']?.[0]).toMatchObject({ input_tokens: 8 })
  })

  test('warns, by field, of a model that cannot hold text and answer', async () => {
    const subject = subjectOf()
    const version = { ...versionBody, fallback_models: ['local/small'], parameters: { max_tokens: 593 } }
    const created = await createSupportReply(subject, { version })
    expect(created.json['estimates']?.[1]).toMatchObject({ over_context: true })
    expect(created.json['warnings']).toEqual([
      expect.stringMatching(
        /^`version\.fallback_models\[0\]` is `local\/small`, whose context holds 600 tokens: .*\(8\)/,
      ),
    ])
    const fits = { ...version, parameters: { max_tokens: 592 } }
    const added = await subject.send('POST', '/v1/prompts/support-reply/versions', fits)
    expect(added.json['warnings']).toEqual([])
  })

  test('that is a guess by length says so', async () => {
    const created = await createSupportReply(createSubject())
    expect(created.json['estimates']?.[0]).toMatchObject({ tokens_source: 'estimated', input_tokens: 5 })
  })

  test('a variable before a long fixed text is told on saving', async () => {
    const subject = subjectOf()
    const messages = [{ role: 'system', content: `{{company}} ${'Be kind. '.repeat(600)}` }]
    const created = await createSupportReply(subject, { version: { messages, model: 'openai/gpt-4o-mini' } })
    expect(created.json['warnings']).toEqual([
      expect.stringMatching(/^`version\.messages\[0\]` has the variable `company` before a long fixed text/),
    ])
  })
})

describe('a version in several languages', () => {
  const version = {
    ...versionBody,
    locale: 'en',
    locales: { 'pt-BR': { messages: [{ role: 'system', content: 'Você responde por {{company}}.' }] } },
  }

  test('is rendered in the one that is wanted, and says which', async () => {
    const subject = subjectOf()
    await createSupportReply(subject, { version })
    const render = async (locale?: string) =>
      (
        await subject.send('POST', '/v1/render', {
          prompt: 'support-reply',
          variables: { question: 'x' },
          ...(locale === undefined ? {} : { locale }),
        })
      ).json
    expect(await render('pt-br')).toMatchObject({ locale: 'pt-BR', messages: [{ content: 'Você responde por Acme.' }] })
    expect(await render('fr')).toMatchObject({ locale: 'en', messages: [{ content: 'You answer for Acme.' }, {}] })
    expect(await render()).toMatchObject({ locale: 'en' })
  })

  test('has its mistakes told by language', async () => {
    const broken = { ...version, locales: { fr: { messages: [{ role: 'user', content: '{{' }] } } }
    const answer = await createSupportReply(subjectOf(), { version: broken })
    expect(answer.status).toBe(400)
    expect(answer.json['error']).toMatchObject({ param: 'version.locales.fr.messages[0].content' })
  })

  test('differs from one that has lost a language, which breaks callers', async () => {
    const subject = subjectOf()
    await createSupportReply(subject, { version })
    await subject.send('POST', '/v1/prompts/support-reply/versions', { ...version, locales: {} })
    const diff = await subject.send('GET', '/v1/prompts/support-reply/diff?from=1&to=2')
    expect(diff.json).toMatchObject({
      messages: [{ change: 'removed', index: 0, locale: 'pt-BR' }],
      breaking: [{ kind: 'locale_removed', variable: null, locale: 'pt-BR' }],
    })
  })
})

test('a model that nobody knows is warned of, each in its place; a route is known', async () => {
  const subject = subjectOf()
  await subject.send('PUT', '/v1/routes/fast', { strategy: 'ordered', targets: [{ model: 'mock/echo' }] })
  const version = { ...versionBody, model: 'opnai/gpt-4o', fallback_models: ['fast', 'gtp-5', 'openai/gpt-4o-mini'] }
  const created = await subject.send('POST', '/v1/prompts', { slug: 'typo', name: 'Typo', version })
  expect(created.status).toBe(201)
  expect(created.json['warnings']).toEqual([
    expect.stringMatching(/^`version\.model` is `opnai\/gpt-4o`, which is neither .* no request can reach it/),
    expect.stringMatching(/^`version\.fallback_models\[1\]` is `gtp-5`, /),
  ])
  const added = await subject.send('POST', '/v1/prompts/typo/versions', { ...versionBody, model: 'fast' })
  expect(added.json['warnings']).toEqual([])
})
