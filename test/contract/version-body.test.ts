import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { versionBodySchema } from '../../src/contract/version-body.ts'
import type { VersionBody } from '../../src/prompts/compiled-version.ts'

const minimal = { messages: [{ role: 'user', content: 'hi' }], model: 'openai/gpt-4o-mini' }
const whole = {
  messages: [
    { role: 'system', content: 'You answer for {{company}}.' },
    { role: 'developer', content: [{ type: 'text', text: 'Be kind.' }] },
    { role: 'user', name: 'example', content: [{ type: 'image_url', image_url: { url: 'https://x/y.png' } }] },
    {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }],
      extra: 1,
    },
    { role: 'tool', tool_call_id: 'c', content: 'ok' },
    { role: 'assistant', content: 'done' },
    { role: 'placeholder', name: 'messages' },
  ],
  variables: {
    type: 'object',
    properties: { company: { type: 'string', default: 'Acme' }, any: true },
    required: ['question'],
  },
  model: 'openai/gpt-4o-mini',
  fallback_models: ['anthropic/claude-haiku-4-5'],
  parameters: { temperature: 0.2, max_tokens: 500, unheard_of: { a: [1, null] } },
  overrides: { locked: ['model'] },
  response_format: null,
  tools: [{ type: 'function', function: { name: 'f' } }],
  output_schema: null,
  output_format: 'text',
  on_output_mismatch: 'flag',
  guardrails: null,
  timeout_ms: 30000,
  retries: 2,
  cache_ttl_seconds: 0,
  compression: 'whitespace',
  test_cases: [
    {
      name: 'works',
      variables: { company: 'x' },
      messages: [{ role: 'user', content: 'x' }],
      checks: [
        { type: 'contains', value: 'x' },
        { type: 'regex', value: '^x' },
        { type: 'json_schema', value: { type: 'object' } },
        { type: 'max_cost_usd', value: 0.01 },
        { type: 'llm_judge', value: 'kind?' },
        { type: 'webhook', value: { url: 'https://x' } },
      ],
    },
  ],
  semver: '1.0.0',
  parent_version: null,
  change_note: 'first',
}

function described(issue: { path: readonly PropertyKey[]; message: string; errors?: unknown }): string[] {
  const inner = ((issue.errors ?? []) as readonly (readonly Parameters<typeof described>[0][])[]).flat()
  return [`${issue.path.join('.')} ${issue.message}`, ...inner.flatMap(described)]
}

/** A version with one test case that has one check. */
const withCheck = (check: object) => ({ ...minimal, test_cases: [{ name: 'a', checks: [check] }] })

/** `path message` of everything that is wrong, also within the ways a union could be met. */
function problems(body: unknown): string[] {
  const read = versionBodySchema.safeParse(body)
  return read.success ? [] : read.error.issues.flatMap(described)
}

