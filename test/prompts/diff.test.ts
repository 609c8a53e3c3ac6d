import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../src/core/json.ts'
import type { VersionBody } from '../../src/prompts/compiled-version.ts'
import { canonicalJson } from '../../src/prompts/canonical-json.ts'
import { diffVersions } from '../../src/prompts/diff.ts'
import { diffLines } from '../../src/prompts/line-diff.ts'

const base: VersionBody = {
  messages: [
    { role: 'system', content: 'Be kind.\nBe brief.\nBe right.' },
    { role: 'user', content: '{{question}}' },
  ],
  model: 'a/b',
}
const schema = (properties: object, required: string[] = []) => ({ type: 'object', properties, required }) as never
const nothing = { messages: [], variables: [], parameters: [], fields: [], breaking: [] }

describe('diffLines', () => {
  const text = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 12 }).map((lines) => lines.join('\n'))

  it('tells how to make the one text from the other', () => {
    fc.assert(
      fc.property(text, text, (from, to) => {
        const changes = diffLines(from, to)
        expect(
          changes
            .filter(({ change }) => change !== 'added')
            .map((line) => line.text)
            .join('\n'),
        ).toBe(from)
        expect(
          changes
            .filter(({ change }) => change !== 'removed')
            .map((line) => line.text)
            .join('\n'),
        ).toBe(to)
      }),
    )
  })

  it('is short, and bounded for texts without end', () => {
    expect(diffLines('a\nb\nc\nd', 'a\nc\nx\nd').map(({ change, text: line }) => `${change} ${line}`)).toEqual([
      'same a',
      'removed b',
      'same c',
      'added x',
      'same d',
    ])
    const long = (word: string): string =>
      Array.from({ length: 20_000 }, (_, index) => `${word}${index % 7}`).join('\n')
    expect(diffLines(long('a'), long('b'))).toHaveLength(40_000)
  })
})

const message = fc.oneof(
  fc.record({
    role: fc.constantFrom('user', 'system'),
    content: fc.stringMatching(/^[a-z \n]{0,20}(\{\{x\}\})?$/),
  }),
  fc.record({ role: fc.constant('placeholder'), name: fc.constantFrom('messages', 'examples', 'history', 'more') }),
)
const messages = fc.array(message, { maxLength: 3 })
const examples = fc.array(fc.record({ user: fc.string(), assistant: fc.string() }), { minLength: 1, maxLength: 2 })
const variants = fc.record(
  { messages: fc.array(message, { minLength: 1, maxLength: 3 }), examples },
  { requiredKeys: ['examples'] },
)
const anyBody = fc.record(
  {
    messages,
    model: fc.string(),
    parameters: fc.dictionary(fc.string(), fc.jsonValue()).filter((value) => !JSON.stringify(value).includes('{{')),
    examples,
    locale: fc.constantFrom('en', 'de'),
    locales: fc.dictionary(fc.constantFrom('fr', 'pt-BR', 'pt'), variants),
    quality_threshold: fc.double({ min: 0, max: 1, noNaN: true }),
    variables: fc.constantFrom(null, schema({ x: {} }), schema({ history: { type: 'array' } }, ['history'])),
  },
  { requiredKeys: ['messages', 'model'] },
)
/** Without what says nothing: null, and what is empty. */
const meaning = ({ parameters = {}, variables = null, locales = {}, ...body }: VersionBody): string =>
  canonicalJson({
    ...body,
    parameters: Object.fromEntries(
      Object.entries(parameters).filter(
        ([, value]) => (value ?? null) !== null && JSON.stringify(value) !== '{}' && JSON.stringify(value) !== '[]',
      ),
    ),
    variables,
    locales,
  } as never)

