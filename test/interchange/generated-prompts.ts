import fc from 'fast-check'
import type { JsonObject, JsonValue } from '../../src/core/json.ts'
import type { BundlePrompt } from '../../src/interchange/promptbox/bundle.ts'
import type { VersionBody } from '../../src/prompts/compiled-version.ts'

/** Prompts of every kind that can be stored: all the texts, names and numbers that formats like to stumble over. */

const awkward = [
  '',
  ' ',
  'two  spaces and an end ',
  'line\n',
  '\nline',
  'one\ntwo\n\n\n',
  '  indented\n    more\nless',
  '\ttab first\n\ttab',
  'windows\r\nlines\r\n',
  'old mac\rline',
  'next\u0085line\u2028and\u2029more',
  '\ufeffmark of order',
  'true',
  'No',
  'null',
  '~',
  '1.0',
  '0x1F',
  '1_000',
  '2026-11-30',
  '12:30:45',
  '<<',
  '- item',
  '# no comment\n# really',
  'key: value',
  '---\n...\n',
  '%TAG',
  '"quoted" and \'single\' and \\ backslash',
  '日本語 und Ümläute 🦊\nzweite Zeile',
  'a\u00a0non-breaking space\nhere',
  'x'.repeat(2000),
  '\u0007bell \u001b[0m\nescape',
  '{{name}} and \\{{ and {{> other@production}}',
]

const text = fc.oneof(
  fc.constantFrom(...awkward),
  fc.string({ unit: 'grapheme', maxLength: 60 }).filter((value) => !value.includes('\0')),
  fc
    .array(fc.constantFrom('a', ' ', '\n', '\t', '\r', ':', '#', '-', '"', "'", '\\', '\u0085', '|', '>', 'é'), {
      maxLength: 30,
    })
    .map((characters) => characters.join('')),
)
const number = fc.oneof(
  fc.constantFrom(0, 1, -1, 0.1, 1e-7, 5e-324, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 123_456_789.123),
  fc
    .double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 })
    .map((value) => (Object.is(value, -0) ? 0 : value)),
  fc.maxSafeInteger(),
)
const name = fc
  .oneof(
    fc.constantFrom(
      'true',
      'null',
      '1',
      '-1.5',
      'y',
      '<<',
      ' spaced ',
      'a:b',
      '',
      'ключ',
      'k'.repeat(1100),
      'line\nbreak',
    ),
    fc.string({ unit: 'grapheme', maxLength: 12 }),
  )
  .filter((value) => value !== '__proto__' && !value.includes('\0'))

const json: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'json' },
    text,
    number,
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4, depthIdentifier: 'json' }),
    fc.dictionary(name, tie('value'), { maxKeys: 4, depthIdentifier: 'json', noNullPrototype: true }),
  ),
})).value
const object = fc.dictionary(name, json, { maxKeys: 5, noNullPrototype: true }) as fc.Arbitrary<JsonObject>

const message = fc.oneof(
  fc.record({ role: fc.constantFrom('system', 'user', 'assistant', 'developer'), content: text }),
  fc.record({
    role: fc.constant('user'),
    content: fc.array(fc.record({ type: fc.constant('text'), text }), { minLength: 1, maxLength: 3 }),
  }),
)

const forbidden = new Set(['model', 'messages', 'stream', 'stream_options', 'tools', 'response_format'])
const parameters = object.map((value): JsonObject =>
  Object.fromEntries(Object.entries(value).filter(([key]) => !forbidden.has(key))),
)

const version: fc.Arbitrary<VersionBody> = fc.record(
  {
    messages: fc.array(message, { maxLength: 4 }),
    model: fc.constantFrom('openai/gpt-4o-mini', 'mock/echo', 'a model: of # my own'),
    parameters,
    response_format: object.map((value) => ({ ...value, type: 'json_object' })),
    output_schema: object,
    locale: fc.constantFrom('en', 'pt-BR'),
    examples: fc.array(
      fc.record({ user: text, assistant: text }).filter(({ user, assistant }) => user !== '' && assistant !== ''),
      { maxLength: 2 },
    ),
    retries: fc.integer({ min: 0, max: 10 }),
    quality_threshold: fc.constantFrom(0, 0.5, 1),
    change_note: fc.oneof(text, fc.constant(null)),
  },
  { requiredKeys: ['messages', 'model'] },
)

/** A line for people, as the admin API keeps it: no outer white space. */
const line = text.map((value) => value.trim().slice(0, 100).trim()).filter((value) => value !== '')

export const bundlePrompt = (index: number): fc.Arbitrary<BundlePrompt> =>
  fc
    .record({
      name: line,
      description: fc.option(line),
      owner: fc.option(line),
      tags: fc.uniqueArray(line, { maxLength: 3 }),
      starters: fc.uniqueArray(line, { maxLength: 2 }),
      versions: fc.array(version, { minLength: 1, maxLength: 3 }),
      labels: fc.uniqueArray(fc.constantFrom('production', 'staging', 'no', 'y', 'true', 'null'), { maxLength: 3 }),
    })
    .map(({ labels, ...prompt }) => ({
      ...prompt,
      slug: `prompt-${index}`,
      aliases: [`pmpt_${index}`],
      labels: Object.fromEntries(labels.map((label, at) => [label, (at % prompt.versions.length) + 1])),
    }))
