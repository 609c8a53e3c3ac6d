import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Fault } from '../../src/core/fault.ts'
import type { JsonObject, JsonValue } from '../../src/core/json.ts'
import { topLevelMembers } from '../../src/core/json-members.ts'
import { compileVersion } from '../../src/prompts/compile-version.ts'
import type { VersionBody } from '../../src/prompts/compiled-version.ts'
import { expandResponses } from '../../src/prompts/expand-responses.ts'

const system = { role: 'system', content: 'You answer for {{company}}.' }
const question = { role: 'user', content: '{{question}}' }
const base: VersionBody = { messages: [system, question], model: 'm' }
const place = (name: string) => ({ role: 'placeholder', name })
const said = (role: string, content: string) => ({ role, content })
const variables = { company: 'Acme', question: 'Where?' }
const examples = [
  { user: 'What is {{x}}?', assistant: '{{company}}, "quoted" {{> partial}}' },
  { user: 'a', assistant: 'b' },
]
const shown = examples.flatMap(({ user, assistant }) => [said('user', user), said('assistant', assistant)])
const rendered = [said('system', 'You answer for Acme.'), said('user', 'Where?')]
const asked = said('user', 'asked {{company}}')

function messagesOf(body: VersionBody, more: JsonObject = {}, client: JsonObject = {}): unknown {
  const members = topLevelMembers(JSON.stringify(client))
  return JSON.parse(
    compileVersion(body)
      .expand({ variables: { ...variables, ...more }, members })
      .members.get('messages') ?? '',
  )
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

describe('examples', () => {
  it('stand behind the leading system and developer messages, as they were written', () => {
    expect(messagesOf({ ...base, examples })).toEqual([rendered[0], ...shown, rendered[1]])
    const two = [system, { role: 'developer', content: 'Be kind.' }, question, system]
    expect(messagesOf({ ...base, messages: two, examples })).toEqual([
      rendered[0],
      said('developer', 'Be kind.'),
      ...shown,
      rendered[1],
      rendered[0],
    ])
  })

  it('stand first where nothing leads, and last, before the client, where all messages do', () => {
    expect(messagesOf({ ...base, messages: [question], examples })).toEqual([...shown, rendered[1]])
    expect(messagesOf({ ...base, messages: [system], examples }, {}, { messages: [asked] })).toEqual([
      rendered[0],
      ...shown,
      asked,
    ])
    expect(messagesOf({ ...base, messages: [], examples })).toEqual(shown)
  })

  it('stand where their placeholder is; it is nothing when there are none', () => {
    const messages = [system, question, place('examples')]
    expect(messagesOf({ ...base, messages, examples })).toEqual([...rendered, ...shown])
    expect(messagesOf({ ...base, messages })).toEqual(rendered)
  })

  it('go to the Responses API too', () => {
    const { members } = expandResponses(compileVersion({ ...base, examples }), { variables, members: new Map() })
    expect(JSON.parse(members.get('input') ?? '')).toHaveLength(6)
    const only = compileVersion({ ...base, messages: [], examples })
    expect(JSON.parse(expandResponses(only, { variables: {}, members: new Map() }).members.get('input') ?? '')).toEqual(
      shown,
    )
  })
})

describe('a placeholder with the name of a variable', () => {
  const body: VersionBody = { ...base, messages: [system, place('history'), question] }
  const history = [said('user', 'Hi {{question}}'), { role: 'assistant', content: null, tool_calls: [{ id: 'c' }] }]

  it('is filled with the messages in it, which are data', () => {
    expect(messagesOf(body, { history })).toEqual([rendered[0], ...history, rendered[1]])
  })

  it.each<[string, JsonObject]>([
    ['absent', {}],
    ['null', { history: null }],
    ['empty', { history: [] }],
  ])('is nothing when the variable is %s', (_, more) => {
    expect(messagesOf(body, more)).toEqual(rendered)
  })

  it.each<[string, JsonValue, string]>([
    ['a text', 'hi', 'variables.history'],
    ['an object', { role: 'user' }, 'variables.history'],
    ['a list of texts', ['hi'], 'variables.history.0'],
    ['a list with one that has no role', [said('user', 'x'), { content: 'x' }], 'variables.history.1'],
    ['a list with a role that is no text', [{ role: 1 }], 'variables.history.0'],
    ['a list in a list', [[said('user', 'x')]], 'variables.history.0'],
  ])('refuses %s, naming the variable and the rule', (_, value, param) => {
    const fault = faultOf(() => messagesOf(body, { history: value }))
    expect(fault).toMatchObject({ kind: 'invalid_variables', status: 400, param })
    expect(fault.message).toMatch(
      /^The variable `history` must be a list of chat messages, each an object with a `role`/,
    )
  })

  it('is known whether the schema declares it or not, even where it allows nothing else', () => {
    const declared = { company: {}, question: {} }
    for (const schema of [
      { type: 'object', properties: declared },
      { type: 'object', properties: declared, additionalProperties: false },
      { type: 'object', properties: { ...declared, history: { type: 'array' } } },
    ]) {
      const compiled = compileVersion({ ...body, variables: schema })
      const { members, warnings } = compiled.expand({ variables: { ...variables, history }, members: new Map() })
      expect(JSON.parse(members.get('messages') ?? '')).toHaveLength(4)
      expect(warnings).toEqual([])
      expect(() => compiled.expand({ variables, members: new Map() })).not.toThrow()
    }
  })

  it('stands beside others, each in its place', () => {
    const messages = [place('toString'), system, place('messages'), place('examples'), place('history')]
    const one = [said('user', 'one')]
    expect(
      messagesOf({ ...base, messages, examples: examples.slice(1) }, { history, toString: one }, { messages: [asked] }),
    ).toEqual([...one, rendered[0], asked, said('user', 'a'), said('assistant', 'b'), ...history])
  })

  it('leaves nothing to send when it is all there is, and empty', () => {
    const only = { ...base, messages: [place('history')] }
    expect(faultOf(() => messagesOf(only))).toMatchObject({ kind: 'invalid_request', param: 'messages' })
    const run = () => expandResponses(compileVersion(only), { variables: {}, members: new Map() })
    expect(faultOf(run)).toMatchObject({ kind: 'invalid_request', param: 'input' })
  })
})

describe('a version in several languages', () => {
  const body: VersionBody = {
    ...base,
    locale: 'en',
    examples: examples.slice(1),
    locales: {
      fr: { messages: [said('system', 'Vous répondez pour {{company}}. {{ton}}')] },
      'pt-BR': { examples: [{ user: 'um', assistant: 'dois' }] },
    },
    variables: { type: 'object', properties: { company: {}, question: {}, ton: { default: 'Merci.' } } },
  }
  const compiled = compileVersion(body)
  const inLanguage = (...wanted: string[]) => compiled.inLanguage(() => wanted)
  const expanded = (...wanted: string[]): unknown =>
    JSON.parse(
      inLanguage(...wanted)
        .expand({ variables, members: new Map() })
        .members.get('messages') ?? '',
    )

  it('says each in its own words, with the variables of all', () => {
    expect(expanded('fr')).toEqual([
      said('system', 'Vous répondez pour Acme. Merci.'),
      said('user', 'a'),
      said('assistant', 'b'),
    ])
  })

  it('takes what a language leaves out from its own', () => {
    expect(expanded('pt-br')).toEqual([rendered[0], said('user', 'um'), said('assistant', 'dois'), rendered[1]])
    expect(expanded('nl')).toEqual([rendered[0], said('user', 'a'), said('assistant', 'b'), rendered[1]])
  })

  it('says which it is, and makes each only once', () => {
    expect(inLanguage('fr-CA'.toLowerCase()).locale).toBe('fr')
    expect(inLanguage('nl').locale).toBe('en')
    expect(inLanguage('fr')).toBe(inLanguage('fr'))
    expect(inLanguage('nl')).toBe(compiled)
    expect(inLanguage('fr').inLanguage(() => ['pt-br']).locale).toBe('pt-BR')
    const { locale: _, ...unnamed } = body
    expect(compileVersion(unnamed).locale).toBe('default')
  })

  it('asks nobody when there is one language only', () => {
    const single = compileVersion(base)
    expect(single.locale).toBeNull()
    const nobody = (): never => {
      throw new Error('asked')
    }
    expect(single.inLanguage(nobody)).toBe(single)
  })

  it('without a schema, requires what any of its languages uses', () => {
    const open = compileVersion({ ...body, variables: null })
    expect(faultOf(() => open.expand({ variables, members: new Map() }))).toMatchObject({ param: 'variables.ton' })
  })
})

describe('for every value', () => {
  const hostile = fc.oneof(
    fc.constantFrom('{{other}}', '{{> partial}}', '\\{{x}}', '{{', '}}', '{"a":"{{x}}"}', '\u0000\u001f"\\', '\ud83d'),
    fc.string({ unit: 'binary' }),
  )
  const name = fc.constantFrom('company', 'question', 'other', 'x')
  /** Parts of a template, and what each becomes. */
  const piece = fc.oneof(
    fc
      .string({ maxLength: 8 })
      .filter((text) => !/[{}\\]/.test(text))
      .map((text) => ({ source: text, name: null })),
    name.map((each) => ({ source: `{{ ${each} }}`, name: each })),
  )

  it('complete variables leave no placeholder of the template, and no value is read again', () => {
    fc.assert(
      fc.property(
        fc.array(piece, { minLength: 1, maxLength: 8 }),
        fc.array(hostile, { minLength: 4, maxLength: 4 }),
        (parts, values) => {
          const given: Record<string, string> = {
            company: values[0] ?? '',
            question: values[1] ?? '',
            other: values[2] ?? '',
            x: values[3] ?? '',
          }
          const content = parts.map(({ source }) => source).join('')
          const body = {
            messages: [said('user', content), said('user', '{{company}}{{question}}{{other}}{{x}}')],
            model: 'm',
          }
          const compiled = compileVersion(body).expand({ variables: given, members: new Map() })
          const [first] = JSON.parse(compiled.members.get('messages') ?? '') as { content: string }[]
          expect(first?.content).toBe(
            parts.map((part) => (part.name === null ? part.source : given[part.name])).join(''),
          )
        },
      ),
      { numRuns: 500 },
    )
  })

  it('the messages of the client keep their bytes, wherever they stand', () => {
    const raw = fc.record({ role: fc.constantFrom('user', 'assistant'), content: hostile }).map((message) => {
      const text = JSON.stringify(message)
      return ` ${text.slice(0, -1)} , "n": 9007199254740993, "t":1.0 }`
    })
    const body: VersionBody = { ...base, messages: [system, place('history'), place('messages'), question], examples }
    const compiled = compileVersion(body)
    fc.assert(
      fc.property(fc.array(raw, { minLength: 1, maxLength: 4 }), hostile, (messages, company) => {
        const inner = messages.join(',\n')
        const members = topLevelMembers(`{"messages":[${inner}]}`)
        const sent = compiled.expand({ variables: { company, question: company }, members }).members.get('messages')
        expect(sent).toContain(inner.trim())
        expect(JSON.parse(sent ?? '')).toHaveLength(messages.length + 6)
      }),
    )
  })
})