describe('diffVersions', () => {
  it('of a version and itself is empty, whatever it is', () => {
    fc.assert(
      fc.property(anyBody, (body) => {
        const version = JSON.parse(JSON.stringify(body)) as VersionBody
        expect(diffVersions(version, structuredClone(version))).toEqual(nothing)
      }),
    )
  })

  it('is never empty for two that differ in what is generated', () => {
    fc.assert(
      fc.property(anyBody, anyBody, (left, right) => {
        const [from, to] = [left, right].map((body) => JSON.parse(JSON.stringify(body)) as VersionBody)
        if (from === undefined || to === undefined || meaning(from) === meaning(to)) return
        const { messages, variables, parameters, fields } = diffVersions(from, to)
        expect(messages.length + variables.length + parameters.length + fields.length).toBeGreaterThan(0)
      }),
    )
  })

  it('is empty for what means the same', () => {
    const one: VersionBody = {
      ...base,
      tools: null,
      parameters: {},
      fallback_models: [],
      variables: schema({ question: { type: 'string', default: 'x' } }),
    }
    const two: VersionBody = {
      ...base,
      response_format: null,
      variables: schema({ question: { default: 'x', type: 'string' } }),
      change_note: 'other',
      semver: '2.0.0',
    }
    expect(diffVersions(one, two)).toEqual(nothing)
  })

  it('shows messages by position, line by line', () => {
    const to: VersionBody = {
      ...base,
      messages: [
        { role: 'system', content: 'Be kind.\nBe short.\nBe right.' },
        { role: 'user', content: '{{question}}' },
        { role: 'user', content: 'Now.' },
      ],
    }
    const { messages } = diffVersions(base, to)
    expect(messages).toMatchObject([
      {
        index: 0,
        change: 'changed',
        from: base.messages[0],
        to: to.messages[0],
        lines: [
          { change: 'same' },
          { change: 'removed', text: 'Be brief.' },
          { change: 'added', text: 'Be short.' },
          { change: 'same' },
        ],
      },
      { index: 2, change: 'added', to: to.messages[2], lines: [{ change: 'added', text: 'Now.' }] },
    ])
    expect(diffVersions(to, base).messages[1]).toMatchObject({ index: 2, change: 'removed' })
  })

  it('shows parameters and all other fields by name', () => {
    const from: VersionBody = { ...base, parameters: { temperature: 0.2, top_p: 1 }, tools: [{ type: 'function' }] }
    const to: VersionBody = {
      ...base,
      model: 'c/d',
      parameters: { temperature: 0.3, seed: 1 },
      response_format: { type: 'json_object' },
    }
    const diff = diffVersions(from, to)
    expect(diff.parameters).toEqual([
      { field: 'temperature', change: 'changed', from: 0.2, to: 0.3 },
      { field: 'top_p', change: 'removed', from: 1 },
      { field: 'seed', change: 'added', to: 1 },
    ])
    expect(diff.fields).toEqual([
      { field: 'model', change: 'changed', from: 'a/b', to: 'c/d' },
      { field: 'tools', change: 'removed', from: [{ type: 'function' }] },
      { field: 'response_format', change: 'added', to: { type: 'json_object' } },
    ])
    expect(diff.breaking).toEqual([])
  })
})

