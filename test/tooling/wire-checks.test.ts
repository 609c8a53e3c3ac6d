import { beforeAll, describe, expect, it } from 'vitest'
import { readDocument } from '../docs/markdown.ts'
import { testTitles, titlesOf } from './test-titles.ts'
import { runOutsideTheSuite, wireCheckGroups, wireCheckIds } from './wire-checks.ts'

/** By check, the files with a test that carries its id. */
const filesOf = new Map<string, Set<string>>()

beforeAll(async () => {
  for (const { file, titles } of await testTitles('test')) {
    // This file is about the checks themselves.
    if (file.startsWith('test/tooling/')) continue
    for (const title of titles) {
      for (const [id] of title.matchAll(/\b[A-J]\d\d\b/g)) filesOf.set(id, (filesOf.get(id) ?? new Set()).add(file))
    }
  }
})

interface Row {
  readonly id: string
  readonly words: string
  readonly files: readonly string[]
  readonly text: string
}

/** The rows of the document: id, words, files or a reason. */
function rows(): readonly Row[] {
  return readDocument('docs/wire-checks.md')
    .split('\n')
    .flatMap((line) => {
      const [, id = '', words = '', text = ''] = /^\| ([A-J]\d\d) \| (.*?) \| (.*) \|$/.exec(line) ?? []
      if (id === '') return []
      return [
        { id, words, text, files: [...text.matchAll(/`([^`]+)`/g)].map((match) => `test/${match[1] ?? ''}.test.ts`) },
      ]
    })
}

describe('the checks of the wire', () => {
  it('are 164', () => {
    expect(wireCheckIds).toHaveLength(164)
    expect(wireCheckGroups.map(({ letter, checks }) => `${letter}${checks.length}`).join(' ')).toBe(
      'A12 B12 C22 D16 E28 F12 G22 H18 I15 J7',
    )
  })

  it('have a test each that carries its id', () => {
    expect(wireCheckIds.filter((id) => !filesOf.has(id))).toEqual([])
  })

  it('are the only ids that titles carry', () => {
    const known = new Set(wireCheckIds)
    expect([...filesOf.keys()].filter((id) => !known.has(id))).toEqual([])
  })
})

describe('docs/wire-checks.md', () => {
  it('has every check once, in its order, in the same words', () => {
    const words = wireCheckGroups.flatMap(({ checks }) => checks)
    expect(rows().map((row) => `${row.id} ${row.words}`)).toEqual(
      wireCheckIds.map((id, index) => `${id} ${words[index] ?? ''}`),
    )
  })

  it('names for each check files in which it is tested', () => {
    const wrong = rows().flatMap(({ id, files }) => {
      if (files.length === 0) return [`${id} names no file`]
      return files.filter((file) => filesOf.get(id)?.has(file) !== true).map((file) => `${id} is not in ${file}`)
    })
    expect(wrong).toEqual([])
  })

  it('says of those that are run outside the suite why', () => {
    for (const { id, text } of rows()) {
      const reason = runOutsideTheSuite.get(id)
      if (reason !== undefined) expect(text).toContain(reason)
    }
  })
})

describe('the titles of a source', () => {
  it('are found wherever they stand, and nothing else is taken for one', async () => {
    const source = `
      // it('A01 in a comment')
      const A02 = 'A02 in a text' as const
      it('A03 plain', () => expect('A04 inside').toBe('A05'))
      it.each([['A06', 1], ['x', 'A07']] as const)('%s', (id) => { check(id) })
      describe.skipIf(absent).each(list)(\`A08 \${name}\`, () => { test('A09 within', async () => undefined) })
    `
    const ids = (await titlesOf(source, 'some.test.ts')).flatMap((title) => title.match(/\b[A-J]\d\d\b/g) ?? [])
    expect([...new Set(ids)].toSorted()).toEqual(['A03', 'A06', 'A07', 'A08', 'A09'])
  })
})
