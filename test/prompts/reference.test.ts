import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Fault } from '../../src/core/fault.ts'
import type { JsonObject } from '../../src/core/json.ts'
import { type ReadReference, type Selector, parseModelReference, readReference } from '../../src/prompts/reference.ts'

interface Asking {
  body?: JsonObject
  headers?: Record<string, string>
  path?: string
}

function read({ body = {}, headers = {}, path }: Asking): ReadReference {
  return readReference({
    body,
    text: JSON.stringify(body),
    header: (name) => headers[name],
    pathReference: path ?? null,
    operation: 'chat',
  })
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

const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

describe('a model string', () => {
  const production: Selector = { kind: 'label', label: 'production' }
  it.each<[string, string, Selector, boolean]>([
    ['prompt:support-reply', 'support-reply', production, true],
    ['prompt:support-reply@3', 'support-reply', { kind: 'version', number: 3 }, false],
    ['prompt:support-reply@v3', 'support-reply', { kind: 'version', number: 3 }, false],
    ['prompt:support-reply@1.2.0', 'support-reply', { kind: 'semver', semver: '1.2.0' }, false],
    ['prompt:a@2.0.0-rc.1+build.5', 'a', { kind: 'semver', semver: '2.0.0-rc.1+build.5' }, false],
    ['prompt:a@latest', 'a', { kind: 'latest' }, false],
    ['prompt:a@staging', 'a', { kind: 'label', label: 'staging' }, false],
    ['prompt:a@production', 'a', production, false],
    ['prompt/a', 'a', production, true],
    ['prompt/a:v3', 'a', { kind: 'version', number: 3 }, false],
    ['prompt/a:staging', 'a', { kind: 'label', label: 'staging' }, false],
    ['@prompt/a', 'a', production, true],
    ['@prompt/a@3', 'a', { kind: 'version', number: 3 }, false],
    ['prompt:pmpt_6893f1', 'pmpt_6893f1', production, true],
    ['prompt:a.b_c-d', 'a.b_c-d', production, true],
    ['prompt:__proto__x', '', production, true],
  ])('%s', (model, id, selector, implicit) => {
    if (id === '') expect(faultOf(() => parseModelReference(model)).param).toBe('model')
    else expect(parseModelReference(model)).toEqual({ id, selector, implicit })
  })

  it.each(['gpt-4o', 'openai/gpt-4o', 'prompts:a', 'Prompt:a', 'prompt', '', 'my-prompt:a', 'local/prompt:a'])(
    '%s is a model',
    (model) => {
      expect(parseModelReference(model)).toBeNull()
    },
  )

  it.each([
    'prompt:',
    'prompt:@3',
    'prompt:a@',
    'prompt:a@0',
    'prompt:a@1.2',
    'prompt:a@V3',
    'prompt:a@Prod',
    'prompt:a@99999999999',
    'prompt:a b',
    'prompt:a:v3',
    'prompt/a/b',
    'prompt:-a',
    `prompt:${'x'.repeat(1_000_000)}`,
    'prompt:a@b@c',
  ])('malformed reference %# is refused with the rule', (model) => {
    const fault = faultOf(() => parseModelReference(model))
    expect(fault).toMatchObject({ kind: 'invalid_request', status: 400, param: 'model' })
    expect(fault.message).toMatch(/must be/)
    expect(fault.message.length).toBeLessThan(500)
  })
})

/** Each way of naming prompt, selector and variables; `selector` null: this place gives none. */
const ways: Record<string, (id: string, version: number | null, variables: JsonObject | null) => Asking> = {
  model: (id, version) => ({ body: { model: version === null ? `prompt:${id}` : `prompt:${id}@${version}` } }),
  object: (id, version, variables) => ({ body: { prompt: { id, version, variables } } }),
  flat: (id, version, variables) => ({ body: { prompt_id: id, prompt_version: version, prompt_variables: variables } }),
  path: (id, version) => ({ path: version === null ? id : `${id}@${version}` }),
  metadata: (id, version, variables) => ({
    body: {
      metadata: {
        prompt_id: id,
        ...(version === null ? {} : { prompt_version: String(version) }),
        ...(variables === null ? {} : { prompt_variables: JSON.stringify(variables) }),
      },
    },
  }),
  headers: (id, version, variables) => ({
    headers: {
      'x-prompt-id': id,
      ...(version === null ? {} : { 'x-prompt-version': String(version) }),
      ...(variables === null ? {} : { 'x-prompt-variables': base64url(variables) }),
    },
  }),
}
const names = Object.keys(ways)
const pairs = names.flatMap((first, index) => names.slice(index + 1).map((second) => [first, second] as const))

function way(name: string, id: string, version: number | null, variables: JsonObject | null): Asking {
  const build = ways[name]
  if (build === undefined) throw new Error(name)
  return build(id, version, variables)
}

function both(left: Asking, right: Asking): Asking {
  return {
    body: { ...left.body, ...right.body },
    headers: { ...left.headers, ...right.headers },
    ...((left.path ?? right.path) === undefined ? {} : { path: left.path ?? right.path ?? '' }),
  }
}

describe('each of the six ways', () => {
  it.each(names)('%s names a prompt, alone and with a version', (name) => {
    expect(read(way(name, 'a', null, null)).reference).toEqual({
      id: 'a',
      selector: { kind: 'label', label: 'production' },
      implicit: true,
    })
    expect(read(way(name, 'a', 3, null)).reference).toEqual({
      id: 'a',
      selector: { kind: 'version', number: 3 },
      implicit: false,
    })
  })

  it.each(names.filter((name) => name !== 'model' && name !== 'path'))('%s gives variables', (name) => {
    expect(read(way(name, 'a', null, { q: 'x' })).variables).toEqual({ q: 'x' })
  })
})

describe.each(pairs)('%s and %s together', (first, second) => {
  it('agree when they say the same, or one gives only the id', () => {
    for (const [left, right] of [
      [3, 3],
      [3, null],
      [null, 3],
    ] as const) {
      const { reference } = read(both(way(first, 'a', left, null), way(second, 'a', right, null)))
      expect(reference).toEqual({ id: 'a', selector: { kind: 'version', number: 3 }, implicit: false })
    }
  })

  it('conflict when they name two prompts or two versions, and the error names both places', () => {
    for (const [left, right] of [
      [way(first, 'a', null, null), way(second, 'b', null, null)],
      [way(first, 'a', 3, null), way(second, 'a', 4, null)],
    ] as const) {
      const fault = faultOf(() => read(both(left, right)))
      expect(fault).toMatchObject({ kind: 'prompt_reference_conflict', status: 400, code: 'prompt_reference_conflict' })
      for (const name of [first, second]) expect(fault.message).toContain(placeNames[name])
    }
  })

  it('merge their variables, the earlier one winning', () => {
    const merged = read(
      both(way(first, 'a', null, { x: 1, only1: 1 }), way(second, 'a', null, { x: 2, only2: 2 })),
    ).variables
    const silent = ['model', 'path']
    expect({ ...merged }).toEqual({
      ...(silent.includes(second) ? {} : { x: 2, only2: 2 }),
      ...(silent.includes(first) ? {} : { x: 1, only1: 1 }),
    })
  })
})

const placeNames: Record<string, string> = {
  model: '`model`',
  object: '`prompt.',
  flat: '`prompt_',
  path: 'the path',
  metadata: '`metadata.prompt_',
  headers: 'header `x-prompt-',
}

describe('the flat fields of other gateways', () => {
  it('Helicone: inputs, environment, version_id', () => {
    const asked = read({ body: { prompt_id: 'a', inputs: { q: 1 }, environment: 'staging' } })
    expect(asked).toMatchObject({ reference: { selector: { kind: 'label', label: 'staging' } }, variables: { q: 1 } })
    expect(read({ body: { prompt_id: 'a', version_id: 4 } }).reference?.selector).toEqual({
      kind: 'version',
      number: 4,
    })
  })

  it('Portkey: variables in the body, prompt in the path', () => {
    expect(read({ path: 'a@staging', body: { variables: { q: 1 } } })).toMatchObject({
      reference: { id: 'a', selector: { kind: 'label', label: 'staging' } },
      variables: { q: 1 },
    })
  })

  it('LiteLLM: prompt_id, prompt_version, prompt_variables, prompt_label, beside a real model', () => {
    const asked = read({
      body: { model: 'openai/gpt-4o', prompt_id: 'a', prompt_version: 2, prompt_variables: { q: 1 } },
    })
    expect(asked.reference).toEqual({ id: 'a', selector: { kind: 'version', number: 2 }, implicit: false })
    expect([...asked.strip].sort()).toEqual(['prompt_id', 'prompt_variables', 'prompt_version'])
    expect(read({ body: { prompt_id: 'a', prompt_label: 'staging' } }).reference?.selector).toEqual({
      kind: 'label',
      label: 'staging',
    })
  })

  it('OpenAI: prompt_id for id, input_text parts as texts, version as string', () => {
    const prompt = {
      prompt_id: 'pmpt_1',
      version: '2',
      variables: { q: { type: 'input_text', text: 'hi' }, o: { type: 'other' } },
    }
    const asked = read({ body: { prompt } })
    expect(asked.reference).toEqual({ id: 'pmpt_1', selector: { kind: 'version', number: 2 }, implicit: false })
    expect({ ...asked.variables }).toEqual({ q: 'hi', o: { type: 'other' } })
  })

  it('all names that only speak to us are stripped, also the model string that names the prompt', () => {
    const asked = read({ body: { model: 'prompt:a', prompt: { version: 3 }, inputs: {}, variables: {}, user: 'u' } })
    expect([...asked.strip].sort()).toEqual(['inputs', 'model', 'prompt', 'variables'])
  })
})

describe('a request that names no prompt', () => {
  it.each<[string, Asking]>([
    ['plain', { body: { model: 'gpt-4o', messages: [] } }],
    [
      'variables alone',
      {
        body: {
          model: 'gpt-4o',
          variables: { a: 1 },
          inputs: 'text',
          prompt_variables: 5,
          prompt_version: {},
          environment: 7,
        },
      },
    ],
    ['prompt as a text', { body: { model: 'gpt-3.5-turbo-instruct', prompt: 'Once upon a time' } }],
    ['prompt as a list', { body: { model: 'gpt-3.5-turbo-instruct', prompt: ['a', 'b'] } }],
    ['an object without id', { body: { model: 'gpt-4o', prompt: { text: 'x' } } }],
    ['absent by null', { body: { model: 'gpt-4o', prompt_id: null, prompt: { id: null }, metadata: null } }],
    ['metadata of its own', { body: { model: 'gpt-4o', metadata: { prompt_version: '3', a: 'b' } } }],
    ['headers without id', { headers: { 'x-prompt-version': 'not even right!', 'x-prompt-variables': '%%%' } }],
    ['names of object members', { body: { model: 'gpt-4o', metadata: { constructor: 'x', toString: 'y' } } }],
  ])('%s: goes on untouched', (_, asking) => {
    expect(read(asking)).toEqual({ reference: null, variables: {}, strip: new Set(), metadata: undefined })
  })
})

describe('metadata', () => {
  it('loses what names the prompt and keeps the rest as it was written', () => {
    const text = '{"metadata" : { "a":"\\u0041", "prompt_id":"x", "n": 1.0, "prompt_variables":"{}" }, "model":"m"}'
    const asked = readReference({
      body: JSON.parse(text) as JsonObject,
      text,
      header: () => undefined,
      pathReference: null,
      operation: 'chat',
    })
    expect(asked.metadata).toBe('{ "a":"\\u0041", "n": 1.0 }')
    expect(asked.strip.has('metadata')).toBe(false)
  })

  it('is dropped when nothing is left, and left alone when it holds nothing of ours', () => {
    expect(read({ body: { metadata: { prompt_id: 'a', prompt_version: '3' } } }).metadata).toBeNull()
    expect(read({ body: { model: 'prompt:a', metadata: { user_id: 'u' } } }).metadata).toBeUndefined()
  })
})

describe('wrong types', () => {
  it.each<[string, Asking]>([
    ['prompt.id', { body: { prompt: { id: 5 } } }],
    ['prompt.version', { body: { prompt: { id: 'a', version: true } } }],
    ['prompt.version', { body: { prompt: { id: 'a', version: 1.5 } } }],
    ['prompt.version', { body: { prompt: { id: 'a', version: -1 } } }],
    ['prompt.label', { body: { prompt: { id: 'a', label: '3' } } }],
    ['prompt.label', { body: { prompt: { id: 'a', label: 'v3' } } }],
    ['prompt.variables', { body: { prompt: { id: 'a', variables: [] } } }],
    ['prompt.verison', { body: { prompt: { id: 'a', verison: 3 } } }],
    ['prompt_id', { body: { prompt_id: {} } }],
    ['prompt_id', { body: { prompt_id: 'no good' } }],
    ['prompt_version', { body: { prompt_id: 'a', prompt_version: {} } }],
    ['prompt_label', { body: { prompt_id: 'a', prompt_label: 3 } }],
    ['prompt_variables', { body: { prompt_id: 'a', prompt_variables: '{"a":1}' } }],
    ['inputs', { body: { prompt_id: 'a', inputs: 'x' } }],
    ['environment', { body: { prompt_id: 'a', environment: 5 } }],
    ['variables', { body: { model: 'prompt:a', variables: [1] } }],
    ['id', { path: 'no good' }],
    ['metadata.prompt_id', { body: { metadata: { prompt_id: 5 } } }],
    ['metadata.prompt_variables', { body: { metadata: { prompt_id: 'a', prompt_variables: '{"a":' } } }],
    ['metadata.prompt_variables', { body: { metadata: { prompt_id: 'a', prompt_variables: '[1]' } } }],
    ['x-prompt-id', { headers: { 'x-prompt-id': '' } }],
    ['x-prompt-version', { headers: { 'x-prompt-id': 'a', 'x-prompt-version': '1.2' } }],
    ['x-prompt-variables', { headers: { 'x-prompt-id': 'a', 'x-prompt-variables': '%' } }],
    ['x-prompt-variables', { headers: { 'x-prompt-id': 'a', 'x-prompt-variables': '_____w' } }],
    ['x-prompt-variables', { headers: { 'x-prompt-id': 'a', 'x-prompt-variables': base64url([1]) } }],
    [
      'x-prompt-variables',
      { headers: { 'x-prompt-id': 'a', 'x-prompt-variables': Buffer.from('{').toString('base64url') } },
    ],
  ])('%s is refused by name, with the rule', (param, asking) => {
    const fault = faultOf(() => read(asking))
    expect(fault).toMatchObject({ kind: 'invalid_request', status: 400, param })
    expect(fault.message).toMatch(/must/)
  })
})

describe('hostile input', () => {
  it('names of object members are variables like any other', () => {
    const body = JSON.parse(
      '{"prompt_id":"a","variables":{"__proto__":{"x":1}},"inputs":{"constructor":2,"__proto__":{"y":1}}}',
    ) as JsonObject
    const { variables } = read({ body })
    expect(Object.entries(variables).sort()).toEqual([
      ['__proto__', { y: 1 }],
      ['constructor', 2],
    ])
    expect(({} as { x?: number }).x).toBeUndefined()
  })

  it('whatever a request holds: a result or a Fault', () => {
    const anything = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<JsonObject[string]>
    const maybe = fc.option(anything, { nil: undefined })
    const body = fc.record(
      {
        model: maybe,
        prompt: maybe,
        prompt_id: maybe,
        prompt_version: maybe,
        variables: maybe,
        inputs: maybe,
        metadata: maybe,
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(body, fc.option(fc.string()), fc.option(fc.string()), (fields, path, header) => {
        const parsed = JSON.parse(JSON.stringify(fields)) as JsonObject
        try {
          const asked = read({
            body: parsed,
            ...(path === null ? {} : { path }),
            headers: header === null ? {} : { 'x-prompt-variables': header },
          })
          expect(typeof asked.variables).toBe('object')
        } catch (error) {
          expect(error).toBeInstanceOf(Fault)
        }
      }),
    )
  })
})
