import { describe, expect, it } from 'vitest'
import { Fault } from '../../../src/core/fault.ts'
import type { JsonObject, JsonValue } from '../../../src/core/json.ts'
import { assembleObject, topLevelMembers } from '../../../src/core/json-members.ts'
import { responsesDialect } from '../../../src/dialects/responses/responses.ts'
import { compileVersion } from '../../../src/prompts/compile-version.ts'
import type { VersionBody } from '../../../src/prompts/compiled-version.ts'
import { expandResponses } from '../../../src/prompts/expand-responses.ts'

const system = { role: 'system', content: 'You answer for {{company}}.' }
const rendered = { role: 'system', content: 'You answer for Acme.' }
const base: VersionBody = { messages: [system], model: 'openai/gpt-5' }
const placeholder = { role: 'placeholder', name: 'messages' }

function expand(body: VersionBody, client: string | JsonObject = {}, variables: JsonObject = { company: 'Acme' }) {
  const text = typeof client === 'string' ? client : JSON.stringify(client)
  const { members, warnings } = expandResponses(compileVersion(body), { variables, members: topLevelMembers(text) })
  const raw = assembleObject(members)
  return { raw, warnings, request: JSON.parse(raw) as JsonObject }
}

function inputOf(messages: readonly JsonObject[], client: JsonObject = {}): JsonValue | undefined {
  return expand({ ...base, messages }, client).request['input']
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

describe('messages of a version', () => {
  it('become input items, before those of the client', () => {
    expect(inputOf([system], { input: 'Hello' })).toEqual([rendered, { role: 'user', content: 'Hello' }])
    expect(inputOf([system])).toEqual([rendered])
  })

  it('leave the items of the client their place, as they were written', () => {
    const last = { role: 'user', content: 'In one word.' }
    const inner = '{ "type":"item_reference", "id":"msg_\\u0031" } ,\n {"role":"user","content":"x", "n": 1.0}'
    const { raw } = expand({ ...base, messages: [system, placeholder, last] }, `{"input":[ ${inner} ]}`)
    expect(raw).toBe(`{"input":[${JSON.stringify(rendered)},${inner},${JSON.stringify(last)}]}`)
  })

  it('that are none leave the input alone', () => {
    const { raw } = expand({ ...base, messages: [placeholder] }, '{"input":"caf\\u00e9"}')
    expect(raw).toBe('{"input":"caf\\u00e9"}')
  })

  it('have their parts, calls and results', () => {
    const messages = [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'See {{company}}' },
          { type: 'image_url', image_url: { url: 'https://a.example/{{company}}.png' } },
          { type: 'file', file: { filename: 'a.pdf', file_data: 'data:x' } },
        ],
      },
      {
        role: 'assistant',
        content: [{ type: 'text', text: 'Looking' }],
        tool_calls: [
          { id: 'a', type: 'function', function: { name: 'look', arguments: '{"at":"{{company}}"}' } },
          { id: 'b', type: 'custom', custom: { name: 'patch', input: 'x' } },
        ],
      },
      { role: 'tool', tool_call_id: 'a', content: 'found' },
      { role: 'tool', tool_call_id: 'b', content: [{ type: 'text', text: 'done' }] },
      { role: 'assistant', content: 'There.', refusal: 'No.' },
    ]
    expect(inputOf(messages)).toEqual([
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'See Acme' },
          { type: 'input_image', image_url: 'https://a.example/Acme.png', detail: 'auto' },
          { type: 'input_file', filename: 'a.pdf', file_data: 'data:x' },
        ],
      },
      { role: 'assistant', content: [{ type: 'output_text', text: 'Looking' }] },
      { type: 'function_call', call_id: 'a', name: 'look', arguments: '{"at":"Acme"}' },
      { type: 'custom_tool_call', call_id: 'b', name: 'patch', input: 'x' },
      { type: 'function_call_output', call_id: 'a', output: 'found' },
      { type: 'custom_tool_call_output', call_id: 'b', output: [{ type: 'input_text', text: 'done' }] },
      {
        role: 'assistant',
        content: [
          { type: 'output_text', text: 'There.' },
          { type: 'refusal', refusal: 'No.' },
        ],
      },
    ])
  })

  it('or the client must say something', () => {
    expect(faultOf(() => expand({ ...base, messages: [placeholder] }))).toMatchObject({ param: 'input' })
    expect(faultOf(() => expand(base, { input: 7 }))).toMatchObject({ kind: 'invalid_request', param: 'input' })
  })

  it('need their variables', () => {
    expect(faultOf(() => expand(base, {}, {}))).toMatchObject({ kind: 'invalid_variables' })
    expect(expand(base, {}, { company: 'Acme', other: 1 }).warnings).toEqual([expect.stringContaining('`other`')])
  })
})

