import { describe, expect, it } from 'vitest'
import { Fault } from '../../src/core/fault.ts'
import type { VersionBody } from '../../src/prompts/compiled-version.ts'
import { lintVersionBody, requireUsableVersion } from '../../src/prompts/lint-version.ts'

const base: VersionBody = { messages: [{ role: 'user', content: 'At {{company}}?' }], model: 'm' }
const schema = (properties: object, more: object = {}) => ({ type: 'object', properties, ...more }) as never
const texts = (findings: readonly { path: readonly PropertyKey[]; message: string }[]): string[] =>
  findings.map(({ path, message }) => `${path.join('.')} ${message}`)

describe('what is said of the output', () => {
  const warningsOf = (more: Partial<VersionBody>) => texts(lintVersionBody({ ...base, ...more }).warnings)

  it.each<[string, Partial<VersionBody>, RegExp]>([
    ['a schema and another format', { output_schema: {}, output_format: 'code' }, /^output_format is `code`, but/],
    ['structured without a schema', { output_format: 'structured' }, /^output_format .* only that the answer is JSON/],
    ['a policy and nothing to check', { on_output_mismatch: 'retry' }, /^on_output_mismatch has no effect/],
  ])('%s is warned of', (_what, more, warning) => {
    expect(warningsOf(more)).toEqual([expect.stringMatching(warning) as unknown])
  })

  it.each<Partial<VersionBody>>([
    { output_format: 'text' },
    { output_format: 'json', on_output_mismatch: 'error' },
    { output_schema: {}, on_output_mismatch: 'flag' },
    { output_schema: {}, output_format: 'structured' },
  ])('%j is not', (more) => {
    expect(warningsOf(more)).toEqual([])
  })
})

describe('errors of a version', () => {
  it.each<[string, Partial<VersionBody>, RegExp]>([
    [
      'a template',
      { messages: [{ role: 'user', content: 'a\n {{x' }] },
      /^messages\.0\.content is no template: .*line 2, column 2/,
    ],
    [
      'logic as other template languages have it',
      { messages: [{ role: 'user', content: '{{#if x}}a{{/if}}' }] },
      /^messages\.0\.content is no template: `\{\{#if x\}\}` is not the name of a variable \(templates have no logic and no filters\): use letters/,
    ],
    [
      'a template in a part',
      { messages: [{ role: 'user', content: [{ type: 'text', text: '{{}}' }] }] },
      /^messages\.0\.content\.0\.text is no template/,
    ],
    [
      'a template in another language',
      { locales: { fr: { messages: [{ role: 'user', content: 'à {{' }] } } },
      /^locales\.fr\.messages\.0\.content is no template/,
    ],
    ['a template in a parameter', { parameters: { stop: ['{{#x}}'] } }, /^parameters\.stop\.0 is no template/],
    [
      'a template in a tool',
      { tools: [{ type: 'function', function: { name: '{{' } }] },
      /^tools\.0\.function\.name is no template/,
    ],
    ['a template in the response format', { response_format: { type: '{{' } }, /^response_format\.type is no template/],
    [
      'the schema of the variables',
      { variables: schema({ company: { type: 'strin' } }) },
      /^variables\.properties\.company\.type is no valid JSON Schema: must be one of `array`, .*`string`/,
    ],
    [
      'a schema that would take long to compile',
      { variables: schema({ company: Array.from({ length: 15 }).reduce((inner) => ({ anyOf: [inner, inner] }), {}) }) },
      /^variables is too large: .* 2000 objects and lists/,
    ],
    [
      'many schemas that would',
      {
        test_cases: Array.from({ length: 30 }, (_, index) => ({
          name: String(index),
          checks: Array.from({ length: 100 }, () => ({ type: 'json_schema', value: {} })),
        })),
      },
      /^test_cases\.20\.checks\.0\.value is too large/,
    ],
    ['a pattern', { variables: schema({ company: { pattern: '(?!x)' } }) }, /^variables cannot be used: the pattern/],
    [
      'a default',
      { variables: schema({ company: { type: 'string', default: 5 } }) },
      /^variables\.properties\.company\.default breaks the rule of its own variable: it must be string/,
    ],
    [
      'a use that is forbidden',
      { variables: schema({ other: {} }, { additionalProperties: false }) },
      /^messages\.0 uses \{\{company\}\}, which .* does not allow/,
    ],
    ['the output schema', { output_schema: { type: 'x' } }, /^output_schema\.type/],
    [
      'a check',
      { test_cases: [{ name: 'a', checks: [{ type: 'regex', value: '(' }] }] },
      /^test_cases\.0\.checks\.0\.value cannot be used/,
    ],
  ])('%s', (_, change, finding) => {
    expect(texts(lintVersionBody({ ...base, ...change }).errors).join('\n')).toMatch(finding)
  })

  it('are one Fault with the first field as param and everything in the message', () => {
    const broken = {
      ...base,
      messages: [
        { role: 'user', content: '{{' },
        { role: 'user', content: '{{}}' },
      ],
    }
    expect(() => requireUsableVersion(broken, 'version')).toThrow(Fault)
    try {
      requireUsableVersion(broken, 'version')
    } catch (error) {
      expect(error).toMatchObject({ kind: 'invalid_request', status: 400, param: 'version.messages[0].content' })
      expect((error as Fault).message).toMatch(/2 problems: .*messages\[0\].*messages\[1\]/)
    }
  })
})

