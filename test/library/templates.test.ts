import { describe, expect, it } from 'vitest'
import { versionBodySchema } from '../../src/contract/version-body.ts'
import {
  recommendedModelsSchema,
  recommendedSettingsSchema,
  templateExampleSchema,
  templateSlugSchema,
} from '../../src/contract/template.ts'
import { type JsonObject, type JsonValue, isJsonObject } from '../../src/core/json.ts'
import { builtInTemplates } from '../../src/library/index.ts'
import { mentions } from '../../src/library/search.ts'
import type { BuiltInTemplate, WrittenCheck } from '../../src/library/template.ts'
import { builtInFacts } from '../../src/models/built-in-facts.ts'
import { compileVersion } from '../../src/prompts/compile-version.ts'
import { lintVersionBody } from '../../src/prompts/lint-version.ts'
import { compileSchema, namePattern } from '../../src/prompts/schema-compiler.ts'
import { readDocument, tableRows } from '../docs/markdown.ts'
import { usedVariables } from '../../src/prompts/used-variables.ts'

/** The templates that come with the program are what they say: usable as they are, and tested. */

interface Case {
  readonly name: string
  readonly variables?: JsonObject
  readonly messages?: readonly JsonObject[]
  readonly checks: readonly WrittenCheck[]
}
const casesOf = ({ version }: BuiltInTemplate) => (version.test_cases ?? []) as unknown as readonly Case[]

/** Whether the answer passes: the checks that ask nobody, as simply as can be. */
function passes({ type, value }: WrittenCheck, answer: string): boolean {
  if (type === 'contains') return answer.includes(value)
  if (type === 'not_contains') return !answer.includes(value)
  if (type === 'equals') return answer.trim() === value.trim()
  if (type === 'regex') return namePattern(value)(answer)
  if (type === 'max_length') return answer.length <= value
  const parsed = parse(answer)
  return parsed !== undefined && compileSchema(value as JsonObject, false)(parsed)
}

function parse(answer: string): JsonValue | undefined {
  try {
    return JSON.parse(answer) as JsonValue
  } catch {
    return undefined
  }
}

const rendered = (template: BuiltInTemplate, variables: JsonObject, messages?: readonly JsonObject[]) =>
  compileVersion(template.version).expand({
    variables,
    members: new Map(messages === undefined ? [] : [['messages', JSON.stringify(messages)]]),
  })

const each = builtInTemplates.map((template) => [template.slug, template] as const)

it('there are many, in many categories, each with a slug and a name of its own', () => {
  expect(builtInTemplates.length).toBeGreaterThanOrEqual(24)
  expect(new Set(builtInTemplates.map(({ category }) => category)).size).toBeGreaterThanOrEqual(12)
  expect(new Set(builtInTemplates.map(({ slug }) => slug)).size).toBe(builtInTemplates.length)
  expect(new Set(builtInTemplates.map(({ name }) => name)).size).toBe(builtInTemplates.length)
})

