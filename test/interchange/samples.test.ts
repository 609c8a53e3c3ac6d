import { readFileSync, readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { type JsonObject, isJsonObject } from '../../src/core/json.ts'
import { interchangeFormats } from '../../src/interchange/index.ts'
import type { Imported, InterchangeFile } from '../../src/interchange/imported.ts'
import { standInModel } from '../../src/interchange/models.ts'
import { lintVersionBody } from '../../src/prompts/lint-version.ts'

/** Samples of every other format, written after its documentation, with what becomes of them. */

const samples = fileURLToPath(new URL('samples', import.meta.url))
const options = { model: standInModel }
const foreign = interchangeFormats.filter(({ id }) => id !== 'promptbox')

function filesOf(id: string): readonly InterchangeFile[] {
  const root = join(samples, id, 'input')
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => ({ path: relative(root, path), text: readFileSync(path, 'utf8') }))
}

const asJson = (imported: Imported): unknown => JSON.parse(JSON.stringify(imported))

describe.each(foreign)('$title', ({ id, reads }) => {
  test('the samples become what is written beside them', () => {
    const expected: unknown = JSON.parse(readFileSync(join(samples, id, 'expected.json'), 'utf8'))
    expect(asJson(reads(filesOf(id), options))).toEqual(expected)
  })

  test('what they become can be used, but for partials until those are there', () => {
    for (const { slug, versions } of reads(filesOf(id), options).prompts)
      for (const body of versions)
        for (const { message } of lintVersionBody(body).errors) expect(`${slug}: ${message}`).toContain('{{> ')
  })

  test('a field that nobody knows is reported, wherever it stands', () => {
    for (const file of filesOf(id)) {
      if (!file.path.endsWith('.json') || id === 'tensorzero') continue
      for (const { changed, place } of withExtraField(JSON.parse(file.text) as JsonObject)) {
        const { notes } = reads([{ path: file.path, text: JSON.stringify(changed) }], options)
        const found = notes.filter(({ field, severity }) => severity === 'dropped' && field.includes('zz_unknown'))
        expect(found, `${file.path}: ${place}`).not.toEqual([])
      }
    }
  })

  test.each([
    '',
    '{',
    '[]',
    '{}',
    'null',
    '"text"',
    '---\na: [\n---\n',
    '[functions\n',
    '[1, null, "x", [], {}]',
    '{{{',
    '{"prompt": 7, "messages": 7, "name": 7, "string": []}',
  ])('nothing in a file makes it throw: %j', (text) => {
    for (const path of ['a.json', 'a.prompt', 'a.md', 'tensorzero.toml', 'a.ts', 'b'])
      expect(() => reads([{ path, text }], options)).not.toThrow()
  })
})

test('JSON of something else never becomes a prompt that is served', () => {
  const others = [{}, { hello: 'world' }, { id: 'x', name: 'Y', model: 'gpt-4o', data: [{ text: 'z' }] }]
  for (const { reads, id } of foreign)
    for (const other of others)
      for (const { problems } of reads([{ path: 'a.json', text: JSON.stringify(other) }], options).prompts)
        expect(problems, `${id}: ${JSON.stringify(other)}`).not.toEqual([])
})

/** Objects whose members are somebody's own, or are carried over as they are: nothing in them can be unknown. */
const opaque = new Set([
  'parameters',
  'schema',
  'format',
  'response_format',
  'tool_choice',
  'variables',
  'llm_kwargs',
  'template_metadata',
  'meta',
])
/** Though this one holds parameters of the model. */
const isRead = (name: string, value: JsonObject): boolean => !opaque.has(name) || 'temperature' in value

function* withExtraField(root: JsonObject): Generator<{ readonly changed: unknown; readonly place: string }> {
  const paths: (readonly (string | number)[])[] = []
  const visit = (value: unknown, path: readonly (string | number)[]): void => {
    if (Array.isArray(value)) for (const [index, item] of value.entries()) visit(item, [...path, index])
    if (!isJsonObject(value)) return
    const name = path.findLast((step) => typeof step === 'string') ?? ''
    const isPart = value['type'] === 'image_url' || value['type'] === 'input_image'
    const isOtherTool = value['type'] === 'web_search_preview'
    if (!isRead(name, value) || isPart || isOtherTool) return
    paths.push(path)
    for (const [member, inner] of Object.entries(value)) visit(inner, [...path, member])
  }
  visit(root, [])
  for (const path of paths) {
    const changed = structuredClone(root) as unknown
    let at = changed as Record<string | number, unknown>
    for (const step of path) at = at[step] as Record<string | number, unknown>
    at['zz_unknown'] = 'something'
    yield { changed, place: path.join('.') }
  }
}