describe('warnings', () => {
  it.each<[string, Partial<VersionBody>, RegExp]>([
    [
      'used, not declared',
      { variables: schema({ other: {} }) },
      /^messages\.0 uses \{\{company\}\}, which `variables` does not declare/,
    ],
    [
      'declared, not used',
      { variables: schema({ company: {}, other: {} }) },
      /^variables\.properties\.other is used in no template/,
    ],
    [
      'required, and nothing else',
      { variables: { type: 'object', properties: { company: {} }, required: ['company', 'compnay'] } },
      /^variables\.required\.1 is `compnay`, which no template uses and `properties` does not declare/,
    ],
    [
      'a test case that lacks a variable',
      { test_cases: [{ name: 'a', variables: {}, checks: [] }] },
      /^test_cases\.0\.variables cannot be run with: .*`company` is missing/,
    ],
    [
      'a test case with an unknown variable',
      { test_cases: [{ name: 'a', variables: { company: 1, x: 2 }, checks: [] }] },
      /^test_cases\.0\.variables\.x is not known/,
    ],
    [
      'a placeholder that stays empty',
      { messages: [...base.messages, { role: 'placeholder', name: 'messages' }], overrides: { locked: ['messages'] } },
      /nothing will ever stand/,
    ],
    [
      'used in another language, not declared',
      {
        variables: schema({ company: {} }),
        locales: { fr: { messages: [{ role: 'user', content: '{{ville}}' }] } },
      },
      /^locales\.fr\.messages\.0 uses \{\{ville\}\}/,
    ],
    [
      'a text where a placeholder wants messages',
      {
        messages: [...base.messages, { role: 'placeholder', name: 'history' }],
        variables: schema({ company: {}, history: { type: 'string' } }),
      },
      /^variables\.properties\.history\.type fills the placeholder `history`, so it must be a list/,
    ],
  ])('%s', (_, change, finding) => {
    const lint = lintVersionBody({ ...base, ...change })
    expect(lint.errors).toEqual([])
    expect(texts(lint.warnings).join('\n')).toMatch(finding)
  })

  it('are none for a version that is well', () => {
    const well = {
      ...base,
      variables: schema({ company: { type: 'string', default: 'Acme' } }),
      test_cases: [{ name: 'a', variables: { company: 'x' }, checks: [] }],
    }
    expect(lintVersionBody(well)).toEqual({ errors: [], warnings: [] })
    expect(requireUsableVersion(well)).toEqual([])
    expect(requireUsableVersion({ ...base, variables: schema({ other: {} }) })[0]).toMatch(/^`messages\[0\]` uses/)
  })
})

describe('a variable before a long fixed text', () => {
  const long = 'Be brief and kind. '.repeat(220)
  const user = (content: string) => ({ role: 'user', content })
  const found = (change: Partial<VersionBody>): string[] =>
    texts(lintVersionBody({ ...base, ...change }).warnings).filter((text) => text.includes('paid in full'))

  it.each<[string, Partial<VersionBody>, RegExp]>([
    [
      'in one message',
      { messages: [user(`Today is {{date}}. ${long}`)] },
      /^messages\.0 has the variable `date` before .* in `messages\[0\]`.*Move the variable behind/,
    ],
    [
      'in an earlier message',
      { messages: [user('{{date}}'), user(long.slice(2000)), user(long)] },
      /^messages\.0 has the variable `date`/,
    ],
    [
      'before the examples',
      { messages: [{ role: 'system', content: '{{date}}' }], examples: [{ user: 'a', assistant: long }] },
      /^messages\.0 .* in `examples`/,
    ],
    [
      'in a tool, which comes first',
      { messages: [user(long)], tools: [{ type: 'function', function: { name: 'f', description: 'For {{date}}' } }] },
      /^tools has the variable `date`/,
    ],
    [
      'by a placeholder',
      { messages: [{ role: 'placeholder', name: 'history' }, user(long)] },
      /^messages\.0 has the variable `history`/,
    ],
    [
      'in another language',
      { messages: [user('{{date}}')], locales: { fr: { messages: [user(`{{date}} ${long}`)] } } },
      /^locales\.fr\.messages\.0 has the variable `date` before .*`locales\.fr\.messages\[0\]`/,
    ],
  ])('is told: %s', (_, change, finding) => {
    const warnings = found(change)
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toMatch(finding)
  })

  it.each<[string, Partial<VersionBody>]>([
    ['the text is short', { messages: [user(`{{date}} ${long.slice(0, 3000)}`)] }],
    ['the variable stands behind it', { messages: [user(`${long} {{date}}`), user('{{date}} Go.')] }],
    [
      'only the messages of the request stand before it',
      { messages: [{ role: 'placeholder', name: 'messages' }, user(long)] },
    ],
    [
      'the variable can have one value only',
      { messages: [user(`{{date}} ${long}`)], variables: schema({ date: { const: 'x' } }) },
    ],
  ])('is not told: %s', (_, change) => {
    expect(found(change)).toEqual([])
  })
})
