import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readFeedback, requirePossibleTimes, statementsOf } from '../../src/contract/feedback.ts'
import { builtInMetrics } from '../../src/contract/experiment-metrics.ts'
import { Fault } from '../../src/core/fault.ts'
import { newRequestId } from '../../src/core/ids.ts'
import type { JsonObject, JsonValue } from '../../src/core/json.ts'

const id = newRequestId(Date.UTC(2026, 10, 20))
const good: JsonObject = { request_id: id, name: 'rating', value: 4 }

function faultOf(body: JsonObject): Fault {
  try {
    readFeedback(body)
  } catch (error) {
    if (error instanceof Fault) return error
    throw error
  }
  throw new Error('It was taken.')
}

const takes = (change: JsonObject): boolean => {
  try {
    readFeedback({ ...good, ...change })
    return true
  } catch {
    return false
  }
}

describe('what is taken', () => {
  it.each<[string, JsonValue, boolean]>([
    ['rating', 1, true],
    ['rating', 5, true],
    ['rating', 3.5, true],
    ['rating', 0.99, false],
    ['rating', 5.01, false],
    ['rating', true, false],
    ['rating', '5', false],
    ['thumbs', true, true],
    ['thumbs', false, true],
    ['thumbs', 1, false],
    ['thumbs', 'up', false],
    ['accuracy', 0, true],
    ['accuracy', 1, true],
    ['accuracy', 1.1, false],
    ['confidence', -0.1, false],
    ['confidence', 0.82, true],
    ['revenue_usd', -12.5, true],
    ['resolved', true, true],
    ['note', 'It was kind.', true],
    ['note', '', false],
    ['note', 'x'.repeat(2000), true],
    ['note', 'x'.repeat(2001), false],
    ['note', 'with \u0000', false],
    ['note', 'half \ud800', false],
    ['note', null, false],
    ['note', [1], false],
    ['note', { value: 1 }, false],
  ])('%s can be %j: %s', (name, value, isTaken) => {
    expect(takes({ name, value })).toBe(isTaken)
  })

  it('no number that JSON can write and nobody can store', () => {
    expect(takes({ name: 'revenue', value: JSON.parse('1e999') as number })).toBe(false)
  })

  it.each(Object.keys(builtInMetrics))('%s is measured, and cannot be reported', (name) => {
    expect(faultOf({ ...good, name, value: 1 })).toMatchObject({ param: 'name', status: 400 })
  })

  it.each(['Rating', '9lives', '', 'a b', 'x'.repeat(65), '__proto__'])('%j is no name', (name) => {
    expect(faultOf({ ...good, name, value: 1 }).param).toBe('name')
  })

  it.each(['judge', 'Judge', 'promptbox', 'promptbox:job', 'PROMPTBOX:x', '', ' ', 'x'.repeat(65), 'two\nlines'])(
    '%j is no source of others',
    (source) => {
      expect(faultOf({ ...good, source }).param).toBe('source')
    },
  )

  it.each(['client', 'zendesk', 'judge-of-ours', 'promptboxes', 'Überprüfung 2'])('%j is a source', (source) => {
    expect(statementsOf(readFeedback({ ...good, source }))).toEqual([{ ...good, source }])
  })

  it.each(['', 'chatcmpl-1', '3f0c9b1e-5a77-4d21-9c62-8f0d6a0f1b11', id.slice(1), `${id} `])(
    '%j is no request id',
    (wrong) => {
      expect(faultOf({ ...good, request_id: wrong }).param).toBe('request_id')
    },
  )
})

describe('mistakes', () => {
  it('are named with their place in the batch', () => {
    const feedback = [good, good, good, { ...good, value: 7 }]
    const fault = faultOf({ feedback })
    expect(fault).toMatchObject({ status: 400, type: 'invalid_request_error', param: 'feedback[3].value' })
    expect(fault.message).toBe('`feedback[3].value` must be a number from 1 to 5, because it is a rating.')
  })

  it('are found wherever they are in a long batch', () => {
    for (const at of [0, 49, 50, 51, 999]) {
      const feedback = Array.from({ length: 1000 }, (_, index) => (index === at ? { ...good, valu: 1 } : good))
      expect(faultOf({ feedback }).param).toBe(`feedback[${at}].valu`)
    }
  })

  it('are all told at once', () => {
    const { message } = faultOf({
      feedback: [
        { ...good, value: 7 },
        { request_id: id, name: 'thumbs' },
      ],
    })
    expect(message).toContain('feedback[0].value')
    expect(message).toContain('feedback[1].value')
  })

  it('an unknown field is named, with what was meant', () => {
    expect(faultOf({ ...good, coment: 'hm' })).toMatchObject({
      param: 'coment',
      message: '`coment` is not a known field. Did you mean `comment`?',
    })
    expect(faultOf({ feedback: [{ ...good, user: 'u1' }] }).param).toBe('feedback[0].user')
    expect(
      faultOf(JSON.parse(`{"request_id":"${id}","name":"rating","value":1,"__proto__":{}}`) as JsonObject).param,
    ).toBe('__proto__')
  })

  it.each(['request_id', 'name', 'value'])('%s cannot be left out', (field) => {
    const { [field]: _, ...rest } = good
    expect(faultOf(rest)).toMatchObject({ param: field })
    expect(faultOf({ feedback: [rest] })).toMatchObject({ param: `feedback[0].${field}` })
  })

  it('a statement cannot stand beside a list, and a list not be empty or too long', () => {
    expect(faultOf({ ...good, feedback: [good] }).param).toBe('request_id')
    expect(faultOf({ feedback: [] }).param).toBe('feedback')
    expect(faultOf({ feedback: {} }).param).toBe('feedback')
    expect(faultOf({ feedback: Array.from({ length: 1001 }, () => good) }).param).toBe('feedback')
    expect(statementsOf(readFeedback({ feedback: Array.from({ length: 1000 }, () => good) }))).toHaveLength(1000)
  })

  it('whatever is sent, it is either taken or refused in words', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('request_id', 'name', 'value', 'comment', 'source', 'feedback'), fc.jsonValue()),
        (body) => {
          try {
            readFeedback(body as JsonObject)
          } catch (error) {
            expect(error).toBeInstanceOf(Fault)
            expect((error as Fault).status).toBe(400)
          }
        },
      ),
    )
  })
})

describe('the time of a request id', () => {
  const now = Date.UTC(2026, 10, 20)
  const check = (at: number) => () => requirePossibleTimes(readFeedback({ ...good, request_id: newRequestId(at) }), now)

  it('may be up to five minutes ahead, for clocks that are', () => {
    expect(check(now + 4 * 60_000)).not.toThrow()
    expect(check(now + 6 * 60_000)).toThrow(/`request_id` is of a moment in the future/)
  })

  it('may lie years back, but not before there was anything', () => {
    expect(check(Date.UTC(2020, 0, 1))).not.toThrow()
    expect(check(Date.UTC(2019, 11, 31))).toThrow(/before 2020/)
  })

  it('is named in a batch', () => {
    const body = readFeedback({ feedback: [good, { ...good, request_id: newRequestId(now + 3_600_000) }] })
    expect(() => requirePossibleTimes(body, now)).toThrow(expect.objectContaining({ param: 'feedback[1].request_id' }))
  })
})
