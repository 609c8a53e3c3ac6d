import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Fault } from '../../../src/core/fault.ts'
import type { JsonObject, JsonValue } from '../../../src/core/json.ts'
import { ToolNames } from '../../../src/providers/gemini/tool-names.ts'
import { ask, callOf, hello } from './ask.ts'

const tool = (name: string, parameters?: JsonValue, more: JsonObject = {}): JsonObject => ({
  type: 'function',
  function: { name, ...(parameters === undefined ? {} : { parameters }), ...more },
})

function refused(body: JsonObject, reject = false): Fault {
  try {
    ask(body, { reject })
  } catch (error) {
    return error as Fault
  }
  throw new Error('nothing was refused')
}

describe('tools', () => {
  it('H03 hands schemas on as JSON schema, whole, but for the name of their dialect', () => {
    const schema = {
      $schema: 'http://json-schema.org/draft-07/schema#',
      type: 'object',
      additionalProperties: false,
      properties: {
        a: { $ref: '#/$defs/A' },
        b: { anyOf: [{ type: 'string' }, { type: 'null' }] },
        c: { exclusiveMinimum: 0 },
      },
      $defs: { A: { type: 'string' } },
    }
    const { $schema: _dialect, ...rest } = schema
    const { sent } = ask({ tools: [tool('f', schema, { description: 'Does f.' })] })
    expect(sent.tools).toEqual([
      { functionDeclarations: [{ name: 'f', description: 'Does f.', parametersJsonSchema: rest }] },
    ])
  })

  it('D03 keeps a member called __proto__', () => {
    const parameters = JSON.parse('{"type":"object","properties":{"__proto__":{"type":"string"}}}') as JsonObject
    expect(ask({ tools: [tool('f', parameters)] }).body).toContain('"__proto__":{"type":"string"}')
  })

  it.each([[undefined], [null], [{}], [{ type: 'object' }], [{ properties: {} }]] as readonly [
    JsonValue | undefined,
  ][])('H03 makes the empty schema %j one of an object', (parameters) => {
    const declared = ask({ tools: [tool('f', parameters)] }).sent.tools?.[0]?.['functionDeclarations']?.[0]
    expect(declared?.['parametersJsonSchema']).toEqual({ type: 'object', properties: {} })
  })

  it.each([
    ['auto', { mode: 'AUTO' }],
    ['none', { mode: 'NONE' }],
    ['required', { mode: 'ANY' }],
    [
      { type: 'function', function: { name: 'f' } },
      { mode: 'ANY', allowedFunctionNames: ['f'] },
    ],
    [
      {
        type: 'allowed_tools',
        allowed_tools: { mode: 'auto', tools: [{ type: 'function', function: { name: 'f' } }] },
      },
      { mode: 'VALIDATED', allowedFunctionNames: ['f'] },
    ],
    [
      {
        type: 'allowed_tools',
        allowed_tools: { mode: 'required', tools: [{ type: 'function', function: { name: 'f' } }] },
      },
      { mode: 'ANY', allowedFunctionNames: ['f'] },
    ],
  ] as readonly (readonly [JsonValue, JsonObject])[])('turns the choice %j into %j', (choice, config) => {
    const { sent } = ask({ tools: [tool('f'), tool('g')], tool_choice: choice })
    expect(sent.toolConfig).toEqual({ functionCallingConfig: config })
  })

  it('asks for valid arguments where a tool is strict', () => {
    const tools = [tool('f', {}, { strict: true })]
    for (const body of [{ tools }, { tools, tool_choice: 'auto' }])
      expect(ask(body).sent.toolConfig).toEqual({ functionCallingConfig: { mode: 'VALIDATED' } })
  })

  it('says nothing of a choice where there are no functions, which Gemini would refuse', () => {
    expect(ask({ tools: [], tool_choice: 'auto' }).sent).not.toHaveProperty('toolConfig')
  })

  it('refuses a choice of a function that is not there', () => {
    expect(refused({ tools: [tool('f')], tool_choice: { type: 'function', function: { name: 'g' } } }).param).toBe(
      'tool_choice',
    )
  })

  it('passes on the tools Google runs itself, and searches when OpenAI would', () => {
    expect(ask({ tools: [{ google_search: {} }, tool('f')] }).sent.tools?.[1]).toEqual({ googleSearch: {} })
    expect(ask({ web_search_options: {} }).sent.tools).toEqual([{ googleSearch: {} }])
  })

  it('drops tools of other kinds with a warning, or refuses them', () => {
    const tools = [{ type: 'custom', custom: { name: 'x' } }, tool('f')]
    expect(ask({ tools }).warnings).toEqual(['tools[0] was dropped, Gemini knows no tools of type custom'])
    expect(refused({ tools }, true).param).toBe('tools[0]')
  })

  it('H17 writes names in legal characters and finds the way back', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ minLength: 1, maxLength: 200 }), { minLength: 1 }), (originals) => {
        const names = new ToolNames()
        const written = originals.map((name) => names.toGemini(name))
        for (const name of written) expect(name).toMatch(/^[A-Za-z_][\w.:-]{0,63}$/)
        expect(new Set(written).size).toBe(originals.length)
        expect(written.map((name) => names.fromGemini(name))).toEqual(originals)
        expect(originals.map((name) => new ToolNames().toGemini(name))).toEqual(written)
      }),
    )
  })

  it('H17 writes them the same in the tools, the choice, the calls and the results', () => {
    const name = 'my tool/ä'
    const { body, toolNames } = ask({
      tools: [tool(name)],
      tool_choice: { type: 'function', function: { name } },
      messages: [
        hello,
        { role: 'assistant', tool_calls: [callOf('a', name, '{}')] },
        { role: 'tool', tool_call_id: 'a', content: '' },
      ],
    })
    expect(body).not.toContain(name)
    expect(body.split(toolNames.toGemini(name))).toHaveLength(5)
  })
})

