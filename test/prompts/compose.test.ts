import { describe, expect, it } from 'vitest'
import type { VersionBody } from '../../src/prompts/compiled-version.ts'
import { type Composition, composeVersion, maxComposedChars, maxPartials } from '../../src/prompts/compose.ts'
import { compileVersion } from '../../src/prompts/compile-version.ts'
import { requireUsableVersion } from '../../src/prompts/lint-version.ts'
import { type LookUpPartial, noSuchPrompt } from '../../src/prompts/partial-look-up.ts'

const say = (content: string, more: Partial<VersionBody> = {}): VersionBody => ({
  messages: [{ role: 'system', content }],
  model: 'm',
  ...more,
})
const schema = (properties: object, more: object = {}) => ({ type: 'object', properties, ...more }) as never

/** Partials by slug, each with version 1 only, composed as a store would. */
function among(partials: Readonly<Record<string, VersionBody>>): LookUpPartial {
  const lookUp: LookUpPartial = (reference) => {
    const body = Object.hasOwn(partials, reference.id) ? partials[reference.id] : undefined
    if (body === undefined) return noSuchPrompt(reference)
    const { resolved, dependencies } = composeVersion(`of ${reference.id}`, body, lookUp)
    return { kind: 'found', slug: reference.id, version: 1, body: resolved ?? body, dependencies }
  }
  return lookUp
}

const compose = (body: VersionBody, partials: Readonly<Record<string, VersionBody>> = {}): Composition =>
  composeVersion('main', body, among(partials))
const contentOf = (composition: Composition): unknown => composition.resolved?.messages[0]?.['content']

describe('a partial', () => {
  it('is the text of its one message, wherever a template stands', () => {
    const partials = { tone: say('Be warm.'), fr: say('Soyez bref.'), unit: say('cm') }
    const body = say('You answer. {{> tone}} {{name}} {{>tone}}{{ > tone@production }}', {
      locales: { fr: { messages: [{ role: 'system', content: '{{> fr}}' }] } },
      parameters: { stop: ['{{> unit}}'] },
      tools: [{ type: 'function', function: { name: 'f', description: 'In {{> unit}}.' } }],
      response_format: { type: 'json_schema', json_schema: { name: '{{> unit}}' } },
    })
    expect(compose(body, partials)).toEqual({
      resolved: say('You answer. Be warm. {{name}} Be warm.Be warm.', {
        locales: { fr: { messages: [{ role: 'system', content: 'Soyez bref.' }] } },
        parameters: { stop: ['cm'] },
        tools: [{ type: 'function', function: { name: 'f', description: 'In cm.' } }],
        response_format: { type: 'json_schema', json_schema: { name: 'cm' } },
      }),
      dependencies: [
        { slug: 'tone', selector: 'production', version: 1 },
        { slug: 'fr', selector: 'production', version: 1 },
        { slug: 'unit', selector: 'production', version: 1 },
      ],
    })
  })

  it('is text in a content part too', () => {
    const parts = [{ type: 'text', text: '{{> tone}}' }]
    const body: VersionBody = { messages: [{ role: 'user', content: parts }], model: 'm' }
    expect(compose(body, { tone: say('Be warm.') }).resolved?.messages).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'Be warm.' }] },
    ])
  })

  it('may have partials, which count as those of the version', () => {
    const partials = { outer: say('[{{> inner@2}}]'), inner: say('in {{x}}') }
    const composition = compose(say('{{> outer}}'), partials)
    expect(contentOf(composition)).toBe('[in {{x}}]')
    expect(composition.dependencies).toEqual([
      { slug: 'outer', selector: 'production', version: 1 },
      { slug: 'inner', selector: '2', version: 1 },
    ])
  })

  it('is nothing in a role, in examples, in test cases and after a backslash', () => {
    const body = say('\\{{> tone}}', {
      examples: [{ user: '{{> tone}}', assistant: '{{> tone}}' }],
      test_cases: [{ name: '{{> tone}}', variables: {} }],
    })
    expect(compose(body)).toEqual({ resolved: null, dependencies: [] })
    expect(
      compileVersion(say('\\{{> tone}}')).expand({ variables: {}, members: new Map() }).members.get('messages'),
    ).toBe('[{"role":"system","content":"{{> tone}}"}]')
  })

  it('is never served unfilled', () => {
    expect(() => compileVersion(say('{{> tone}}'))).toThrow(/`\{\{> tone\}\}` was not filled in/)
  })
})

