import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Fault } from '../../src/core/fault.ts'
import type { JsonObject } from '../../src/core/json.ts'
import { assembleObject, topLevelMembers } from '../../src/core/json-members.ts'
import { compileVersion } from '../../src/prompts/compile-version.ts'
import type { VersionBody } from '../../src/prompts/compiled-version.ts'

const system = { role: 'system', content: 'You answer for {{company}}.' }
const base: VersionBody = { messages: [system], model: 'openai/gpt-4o-mini' }
const placeholder = { role: 'placeholder', name: 'messages' }

function expand(body: VersionBody, client: string | JsonObject = {}, variables: JsonObject = { company: 'Acme' }) {
  const text = typeof client === 'string' ? client : JSON.stringify(client)
  const { members, warnings } = compileVersion(body).expand({ variables, members: topLevelMembers(text) })
  const raw = assembleObject(members)
  return { raw, members, warnings, request: JSON.parse(raw) as Record<string, unknown> }
}

function faultOf(run: () => unknown): Fault {
  try {
    run()
  } catch (error) {
    if (error instanceof Fault) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe('messages', () => {
  const rendered = { role: 'system', content: 'You answer for Acme.' }
  const asked = { role: 'user', content: 'hi {{company}}' }

  it('of the template come first, then those of the client, whose text is no template', () => {
    expect(expand(base, { messages: [asked] }).request).toEqual({ messages: [rendered, asked] })
  })

  it('of the client stand where the placeholder is', () => {
    const last = { role: 'system', content: 'Answer in one word.' }
    const body = { ...base, messages: [system, placeholder, last] }
    expect(expand(body, { messages: [asked, asked] }).request).toEqual({ messages: [rendered, asked, asked, last] })
    expect(expand(body, {}).request).toEqual({ messages: [rendered, last] })
  })

  it.each(['{}', '{"messages":[]}', '{"messages": [ \n ]}', '{"messages":null}'])(
    'of the client may be missing: %j',
    (client) => {
      expect(expand(base, client).request).toEqual({ messages: [rendered] })
    },
  )

  it('of the client reach the provider as they were written', () => {
    const inner =
      '{ "role":"user","content":"\\u0041\\/", "n": 9007199254740993, "t":1.0 } ,\n {"role":"user","content":[]}'
    expect(expand(base, `{"messages":[ ${inner} ]}`).raw).toContain(`,${inner}]`)
  })

  it('there must be one at least', () => {
    for (const messages of [[], [placeholder]]) {
      expect(faultOf(() => expand({ ...base, messages }))).toMatchObject({
        kind: 'invalid_request',
        status: 400,
        param: 'messages',
      })
      expect(expand({ ...base, messages }, { messages: [asked] }).request).toEqual({ messages: [asked] })
    }
  })

  it.each(['"hi"', '{}', '5', 'true'])('that are no list are refused: %s', (messages) => {
    expect(faultOf(() => expand(base, `{"messages":${messages}}`))).toMatchObject({ status: 400, param: 'messages' })
  })

  it('keep parts, names and tool calls, with variables in every text', () => {
    const messages = [
      {
        role: 'user',
        name: 'ex',
        content: [
          { type: 'text', text: 'At {{company}}?' },
          { type: 'image_url', image_url: { url: '{{url}}' } },
        ],
      },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{"q":"{{company}}"}' } }],
      },
      { role: 'tool', tool_call_id: 'c1', content: '{{count}} found: {{items}}' },
    ]
    expect(
      expand({ ...base, messages }, {}, { company: 'Acme', url: 'https://x/y', count: 2, items: ['a', { b: 1 }] })
        .request,
    ).toEqual({
      messages: [
        {
          role: 'user',
          name: 'ex',
          content: [
            { type: 'text', text: 'At Acme?' },
            { type: 'image_url', image_url: { url: 'https://x/y' } },
          ],
        },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{"q":"Acme"}' } }],
        },
        { role: 'tool', tool_call_id: 'c1', content: '2 found: ["a",{"b":1}]' },
      ],
    })
  })

  it('a whole-string variable inside a message is still text', () => {
    expect(expand({ ...base, messages: [{ role: 'user', content: '{{n}}' }] }, {}, { n: 5 }).request).toEqual({
      messages: [{ role: 'user', content: '5' }],
    })
  })
})