describe('parameters', () => {
  it('says them in the words of generationConfig', () => {
    const { sent, warnings } = ask({
      max_tokens: 10,
      max_completion_tokens: 20,
      temperature: 0.5,
      top_p: 0.9,
      top_k: 40,
      presence_penalty: 0.1,
      frequency_penalty: 0.2,
      seed: 7,
      n: 2,
      stop: ['a', '', 'b'],
      logprobs: true,
      top_logprobs: 3,
      modalities: ['text', 'image'],
    })
    expect(warnings).toEqual([])
    expect(sent.generationConfig).toEqual({
      maxOutputTokens: 20,
      temperature: 0.5,
      topP: 0.9,
      topK: 40,
      presencePenalty: 0.1,
      frequencyPenalty: 0.2,
      seed: 7,
      candidateCount: 2,
      stopSequences: ['a', 'b'],
      responseLogprobs: true,
      logprobs: 3,
      responseModalities: ['TEXT', 'IMAGE'],
    })
  })

  it('H13 asks for JSON, with a schema where there is one', () => {
    expect(ask({ response_format: { type: 'json_object' } }).sent.generationConfig).toEqual({
      responseMimeType: 'application/json',
    })
    const schema = { type: 'object', properties: { a: { type: 'string' } }, additionalProperties: false }
    const format = { type: 'json_schema', json_schema: { name: 'x', strict: true, schema } }
    expect(ask({ response_format: format }).sent.generationConfig).toEqual({
      responseMimeType: 'application/json',
      responseJsonSchema: schema,
    })
    expect(ask({ response_format: { type: 'text' } }).sent).not.toHaveProperty('generationConfig')
  })

  it.each([
    ['gemini-2.5-flash', 'none', { thinkingBudget: 0 }],
    ['gemini-2.5-flash', 'low', { thinkingBudget: 1024, includeThoughts: true }],
    ['gemini-2.5-flash', 'high', { thinkingBudget: 24_576, includeThoughts: true }],
    ['gemini-2.5-pro', 'none', { thinkingBudget: 128 }],
    ['gemini-3-flash-preview', 'none', { thinkingLevel: 'minimal' }],
    ['gemini-3.5-flash-lite', 'medium', { thinkingLevel: 'medium', includeThoughts: true }],
    ['gemini-3.7-flash', 'minimal', { thinkingLevel: 'low', includeThoughts: true }],
    ['gemini-3-pro-preview', 'medium', { thinkingLevel: 'high', includeThoughts: true }],
    ['gemini-3.1-pro-preview', 'none', { thinkingLevel: 'low' }],
    ['models/gemini-3.1-pro-preview', 'low', { thinkingLevel: 'low', includeThoughts: true }],
    ['gemini-3.1-pro-preview', 'high', { thinkingLevel: 'high', includeThoughts: true }],
    ['gemini-2.0-flash', 'high', undefined],
  ])('H14 tells %s to think with the effort %s', (model, effort, config) => {
    const { sent, warnings } = ask({ reasoning_effort: effort }, { model })
    expect(sent.generationConfig?.['thinkingConfig']).toEqual(config)
    const isHonoured = config !== undefined && (effort !== 'none' || model === 'gemini-2.5-flash')
    expect(warnings).toHaveLength(isHonoured ? 0 : 1)
  })

  it("takes Google's own words: safety settings, thinking, cached content", () => {
    const safety = [{ category: 'HARM_CATEGORY_HATE_SPEECH', threshold: 'BLOCK_NONE' }]
    const google = {
      thinking_config: { thinking_budget: 5, include_thoughts: true },
      cached_content: 'cachedContents/x',
    }
    for (const place of [{ extra_body: { google } }, { google }]) {
      const { sent, warnings } = ask({ safety_settings: safety, ...place })
      expect(warnings).toEqual([])
      expect(sent).toMatchObject({
        safetySettings: safety,
        cachedContent: 'cachedContents/x',
        generationConfig: { thinkingConfig: { thinkingBudget: 5, includeThoughts: true } },
      })
    }
    expect(refused({ google, reasoning_effort: 'low' }).param).toBe('reasoning_effort')
  })

  it('never passes on what Gemini does not know, and names it', () => {
    const names = ['x_custom', 'logit_bias', 'verbosity', 'prediction', 'parallel_tool_calls', 'audio']
    const body = Object.fromEntries(names.map((name) => [name, name === 'logit_bias' ? { 1: 2 } : false]))
    const { sent, warnings } = ask(body)
    expect(Object.keys(sent)).toEqual(['contents'])
    expect(warnings.map((warning) => warning.split(' ')[0])).toEqual(names)
    for (const name of names)
      expect(refused({ [name]: body[name] ?? null }, true)).toMatchObject({ kind: 'invalid_request', param: name })
  })

  it('never passes on any member of any name', () => {
    const known = new Set([
      'contents',
      'systemInstruction',
      'tools',
      'toolConfig',
      'safetySettings',
      'cachedContent',
      'generationConfig',
    ])
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (extra) => {
        let sent: JsonObject
        try {
          sent = ask({ ...(extra as JsonObject), messages: [hello] }).sent as JsonObject
        } catch (error) {
          expect(error).toMatchObject({ kind: 'invalid_request' })
          return
        }
        for (const name of Object.keys(sent)) expect(known.has(name)).toBe(true)
      }),
    )
  })

  it('writes warnings that fit into a header, whatever a field is called, and not without end', () => {
    const body = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`x\r\nset-cookie: ${index}ä`, 1]))
    const { warnings } = ask(body)
    expect(warnings).toHaveLength(21)
    for (const warning of warnings) expect(warning).toMatch(/^[\x20-\x7e]+$/)
    expect(warnings.at(-1)).toBe('80 more parameters were dropped')
  })

  it('says nothing of values that ask for nothing, nor of what only names the caller', () => {
    const body = {
      user: 'u',
      metadata: { a: 'b' },
      safety_identifier: 's',
      prompt_cache_key: 'k',
      store: false,
      service_tier: 'auto',
      logit_bias: {},
      parallel_tool_calls: true,
      verbosity: null,
      n: 1,
      stream: true,
      stream_options: { include_usage: true },
    }
    expect(ask(body, { reject: true })).toMatchObject({ warnings: [], sent: { contents: [{}] } })
  })

  it('drops a seed that does not fit into 32 bits with a warning', () => {
    const { sent, warnings } = ask({ seed: 9_007_199_254_740_991 })
    expect([sent.generationConfig, warnings]).toEqual([undefined, ['seed was dropped, Gemini takes 32 bits']])
  })

  it.each([
    [{ stop: ['a', 'b', 'c', 'd', 'e', 'f'] }, 'stop'],
    [{ stop: [1] }, 'stop[0]'],
    [{ n: 9 }, 'n'],
    [{ n: 0 }, 'n'],
    [{ temperature: 'hot' }, 'temperature'],
    [{ top_logprobs: 3 }, 'top_logprobs'],
    [{ logprobs: true, top_logprobs: 21 }, 'top_logprobs'],
    [{ reasoning_effort: 'extreme' }, 'reasoning_effort'],
    [{ response_format: { type: 'xml' } }, 'response_format.type'],
    [{ response_format: { type: 'json_schema' } }, 'response_format.json_schema'],
    [{ tools: {} }, 'tools'],
    [{ tools: [{ type: 'function', function: {} }] }, 'tools[0].function.name'],
    [{ tools: [tool('f', 'text')] }, 'tools[0].function.parameters'],
    [{ safety_settings: [{}] }, 'safety_settings[0]'],
  ] as readonly (readonly [JsonObject, string])[])('refuses %j naming the field', (body, param) => {
    expect(refused(body)).toMatchObject({ kind: 'invalid_request', param })
  })
})
