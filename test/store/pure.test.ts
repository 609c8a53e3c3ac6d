import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readCursor, writeCursor } from '../../src/store/cursor.ts'
import { stepBack, type LabelMove } from '../../src/store/label-history.ts'
import { plainArray, textArray } from '../../src/store/postgres/array-literal.ts'
import { storableRecord } from '../../src/store/storable-record.ts'
import { versionHash } from '../../src/store/version-hash.ts'
import { exchangeRecord } from './contract/exchange-record.ts'
import { versionBody } from './contract/subject.ts'

describe('the hash of a version', () => {
  it('is SHA-256 over JSON with sorted members', () => {
    const text = '{"messages":[{"content":"Hi","role":"user"}],"model":"mock/echo"}'
    const hash = createHash('sha256').update(text).digest('hex')
    expect(versionHash({ model: 'mock/echo', semver: undefined, messages: [{ role: 'user', content: 'Hi' }] })).toBe(
      hash,
    )
  })

  it('does not depend on the order of members, and depends on everything else', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (parameters) => {
        const turned = Object.fromEntries(Object.entries(parameters).reverse())
        const body = versionBody('x', { parameters: parameters as never })
        expect(versionHash({ ...body, parameters: turned as never })).toBe(versionHash(body))
        expect(versionHash({ ...body, parameters: { ...turned, 'one more': true } })).not.toBe(versionHash(body))
        expect(versionHash(JSON.parse(JSON.stringify(body)))).toBe(versionHash(body))
      }),
    )
  })
})

describe('stepping back', () => {
  it('undoes every set, newest first, whatever was rolled back between', () => {
    const acts = fc.array(fc.oneof(fc.record({ set: fc.integer({ min: 1, max: 4 }) }), fc.constant('back' as const)), {
      maxLength: 40,
    })
    fc.assert(
      fc.property(acts, (plan) => {
        const moves: LabelMove[] = []
        // What can be undone: the newest set last. Setting a label to where it is already is no move.
        const places: number[] = []
        for (const act of plan) {
          const to = stepBack(moves)
          expect(to).toBe(places.at(-2) ?? null)
          if (act !== 'back' && places.at(-1) !== act.set) {
            places.push(act.set)
            moves.push({ event: 'label_set', to: act.set })
          } else if (act === 'back' && to !== null) {
            places.pop()
            moves.push({ event: 'label_rolled_back', to })
          }
        }
      }),
    )
  })
})

describe('cursors', () => {
  it('give back what was put in, to their own list only', () => {
    fc.assert(
      fc.property(fc.string(), fc.maxSafeInteger(), (text, number) => {
        const cursor = writeCursor('things', text, number)
        expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/)
        expect(readCursor('things', cursor, ['text', 'number'])).toEqual([text.toWellFormed(), number])
        expect(() => readCursor('others', cursor, ['text', 'number'])).toThrow('cursor')
        expect(() => readCursor('things', cursor, ['number', 'text'])).toThrow('cursor')
        expect(() => readCursor('things', cursor, ['text'])).toThrow('cursor')
      }),
    )
  })

  it('of any other text are refused', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => readCursor('things', text, ['text'])).toThrow('next_cursor')
      }),
    )
  })
})

describe('array literals', () => {
  it('quote what has to be quoted', () => {
    expect(textArray(['a', null, 'NULL', '', '{,}', 'say "hi" \\', ' x '])).toBe(
      '{"a",NULL,"NULL","","{,}","say \\"hi\\" \\\\"," x "}',
    )
    expect(plainArray([1, null, -2.5, true])).toBe('{1,NULL,-2.5,true}')
    expect(textArray([])).toBe('{}')
  })
})

describe('a storable record', () => {
  it('is the record itself where nothing hurts', () => {
    const record = exchangeRecord({ userId: 'Zoë 🙂', metadata: { ключ: '值' } })
    expect(storableRecord(record)).toEqual(record)
  })

  it('holds no character that cannot be stored, at any depth, and stays the same when made storable again', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '\u0000', '\ud800', '\udc00', '🙂', '"', '\\') })
    fc.assert(
      fc.property(text, text, fc.array(text), (one, other, list) => {
        const stored = storableRecord(exchangeRecord({ errorMessage: one, metadata: { [one]: other }, warnings: list }))
        const all = JSON.stringify(stored)
        expect(all.isWellFormed()).toBe(true)
        expect(all).not.toMatch(/\\u0000|\\ud[89a-f]/)
        expect(stored.errorMessage?.length).toBe(one.length)
        expect(storableRecord(stored)).toEqual(stored)
      }),
    )
  })
})