describe('at the seams of a partial', () => {
  it.each<[string, string, string]>([
    ['\\\\{{> p}}', 'plain', '\\plain'],
    ['\\\\{{> p}}', '{{x}}', '\\\\{{x}}'],
    ['a{{> p}}b', '\\{{', 'a\\{{b'],
    ['{{> p}}{name}}', 'a {', 'a \\{{name}}'],
    ['{{> p}}{{x}}', 'a\\', 'a\\\\{{x}}'],
    ['{{> p}}{{x}}', '\\{{', '\\{{{{x}}'],
    ['{{> p}}', '', ''],
  ])('%s with %j becomes %j', (text, partial, expected) => {
    expect(contentOf(compose(say(text), { p: say(partial) }))).toBe(expected)
  })

  it('a lone brace before a variable has no words in the language, and is refused', () => {
    expect(() => compose(say('{{> p}}{{x}}'), { p: say('{') })).toThrow(/put a space between them/)
  })
})

describe('what cannot be composed', () => {
  const failure = (body: VersionBody, partials: Readonly<Record<string, VersionBody>> = {}): unknown => {
    try {
      compose(body, partials)
    } catch (error) {
      return error
    }
    throw new Error('It was composed.')
  }

  it('says the field, and the way out', () => {
    const body = {
      messages: [
        { role: 'user', content: 'x' },
        { role: 'user', content: '{{> gone}}' },
      ],
      model: 'm',
    }
    expect(failure(body)).toMatchObject({
      code: 'partial_not_found',
      path: ['messages', 1, 'content'],
      message: "has `{{> gone}}`, but there is no prompt 'gone'. Create it first, or take the partial out",
    })
  })

  it.each<[string, VersionBody]>([
    [
      'several messages',
      {
        messages: [
          { role: 'user', content: 'a' },
          { role: 'user', content: 'b' },
        ],
        model: 'm',
      },
    ],
    ['no message', { messages: [], model: 'm' }],
    ['a placeholder', { messages: [{ role: 'placeholder', name: 'messages' }], model: 'm' }],
    ['parts', { messages: [{ role: 'user', content: [{ type: 'text', text: 'a' }] }], model: 'm' }],
  ])('%s are no partial', (_, partial) => {
    expect(failure(say('{{> p}}'), { p: partial })).toMatchObject({
      code: 'partial_not_usable',
      message: expect.stringContaining('exactly one message, with a text as content'),
    })
  })

  it('a circle is named with its way, by whatever partials it goes', () => {
    const found = (slug: string, ...within: string[]) =>
      ({
        kind: 'found',
        slug,
        version: 1,
        body: say(slug),
        dependencies: within.map((each) => ({ slug: each, selector: 'production', version: 1 })),
      }) as const
    const known = [found('a', 'b', 'c', 'main', 'other'), found('b', 'c', 'main'), found('c', 'main'), found('other')]
    const lookUp: LookUpPartial = (reference) =>
      known.find(({ slug }) => slug === reference.id) ?? noSuchPrompt(reference)
    expect(() => composeVersion('main', say('{{> a}}'), lookUp)).toThrow('main → a → b → c → main')
  })

  it('more partials than there may be', () => {
    const many = Object.fromEntries(Array.from({ length: maxPartials + 1 }, (_, index) => [`p${index}`, say('x')]))
    const body = (count: number) =>
      say(
        Object.keys(many)
          .slice(0, count)
          .map((slug) => `{{> ${slug}}}`)
          .join(''),
      )
    expect(compose(body(maxPartials), many).dependencies).toHaveLength(maxPartials)
    expect(failure(body(maxPartials + 1), many)).toMatchObject({ code: 'partial_limit' })
  })

  it('a text that grows without end', () => {
    const partials: Record<string, VersionBody> = { p0: say('x'.repeat(1000)) }
    for (let level = 1; level <= 9; level++) partials[`p${level}`] = say(`{{> p${level - 1}}}`.repeat(10))
    expect(failure(say('{{> p9}}'), partials)).toMatchObject({
      code: 'partial_limit',
      message: expect.stringContaining(String(maxComposedChars)),
    })
  })
})