describe.each(each)('%s', (_slug, template) => {
  const { version } = template
  const properties = (version.variables?.['properties'] ?? {}) as Readonly<Record<string, JsonObject>>

  it('is of the shape that the admin API takes, and nothing is to be said against it', () => {
    templateSlugSchema.parse(template.slug)
    recommendedModelsSchema.min(1).parse(template.recommendedModels)
    recommendedSettingsSchema.min(1).parse(template.recommendedSettings)
    templateExampleSchema.parse(template.example)
    versionBodySchema.parse(version)
    expect(lintVersionBody(version)).toEqual({ errors: [], warnings: [] })
    for (const texts of [[template.name], [template.description], template.tags]) {
      expect(texts.length).toBeGreaterThan(0)
      for (const text of texts) expect(text.trim()).toBe(text)
    }
    expect(template.description.length).toBeGreaterThan(40)
  })

  it('describes every variable, and names only variables that it has', () => {
    expect(Object.keys(properties).length).toBeGreaterThan(0)
    for (const [name, property] of Object.entries(properties))
      expect(property['description'], name).toMatch(/\w.{10,}\.$/)
    expect(Object.keys(properties).toSorted()).toEqual([...usedVariables(version).keys()].toSorted())
  })

  it('puts what never changes first: variables stand behind the last of its instructions', () => {
    const [first, ...others] = version.messages
    expect(first?.['role']).toBe('system')
    const content = first?.['content']
    const instructions = typeof content === 'string' ? content : ''
    expect(instructions).not.toBe('')
    const begin = instructions.indexOf('{{')
    if (begin === -1) return
    // Only in a chat, whose turns belong to the client, settings stand in the system message, as its last lines.
    expect(others.map(({ role }) => role)).toEqual(['placeholder'])
    expect(begin).toBeGreaterThan(instructions.length - 150)
  })

  it('fences in what strangers wrote, and says that it is no instruction', () => {
    const [system, user] = version.messages.map(({ content }) => (typeof content === 'string' ? content : ''))
    for (const [, name, variable] of (user ?? '').matchAll(/<(\w+)>\n\{\{(\w+)\}\}/g)) {
      expect(user, variable).toContain(`{{${variable ?? ''}}}\n</${name ?? ''}>`)
    }
    const last = /<(\w+)>\n\{\{\w+\}\}\n<\/\w+>$/.exec(user ?? '')?.[1]
    if (user === '') return
    expect(last, 'the last thing said').toBeDefined()
    expect(system).toMatch(new RegExp(`<${last ?? ''}> tags|between their tags`))
  })

  it('recommends models that there are', () => {
    const named = [
      version.model,
      ...(version.fallback_models ?? []),
      ...template.recommendedModels.map(({ model }) => model),
    ]
    for (const name of named.filter((name) => !name.startsWith('ollama/'))) {
      const [provider = '', model = ''] = name.split('/')
      expect(Object.keys(builtInFacts(provider === 'gemini' ? 'google' : provider, model)), name).not.toEqual([])
    }
    const { temperature } = version.parameters ?? {}
    const said = template.recommendedSettings.find(({ setting }) => setting === 'temperature')
    if (said !== undefined) expect(said.value).toBe(temperature)
  })

  it('leaves nothing open when it is filled in', () => {
    const { members, warnings } = rendered(template, template.example.variables)
    expect(warnings).toEqual([])
    for (const text of members.values()) expect(text).not.toMatch(/\{\{|lorem|todo|xxx/i)
  })

  it('has test cases that can be run and judged', () => {
    const cases = casesOf(template)
    expect(cases.length).toBeGreaterThanOrEqual(2)
    for (const { variables = {}, messages, checks } of cases) {
      expect(checks.length).toBeGreaterThan(0)
      expect(rendered(template, variables, messages).warnings).toEqual([])
    }
    expect(Object.keys(template.goodAnswers)).toEqual(cases.map(({ name }) => name))
    expect(template.goodAnswers[cases[0]?.name ?? '']).toBe(template.example.output)
  })

  it.each(casesOf(template).map((testCase) => [testCase.name, testCase] as const))('case: %s', (name, { checks }) => {
    const answer = template.goodAnswers[name] ?? ''
    expect(checks.filter((check) => !passes(check, answer))).toEqual([])
    const schema = version.output_schema
    if (isJsonObject(schema)) expect(compileSchema(schema, false)(parse(answer) ?? null), answer).toBe(true)
    // Cases that let everything pass would test nothing.
    const bad = ['', 'I cannot help with that.', '{}', 'x'.repeat(10_000)]
    for (const text of bad)
      expect(
        checks.every((check) => passes(check, text)),
        text.slice(0, 40),
      ).toBe(false)
  })
})

it('docs/templates.md has a row for each, and for no other', () => {
  const rows = [...tableRows(readDocument('docs/templates.md'))].filter(([, cells]) => cells.length === 6)
  const said = builtInTemplates.map(({ slug, category, complexity, name, version }) => [
    slug,
    [`\`${slug}\``, category, complexity, name, version.output_format, `\`${version.model}\``],
  ])
  expect(rows).toEqual(said)
  expect(readDocument('docs/templates.md')).toContain(`Promptbox brings ${builtInTemplates.length} of them`)
})

describe('a search', () => {
  const found = (q: string) => builtInTemplates.filter((template) => mentions(template, q)).map(({ slug }) => slug)

  it.each([
    ['translate', 'translate-document'],
    ['translating glossary', 'translate-document'],
    ['INVOICE', 'invoice-fields'],
    ['reviews sentiment', 'aspect-sentiment'],
    ['moderating', 'content-moderation'],
    ['rag', 'grounded-answer'],
  ])('%s', (q, slug) => {
    expect(found(q)).toContain(slug)
  })

  it('finds nothing where one word is missing', () => {
    expect(found('invoice zeppelin')).toEqual([])
    expect(found('translate invoice')).toEqual([])
  })
})