describe('parameters', () => {
  const body: VersionBody = { ...base, parameters: { temperature: 0.2, max_tokens: 500, stop: ['{{company}}'] } }
  const parametersOf = (result: { request: Record<string, unknown> }): Record<string, unknown> => {
    const { messages: _, ...rest } = result.request
    return rest
  }

  it('of the version are defaults; those of the request win, byte for byte', () => {
    expect(parametersOf(expand(body))).toEqual({ temperature: 0.2, max_tokens: 500, stop: ['Acme'] })
    const sent = expand(body, '{"temperature":1.0,"seed":9007199254740993,"unknown_to_us":{"a":1e2}}')
    expect(sent.members.get('temperature')).toBe('1.0')
    expect(sent.members.get('seed')).toBe('9007199254740993')
    expect(sent.members.get('unknown_to_us')).toBe('{"a":1e2}')
    expect(sent.warnings).toEqual([])
  })

  it('locked ones stay the version’s, and the answer says so', () => {
    const locked = { ...body, overrides: { locked: ['temperature', 'top_p', 'model'] } }
    const sent = expand(locked, { temperature: 1, top_p: 0.5, seed: 1, model: 'openai/gpt-4o' })
    expect(parametersOf(sent)).toEqual({ temperature: 0.2, max_tokens: 500, stop: ['Acme'], seed: 1 })
    expect(sent.warnings).toEqual([
      '`temperature` is locked by the prompt and was ignored',
      '`top_p` is locked by the prompt and was ignored',
    ])
    expect(expand(locked, '{"temperature":0.2}').warnings).toEqual([])
  })

  it('locked messages leave no room for those of the client', () => {
    const sent = expand(
      { ...base, overrides: { locked: ['messages'] } },
      { messages: [{ role: 'user', content: 'x' }] },
    )
    expect(sent.request['messages']).toEqual([{ role: 'system', content: 'You answer for Acme.' }])
    expect(sent.warnings).toEqual(['`messages` is locked by the prompt and was ignored'])
  })

  it('the two names of the token limit never meet', () => {
    expect(parametersOf(expand(body, { max_completion_tokens: 9 }))).not.toHaveProperty('max_tokens')
    expect(parametersOf(expand({ ...base, parameters: { max_completion_tokens: 500 } }, { max_tokens: 9 }))).toEqual({
      max_tokens: 9,
    })
    const sent = expand({ ...body, overrides: { locked: ['max_tokens'] } }, { max_completion_tokens: 9 })
    expect(parametersOf(sent)).toMatchObject({ max_tokens: 500 })
    expect(parametersOf(sent)).not.toHaveProperty('max_completion_tokens')
    expect(sent.warnings).toEqual(['`max_completion_tokens` is locked by the prompt and was ignored'])
  })

  it('stream and stream_options are the client’s; model is nobody’s here', () => {
    const sent = parametersOf(expand(base, { stream: true, stream_options: { include_usage: true }, model: 'x' }))
    expect(sent).toEqual({ stream: true, stream_options: { include_usage: true } })
  })

  it('variables reach into parameters, tools and response formats, and a whole one keeps its type', () => {
    const typed: VersionBody = {
      ...base,
      parameters: { temperature: '{{t}}', logit_bias: '{{bias}}', seed: '{{seed}}' },
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'a_{{kind}}', schema: { type: 'object', properties: { c: { enum: '{{choices}}' } } } },
      },
      tools: [
        {
          type: 'function',
          function: { name: 'f', description: 'For {{company}}', parameters: { maximum: '{{missing}}' } },
        },
      ],
      variables: {
        type: 'object',
        properties: { t: {}, bias: {}, seed: {}, kind: {}, choices: {}, company: {}, missing: {} },
      },
    }
    const sent = parametersOf(
      expand(typed, {}, { t: 0.7, bias: { 50256: -100 }, kind: 'x', choices: ['a', 'b'], company: 'Acme' }),
    )
    expect(sent).toEqual({
      temperature: 0.7,
      logit_bias: { 50256: -100 },
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'a_x', schema: { type: 'object', properties: { c: { enum: ['a', 'b'] } } } },
      },
      tools: [{ type: 'function', function: { name: 'f', description: 'For Acme', parameters: { maximum: null } } }],
    })
  })

  it('tools and response format of the request replace the version’s whole', () => {
    const withTools: VersionBody = {
      ...base,
      tools: [{ type: 'function', function: { name: 'a' } }],
      response_format: { type: 'json_object' },
    }
    expect(parametersOf(expand(withTools))).toEqual({
      tools: withTools.tools,
      response_format: withTools.response_format,
    })
    expect(parametersOf(expand(withTools, { tools: [], response_format: null }))).toEqual({
      tools: [],
      response_format: null,
    })
    expect(parametersOf(expand({ ...base, tools: [], response_format: null }))).toEqual({})
  })
})