describe('what breaks requests', () => {
  const version = (variables: JsonObject | null, content = 'x'): VersionBody => ({
    messages: [{ role: 'user', content }],
    model: 'm',
    variables,
  })
  const kinds = (from: VersionBody, to: VersionBody): string[] =>
    diffVersions(from, to).breaking.map(({ kind, variable }) => `${kind} ${variable}`)

  it.each<[string, VersionBody, VersionBody, string[]]>([
    ['a new required variable', version(schema({})), version(schema({ a: {} }, ['a'])), ['variable_required a']],
    [
      'an optional one that is required now',
      version(schema({ a: {} })),
      version(schema({ a: {} }, ['a'])),
      ['variable_required a'],
    ],
    [
      'a required one that loses its default',
      version(schema({ a: { default: 1 } }, ['a'])),
      version(schema({ a: {} }, ['a'])),
      ['variable_required a'],
    ],
    ['a removed variable', version(schema({ a: {} })), version(schema({})), ['variable_removed a']],
    [
      'another type',
      version(schema({ a: { type: 'string' } })),
      version(schema({ a: { type: 'number' } })),
      ['variable_type_changed a'],
    ],
    [
      'a type where any was right',
      version(schema({ a: {} })),
      version(schema({ a: { type: 'string' } })),
      ['variable_type_changed a'],
    ],
    [
      'fewer values',
      version(schema({ a: { enum: ['x', 'y'] } })),
      version(schema({ a: { enum: ['x', 'z'] } })),
      ['variable_values_removed a'],
    ],
    [
      'without a schema: a variable more in a template',
      version(null, '{{a}}'),
      version(null, '{{a}} {{b}}'),
      ['variable_required b'],
    ],
    ['without a schema: a variable less', version(null, '{{a}} {{b}}'), version(null, '{{a}}'), ['variable_removed b']],
  ])('%s', (_, from, to, expected) => {
    expect(kinds(from, to)).toEqual(expected)
    expect(diffVersions(from, to).breaking[0]?.message).toMatch(/^The variable `[ab]` .*\.$/)
  })

  it.each<[string, VersionBody, VersionBody]>([
    ['a new optional variable', version(schema({})), version(schema({ a: {} }))],
    ['a new required one with a default', version(schema({})), version(schema({ a: { default: 1 } }, ['a']))],
    ['a wider type', version(schema({ a: { type: 'integer' } })), version(schema({ a: { type: ['number', 'null'] } }))],
    ['more values', version(schema({ a: { enum: ['x'] } })), version(schema({ a: { enum: ['x', 'y'] } }))],
    ['a description', version(schema({ a: {} })), version(schema({ a: { description: 'A.' } }))],
  ])('not: %s', (_, from, to) => {
    expect(kinds(from, to)).toEqual([])
    expect(diffVersions(from, to).variables).toHaveLength(1)
  })
})

describe('languages, examples and placeholders', () => {
  const says = (content: string) => ({ role: 'user', content })
  const from: VersionBody = {
    ...base,
    locale: 'en',
    examples: [{ user: 'a', assistant: 'b' }],
    locales: { fr: { messages: [says('Bonjour')] }, pt: { examples: [{ user: 'um', assistant: 'dois' }] } },
    quality_threshold: 0.5,
  }

  it('show where they differ', () => {
    const to: VersionBody = {
      ...from,
      examples: [{ user: 'a', assistant: 'c' }],
      locales: { fr: { messages: [says('Salut')] }, pt: { examples: [{ user: 'um', assistant: 'três' }] } },
      quality_threshold: 0.9,
    }
    const { messages, fields, breaking } = diffVersions(from, to)
    expect(messages).toEqual([
      {
        change: 'changed',
        from: says('Bonjour'),
        to: says('Salut'),
        index: 0,
        locale: 'fr',
        lines: [
          { change: 'removed', text: 'Bonjour' },
          { change: 'added', text: 'Salut' },
        ],
      },
    ])
    expect(fields.map(({ field, change }) => `${field} ${change}`).toSorted()).toEqual([
      'examples changed',
      'locales.pt.examples changed',
      'quality_threshold changed',
    ])
    expect(breaking).toEqual([])
  })

  it('say that a language is gone, also that of the version itself', () => {
    const { breaking } = diffVersions(from, { ...from, locale: 'de', locales: { FR: { messages: [says('Bonjour')] } } })
    expect(breaking.map(({ kind, variable, locale }) => [kind, variable, locale])).toEqual([
      ['locale_removed', null, 'en'],
      ['locale_removed', null, 'pt'],
    ])
    expect(
      diffVersions(from, { ...from, locale: 'fr', locales: { en: { messages: base.messages }, pt: {} } }).breaking,
    ).toEqual([])
  })

  it('say that a variable of messages is gone, and that one became it', () => {
    const withHistory: VersionBody = { ...base, messages: [...base.messages, { role: 'placeholder', name: 'history' }] }
    expect(diffVersions(base, withHistory)).toMatchObject({
      messages: [{ index: 2, change: 'added' }],
      variables: [{ name: 'history', change: 'added', to: { schema: { type: 'array' }, needed: false } }],
      breaking: [],
    })
    expect(diffVersions(withHistory, base).breaking).toMatchObject([{ kind: 'variable_removed', variable: 'history' }])
    const asText: VersionBody = { ...base, messages: [...base.messages, says('{{history}}')] }
    expect(diffVersions(asText, withHistory).breaking).toMatchObject([
      { kind: 'variable_type_changed', variable: 'history' },
    ])
  })
})
