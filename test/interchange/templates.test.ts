import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type Dialect,
  formatString,
  jinja,
  mustache,
  ownTemplate,
  plainBraces,
  translate,
} from '../../src/interchange/dialects.ts'
import { NoteBook } from '../../src/interchange/fields.ts'
import { toSlug } from '../../src/interchange/slugs.ts'
import { type Piece, writeTemplate } from '../../src/interchange/pieces.ts'
import { compileTemplate } from '../../src/prompts/template.ts'

function translated(text: string, dialect: Dialect): { readonly template: string; readonly notes: readonly string[] } {
  const book = new NoteBook('file')
  const template = translate(text, dialect, { field: 'content', book, slugOf: toSlug })
  return { template, notes: book.notes.map(({ severity, message }) => `${severity}: ${message}`) }
}

test('texts stay texts, whatever signs they are made of', () => {
  const text = fc
    .array(fc.constantFrom('{', '}', '\\', 'a', '{{', ' ', '%'), { maxLength: 8 })
    .map((signs) => signs.join(''))
  const piece: fc.Arbitrary<Piece> = fc.oneof(
    text.map((value): Piece => ({ kind: 'text', text: value })),
    fc.constant<Piece>({ kind: 'variable', path: 'name' }),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
      const book = new NoteBook('file')
      const rendered = compileTemplate(writeTemplate(pieces, 'content', book)).render({ name: 'VALUE' })
      const meant = pieces.map((one) => (one.kind === 'text' ? one.text : 'VALUE')).join('')
      if (book.notes.length === 0) expect(rendered).toBe(meant)
      else expect(rendered.replaceAll(' ', '')).toBe(meant.replaceAll(' ', ''))
    }),
    { numRuns: 2000 },
  )
})

test('Python’s format strings mean the same here', () => {
  const text = fc.array(fc.constantFrom('{', '}', '\\', 'x', 'name'), { maxLength: 8 }).map((signs) => signs.join(''))
  fc.assert(
    fc.property(text, text, (before, after) => {
      const escape = (value: string) => value.replaceAll('{', '{{').replaceAll('}', '}}')
      const { template, notes } = translated(`${escape(before)}{name}${escape(after)}`, formatString)
      const rendered = compileTemplate(template).render({ name: 'VALUE' })
      if (notes.length === 0) expect(rendered).toBe(`${before}VALUE${after}`)
      else expect(rendered).toBe(`${before} VALUE${after}`)
    }),
    { numRuns: 1000 },
  )
})

describe('templates of other systems', () => {
  test.each<[string, Dialect, string, string, number]>([
    ['a variable', plainBraces, 'Hi {{ user name }}', 'Hi {{user_name}}', 1],
    ['a path', jinja, '{{ user["city"] }} {{ items[0].id }}', '{{user.city}} {{items.0.id}}', 0],
    ['a filter', jinja, '{{ name|upper }}', '{{name}}', 1],
    ['an expression', jinja, '{{ a + b }}', '\\{{ a + b }}', 1],
    ['trimmed white space', jinja, '{{- name -}}', '{{name}}', 0],
    ['raw text', jinja, '{% raw %}{{ name }}{% endraw %}', '\\{{ name }}', 0],
    ['a comment', jinja, 'a{# secret #}b', 'ab', 1],
    ['logic', jinja, '{% if a %}x{% endif %}', '{% if a %}x{% endif %}', 2],
    ['a partial', mustache, '{{> House Style }}', '{{> house-style}}', 0],
    ['unescaped', mustache, '{{{name}}} {{& name}}', '{{name}} {{name}}', 0],
    ['a section', mustache, '{{^a}}x{{/a}}', '\\{{^a}}x\\{{/a}}', 2],
    ['our own partial', ownTemplate, '{{> rules@2}} {{name}}', '{{> rules@2}} {{name}}', 0],
    ['a conversion', formatString, '{price!r:.2f}', '{{price}}', 1],
    ['an index', formatString, '{items[0]}', '{{items.0}}', 0],
    ['a number of a place', formatString, '{0}', '{0}', 1],
    ['an open brace', plainBraces, 'a {{ b', 'a \\{{ b', 0],
  ])('%s', (_name, dialect, text, expected, notes) => {
    const found = translated(text, dialect)
    expect(found.template).toBe(expected)
    expect(found.notes).toHaveLength(notes)
  })
})