describe('parameters of a version', () => {
  const look = { type: 'function', function: { name: 'look', parameters: { type: 'object' } } }
  const body: VersionBody = {
    ...base,
    parameters: {
      max_tokens: 50,
      temperature: 0.2,
      reasoning_effort: 'low',
      verbosity: 'low',
      tool_choice: { type: 'function', function: { name: 'look' } },
    },
    response_format: { type: 'json_schema', json_schema: { name: 'a', schema: { type: 'object' } } },
    tools: [look],
  }
  const expanded = {
    max_output_tokens: 50,
    temperature: 0.2,
    reasoning: { effort: 'low' },
    text: { verbosity: 'low', format: { type: 'json_schema', name: 'a', schema: { type: 'object' } } },
    tools: [{ type: 'function', name: 'look', parameters: { type: 'object' }, strict: false }],
    tool_choice: { type: 'function', name: 'look' },
  }

  it('have their names and places in the Responses API', () => {
    const { request, warnings } = expand(body)
    expect(request).toEqual({ input: [rendered], ...expanded })
    expect(warnings).toEqual([])
  })

  it('stand back behind those of the client, one by one', () => {
    const client = {
      model: 'prompt:a',
      max_output_tokens: 9,
      reasoning: { summary: 'auto' },
      text: { format: { type: 'text' } },
      tools: [{ type: 'web_search' }],
      store: false,
      previous_response_id: 'resp_1',
      include: ['reasoning.encrypted_content'],
      stream: true,
    }
    const { model: _model, ...sent } = client
    expect(expand(body, client).request).toEqual({
      ...expanded,
      ...sent,
      input: [rendered],
      reasoning: { effort: 'low', summary: 'auto' },
      text: { verbosity: 'low', format: { type: 'text' } },
    })
  })

  it.each([
    ['max_tokens', { max_output_tokens: 9 }, 'max_output_tokens'],
    ['max_output_tokens', { max_output_tokens: 9 }, 'max_output_tokens'],
    ['reasoning_effort', { reasoning: { effort: 'high' } }, 'reasoning.effort'],
    ['reasoning', { reasoning: { effort: 'high' } }, 'reasoning.effort'],
    ['response_format', { text: { format: { type: 'text' } } }, 'text.format'],
    ['text', { text: { verbosity: 'high' } }, 'text.verbosity'],
    ['tools', { tools: [{ type: 'web_search' }] }, 'tools'],
    ['temperature', { temperature: 1 }, 'temperature'],
  ])('are held when they are locked: %s', (locked, client, named) => {
    const { request, warnings } = expand({ ...body, overrides: { locked: [locked] } }, client)
    expect(request).toEqual({ input: [rendered], ...expanded })
    expect(warnings).toEqual([`\`${named}\` is locked by the prompt and was ignored`])
  })

  it.each([
    ['max_output_tokens', { max_output_tokens: 9 }, { max_tokens: 50 }],
    ['text.format', { text: { format: { type: 'json_object' } } }, { response_format: body.response_format }],
    ['reasoning', { reasoning: { effort: 'high' } }, { reasoning_effort: 'low' }],
    ['input', { input: 'Hello', instructions: 'Forget that.' }, { messages: [rendered] }],
  ])('are held over chat as well: %s', (locked, client, held) => {
    const text = JSON.stringify(client)
    const { members } = responsesDialect.toChat(JSON.parse(text) as JsonObject, text)
    const compiled = compileVersion({ ...body, overrides: { locked: [locked] } })
    const expanded = compiled.expand({ variables: { company: 'Acme' }, members })
    expect(JSON.parse(assembleObject(expanded.members))).toMatchObject(held)
    expect(expanded.warnings).toHaveLength(1)
  })

  it('are held also against an empty whole', () => {
    const { request } = expand({ ...body, overrides: { locked: ['reasoning_effort'] } }, { reasoning: null, text: {} })
    expect(request['reasoning']).toEqual({ effort: 'low' })
  })

  it.each(['messages', 'input'])('with %s locked let nothing of the client be said, by no door', (locked) => {
    const client = {
      input: 'Hello',
      instructions: 'Forget that.',
      previous_response_id: 'resp_1',
      conversation: 'c',
      store: false,
    }
    const { request, warnings } = expand({ ...base, overrides: { locked: [locked] } }, client)
    expect(request).toEqual({ input: [rendered], store: false })
    expect(warnings.map((warning) => warning.split('`')[1])).toEqual([
      'input',
      'instructions',
      'previous_response_id',
      'conversation',
    ])
  })

  it('that only chat knows are dropped, and said so', () => {
    const { request, warnings } = expand({
      ...base,
      parameters: { stop: ['x'], seed: 1, n: 1, logprobs: true, top_logprobs: 2 },
    })
    expect(request).toEqual({ input: [rendered], include: ['message.output_text.logprobs'], top_logprobs: 2 })
    expect(warnings).toEqual([expect.stringContaining('`stop`'), expect.stringContaining('`seed`')])
  })

  it('may be variables', () => {
    const { request } = expand({ ...base, parameters: { max_tokens: '{{limit}}' } }, {}, { company: 'Acme', limit: 7 })
    expect(request['max_output_tokens']).toBe(7)
  })
})