describe('the variables of a composed version', () => {
  const declared = say('Dear {{name}}, at {{company}}', {
    variables: schema({ name: { type: 'string' }, company: { default: 'Acme' }, unused: {} }, { required: ['name'] }),
  })
  const variablesOf = (body: VersionBody, partials: Readonly<Record<string, VersionBody>>) =>
    compose(body, partials).resolved?.variables

  it('gain what the partial declares of those it uses', () => {
    const own = schema({ question: { type: 'string' } }, { required: ['question'], additionalProperties: false })
    const body = say('{{> p}} {{question}}', { variables: own })
    expect(variablesOf(body, { p: declared })).toEqual({
      type: 'object',
      additionalProperties: false,
      properties: { question: { type: 'string' }, name: { type: 'string' }, company: { default: 'Acme' } },
      required: ['question', 'name'],
    })
    expect(() => requireUsableVersion(compose(body, { p: declared }).resolved ?? body)).not.toThrow()
  })

  it('are as the version declares them where both do', () => {
    const own = schema({ name: { type: 'number' } })
    expect(variablesOf(say('{{> p}}', { variables: own }), { p: declared })).toEqual({
      type: 'object',
      properties: { name: { type: 'number' }, company: { default: 'Acme' } },
    })
  })

  it('stay required and of any type where the version has no schema', () => {
    expect(variablesOf(say('{{question}} {{> p}}'), { p: declared })).toEqual({
      type: 'object',
      properties: { question: {}, name: { type: 'string' }, company: { default: 'Acme' } },
      required: ['question', 'name'],
    })
    expect(compose(say('{{a}}{{> p}}'), { p: say('{{b}}') }).resolved).not.toHaveProperty('variables')
  })

  it('are required when a partial without schema uses them', () => {
    const own = schema({ question: {} })
    expect(variablesOf(say('{{question}}{{> p}}', { variables: own }), { p: say('{{b}}') })).toEqual({
      type: 'object',
      properties: { question: {}, b: {} },
      required: ['b'],
    })
  })

  it('are refused where two partials disagree, and where a rule refers elsewhere', () => {
    const as = (rule: object) => say('{{x}}', { variables: schema({ x: rule }) })
    const both = say('{{> p}}{{> q}}')
    expect(variablesOf(both, { p: as({ type: 'string', title: 'X' }), q: as({ type: 'string' }) })).toBeDefined()
    expect(() => compose(both, { p: as({ type: 'string' }), q: as({ type: 'number' }) })).toThrow(
      /must declare \{\{x\}\} in this version: its partials 'p' and 'q' declare it differently/,
    )
    expect(() => compose(say('{{> p}}'), { p: as({ $ref: '#/$defs/x' }) })).toThrow(/by `\$ref`/)
  })
})

describe('lint of a version with partials', () => {
  it('leaves for later what it cannot know, and finds the rest in its place', () => {
    const variables = schema({ name: {} }, { additionalProperties: false })
    expect(requireUsableVersion(say('{{> p}}', { variables }))).toEqual([])
    expect(() => requireUsableVersion(say('{{> p}}\n {{x'))).toThrow(/`messages\[0\]\.content` .*line 2, column 2/)
    expect(() => requireUsableVersion(say('{{> p q}}'))).toThrow(/`\{\{> p q\}\}` names no partial/)
    expect(() => requireUsableVersion(say('{{> p@}}'))).toThrow(/names no partial/)
  })
})

describe('long texts', () => {
  // Each would take an hour if the work grew with the square of the length.
  it.each([
    ['partials', '{{> a}}\n'.repeat(200_000)],
    ['backslashes', `${'\\'.repeat(1_000_000)}x{{> a}}`],
    ['braces', `${'\\{{'.repeat(500_000)} x{{name}}{{> a}}`],
  ])('with many %s are put together in time that grows with their length', (_what, text) => {
    const body = say(text)
    expect(() => requireUsableVersion(body)).not.toThrow()
    const { resolved, dependencies } = compose(body, { a: say('x') })
    expect(dependencies).toHaveLength(1)
    expect(JSON.stringify(resolved)).not.toContain('{{>')
  })
})