describe('variables', () => {
  it('missing or wrong ones are refused by name', () => {
    expect(faultOf(() => expand(base, {}, {}))).toMatchObject({ kind: 'invalid_variables', param: 'variables.company' })
    const typed = { ...base, variables: { type: 'object', properties: { company: { type: 'string' } } } }
    expect(faultOf(() => expand(typed, {}, { company: 1 })).param).toBe('variables.company')
    expect(expand(typed, {}, {}).request).toEqual({ messages: [{ role: 'system', content: 'You answer for .' }] })
  })

  it('unknown ones are named in warnings that fit into a header', () => {
    const { warnings } = expand(base, {}, { company: 'x', extra: 1, 'bad\r\nname, ü': 2 })
    expect(warnings).toEqual([
      'variable `extra` is not known to the prompt and was ignored',
      'variable `bad\\u000d\\u000aname\\u002c\\u0020\\u00fc` is not known to the prompt and was ignored',
    ])
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`v${index}`, 1]))
    expect(expand(base, {}, { company: 'x', ...many }).warnings).toHaveLength(11)
  })
})

describe('the compiled version', () => {
  it('says what the pipeline needs', () => {
    const compiled = compileVersion({
      ...base,
      fallback_models: ['a/b'],
      overrides: { locked: ['model'] },
      timeout_ms: 5,
      retries: 0,
    })
    expect(compiled).toMatchObject({ models: ['openai/gpt-4o-mini', 'a/b'], timeoutMs: 5, retries: 0 })
    expect([...compiled.locked]).toContain('model')
    expect(compileVersion(base)).toMatchObject({ timeoutMs: null, retries: null })
  })

  it('changes neither itself nor what it was given', () => {
    const body = structuredClone({ ...base, parameters: { stop: ['{{company}}'] } })
    const compiled = compileVersion(body)
    const members = topLevelMembers('{"messages":[{"role":"user","content":"x"}],"seed":1}')
    const before = new Map(members)
    const variables = Object.freeze({ company: 'Acme' })
    const first = compiled.expand({ variables, members })
    expect(compiled.expand({ variables, members })).toEqual(first)
    expect(members).toEqual(before)
    expect(body).toEqual({ ...base, parameters: { stop: ['{{company}}'] } })
  })
})

describe('for every value', () => {
  const hostile = fc.oneof(
    fc.constantFrom('{{x}}', '\\{{x}}', '"', '\\', '"}],"model":"evil', '\u2028', '\ud83d'),
    fc.string({ unit: 'binary' }),
  )

  it('the request is valid JSON that holds it verbatim, evaluated once', () => {
    const body: VersionBody = {
      ...base,
      messages: [
        { role: 'user', content: 'a{{x}}b{{y}}' },
        { role: 'assistant', content: [{ type: 'text', text: '{{x}}' }] },
      ],
      parameters: { user: 'u-{{y}}', stop: '{{x}}' },
    }
    const compiled = compileVersion(body)
    fc.assert(
      fc.property(hostile, hostile, (x, y) => {
        const { members } = compiled.expand({ variables: { x, y }, members: new Map() })
        expect(JSON.parse(assembleObject(members))).toEqual({
          messages: [
            { role: 'user', content: `a${x}b${y}` },
            { role: 'assistant', content: [{ type: 'text', text: x }] },
          ],
          user: `u-${y}`,
          stop: x,
        })
      }),
      { numRuns: 1000 },
    )
  })

  it('and type, in a place that keeps types, it is the same value', () => {
    const compiled = compileVersion({
      ...base,
      messages: [{ role: 'user', content: 'x' }],
      parameters: { deep: { value: '{{x}}' } },
    })
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (x) => {
        const value = JSON.parse(JSON.stringify(x)) as JsonObject
        const { members } = compiled.expand({ variables: { x: value }, members: new Map() })
        expect(JSON.parse(members.get('deep') ?? '')).toEqual({ value })
      }),
    )
  })
})