describe('a version body', () => {
  it.each([minimal, whole, { ...minimal, messages: [] }])('is accepted and kept as it is', (body) => {
    const accepted: VersionBody = versionBodySchema.parse(body)
    expect(accepted).toEqual(body)
  })

  it.each<[string, object, RegExp]>([
    ['an unknown field', { ...minimal, temprature: 1 }, /temprature/],
    [
      'an unknown field that is a name of objects',
      JSON.parse('{"messages":[],"model":"m","__proto__":{"a":1}}') as object,
      /__proto__/,
    ],
    ['no messages', { model: 'm' }, /^messages /],
    ['no model', { messages: [] }, /^model /],
    ['a prompt as model', { ...minimal, model: 'prompt:other' }, /^model must name a model, not another prompt/],
    ['a chain as model', { ...minimal, model: 'chain:triage' }, /^model must name a model, not a chain/],
    ['a chain as fallback', { ...minimal, fallback_models: ['chain/triage@2'] }, /^fallback_models.0 .* not a chain/],
    ['an empty model', { ...minimal, model: '' }, /^model must name a model such as/],
    [
      'an unknown role',
      { ...minimal, messages: [{ role: 'sytem', content: 'x' }] },
      /^messages\.0\.role must be one of `system`/,
    ],
    [
      'a message without content',
      { ...minimal, messages: [{ role: 'user' }] },
      /^messages\.0\.content must be a text, or a list/,
    ],
    [
      'an assistant with nothing',
      { ...minimal, messages: [{ role: 'assistant' }] },
      /^messages\.0\.content is missing/,
    ],
    [
      'a part without type',
      { ...minimal, messages: [{ role: 'user', content: [{ text: 'x' }] }] },
      /^messages\.0\.content must be/,
    ],
    [
      'a tool message without id',
      { ...minimal, messages: [{ role: 'tool', content: 'x' }] },
      /^messages\.0\.tool_call_id/,
    ],
    [
      'a placeholder that no variable could have the name of',
      { ...minimal, messages: [{ role: 'placeholder', name: 'the history' }] },
      /^messages\.0\.name must be `messages`, `examples`, or the name of a variable/,
    ],
    [
      'two placeholders',
      {
        ...minimal,
        messages: [
          { role: 'placeholder', name: 'messages' },
          { role: 'placeholder', name: 'messages' },
        ],
      },
      /^messages\.1 is a second placeholder/,
    ],
    [
      'two placeholders of one name in another language',
      {
        ...minimal,
        locales: {
          fr: {
            messages: [
              { role: 'placeholder', name: 'history' },
              { role: 'placeholder', name: 'history' },
            ],
          },
        },
      },
      /^locales\.fr\.messages\.1 is a second placeholder/,
    ],
    [
      'a language twice',
      { ...minimal, locale: 'en', locales: { EN: { examples: [] } } },
      /^locales\.EN is the language of `locale` or is there twice/,
    ],
    [
      'a language without anything',
      { ...minimal, locales: { fr: {} } },
      /^locales\.fr must have `messages`, `examples`/,
    ],
    [
      'a language without messages',
      { ...minimal, locales: { fr: { messages: [] } } },
      /^locales\.fr\.messages must have at least one message; leave it out/,
    ],
    [
      'model among the parameters',
      { ...minimal, parameters: { model: 'x' } },
      /^parameters\.model must not be set here: it is the field `model`/,
    ],
    [
      'messages among the parameters',
      { ...minimal, parameters: { messages: [] } },
      /^parameters\.messages must not be set here/,
    ],
    [
      'stream among the parameters',
      { ...minimal, parameters: { stream: true } },
      /^parameters\.stream must not be set here: whether to stream/,
    ],
    ['tools twice', { ...whole, parameters: { tools: [] } }, /^parameters\.tools is set twice/],
    ['stream locked', { ...minimal, overrides: { locked: ['stream'] } }, /^overrides\.locked\.0 cannot be locked/],
    ['an unknown override', { ...minimal, overrides: { lock: [] } }, /lock/],
    [
      'variables that are no object schema',
      { ...minimal, variables: { type: 'string' } },
      /^variables\.type must be `object`/,
    ],
    [
      'a variable that is no schema',
      { ...minimal, variables: { type: 'object', properties: { a: 'string' } } },
      /^variables\.properties\.a must be a JSON Schema/,
    ],
    ['a tool without type', { ...minimal, tools: [{ name: 'f' }] }, /^tools\.0 must be a tool with a `type`/],
    ['a response format without type', { ...minimal, response_format: {} }, /^response_format must have a `type`/],
    ['a label for a semantic version', { ...minimal, semver: 'v1' }, /^semver must be a semantic version/],
    ['no time', { ...minimal, timeout_ms: 0 }, /^timeout_ms must be/],
    ['endless retries', { ...minimal, retries: 1000 }, /^retries must be at most 10/],
    [
      'an unknown check',
      { ...minimal, test_cases: [{ name: 'a', variables: {}, checks: [{ type: 'contain', value: 'x' }] }] },
      /^test_cases\.0\.checks\.0\.type must be one of `contains`/,
    ],
    [
      'a check of the wrong type',
      { ...minimal, test_cases: [{ name: 'a', checks: [{ type: 'max_length', value: 'x' }] }] },
      /^test_cases\.0\.checks\.0\.value/,
    ],
    [
      'a judge with a setting that is none',
      withCheck({ type: 'llm_judge', value: { criterion: 'kind?', minimum: 1 } }),
      /minimum/,
    ],
    ['a judge without a criterion', withCheck({ type: 'llm_judge', value: { model: 'mock/json' } }), /criterion/],
    [
      'a judge that is a prompt',
      withCheck({ type: 'llm_judge', value: { criterion: 'kind?', model: 'prompt:judge' } }),
      /must name a model, not another prompt/,
    ],
    ['a score above 1', withCheck({ type: 'llm_judge', value: { criterion: 'kind?', min_score: 2 } }), /from 0 to 1/],
    ['a webhook that is no address', withCheck({ type: 'webhook', value: 'checks' }), /must be a whole URL/],
    [
      'a webhook with a password',
      withCheck({ type: 'webhook', value: 'https://u:p@example.com/' }),
      /must not hold a user name or password/,
    ],
    [
      'a webhook at a metadata service',
      withCheck({ type: 'webhook', value: { url: 'http://169.254.169.254/' } }),
      /never called/,
    ],
    [
      'a webhook that waits too long',
      withCheck({ type: 'webhook', value: { url: 'https://example.com/', timeout_ms: 60_001 } }),
      /from 1 to 60000/,
    ],
    [
      'a secret in a version',
      withCheck({ type: 'webhook', value: { url: 'https://example.com/', secret: 'x' } }),
      /secret/,
    ],
    [
      'any other variable as a secret',
      withCheck({ type: 'webhook', value: { url: 'https://example.com/', secret_env: 'PROMPTBOX_ADMIN_KEY' } }),
      /begins with `PROMPTBOX_WEBHOOK_`/,
    ],
    [
      'test cases of one name',
      {
        ...minimal,
        test_cases: [
          { name: 'a', checks: [] },
          { name: 'a', checks: [] },
        ],
      },
      /^test_cases\.1\.name is the name of an earlier/,
    ],
    [
      'a number YAML knows and JSON does not',
      { ...minimal, parameters: { temperature: Number.NaN } },
      /^parameters\.temperature must be a finite number/,
    ],
  ])('%s is refused with place and rule', (_, body, problem) => {
    expect(problems(body).join('\n')).toMatch(problem)
  })

  it('nested without end is refused', () => {
    let deep: object = {}
    for (let level = 0; level < 5000; level++) deep = { deep }
    expect(problems({ ...minimal, parameters: { deep } })).toEqual([
      'parameters.deep.deep must not be nested deeper than 64 levels',
    ])
  })

  it('describes itself as JSON Schema, for the documentation of the API', () => {
    const schema = z.toJSONSchema(versionBodySchema, { io: 'input' }).$defs?.['VersionBody']
    expect(schema).toMatchObject({ additionalProperties: false, required: ['messages', 'model'] })
    expect(Object.keys(schema?.properties ?? {})).toEqual(expect.arrayContaining(Object.keys(whole)))
  })
})
