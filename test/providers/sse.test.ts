import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EventReader } from '../../src/providers/sse.ts'
import { chunkOf, feed } from './openai-compatible/feed.ts'

interface Heard {
  readonly data: string
  readonly name: string | undefined
}

function read(pieces: readonly Uint8Array[], maximum = 1_000_000): { heard: Heard[]; refused: number } {
  const heard: Heard[] = []
  let refused = 0
  const reader = new EventReader(
    { event: (data, name) => heard.push({ data, name }), tooLong: () => (refused += 1) },
    maximum,
  )
  for (const piece of pieces) reader.feed(Buffer.from(piece))
  reader.end()
  return { heard, refused }
}

/** Cuts bytes at the given places, each a number from 0 to 1. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [...new Set(places.map((place) => Math.floor(place * bytes.length)))].sort((left, right) => left - right)
  return [0, ...at].map((start, index) => bytes.subarray(start, at[index] ?? bytes.length))
}

const lineEnd = fc.constantFrom('\n', '\r\n', '\r')
const oneLine = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((text) => !/[\n\r]/.test(text))
const places = fc.array(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), { maxLength: 40 })

describe('EventReader', () => {
  it('E05 hears the same events wherever the bytes are cut', () => {
    const event = fc.record({
      data: fc.array(oneLine, { minLength: 1, maxLength: 3 }),
      name: fc.option(fc.constantFrom('error', 'ping')),
      comment: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(event, { maxLength: 8 }), lineEnd, places, fc.boolean(), (list, end, at, mark) => {
        const text = list
          .map(({ data, name, comment }) =>
            [
              comment ? `: keepalive${end}` : '',
              name === null ? '' : `event: ${name}${end}`,
              ...data.map((line) => `data: ${line}${end}`),
              end,
            ].join(''),
          )
          .join('')
        const bytes = Buffer.from((mark ? '\u{feff}' : '') + text)
        const expected = list.map(({ data, name }) => ({ data: data.join('\n'), name: name ?? undefined }))
        expect(read(cut(bytes, at)).heard).toEqual(expected)
        expect(read([...bytes].map((byte) => Buffer.from([byte]))).heard).toEqual(expected)
      }),
      { numRuns: 200 },
    )
  })

  it('E06 needs neither the space after data: nor the last blank line', () => {
    expect(read([Buffer.from('data:a\n\ndata: b')]).heard.map(({ data }) => data)).toEqual(['a', 'b'])
    expect(read([Buffer.from('data:a\r\n\r\ndata:b\r')]).heard.map(({ data }) => data)).toEqual(['a', 'b'])
  })

  it('refuses once and then is silent', () => {
    const { heard, refused } = read(
      [Buffer.from('data: a\n\n'), Buffer.from(`data: ${'b'.repeat(200)}`), Buffer.from('\n\ndata: c\n\n')],
      100,
    )
    expect(heard.map(({ data }) => data)).toEqual(['a'])
    expect(refused).toBe(1)
  })
})

describe('a whole answer', () => {
  const delta = fc.record(
    {
      role: fc.constantFrom('assistant', '', null),
      content: fc.oneof(fc.string({ unit: 'grapheme', maxLength: 10 }), fc.constant(null)),
      reasoning: fc.string({ maxLength: 5 }),
      tool_calls: fc.array(
        fc.record(
          {
            index: fc.nat(3),
            id: fc.constantFrom('a', 'b', ''),
            type: fc.constantFrom('function', null),
            function: fc.record({
              name: fc.constantFrom('f', 'g', '', null),
              arguments: fc.constantFrom('{', '}', '', null),
            }),
          },
          { requiredKeys: [] },
        ),
        { maxLength: 3 },
      ),
    },
    { requiredKeys: [] },
  )
  const choice = fc.record(
    { index: fc.nat(2), delta, finish_reason: fc.constantFrom(null, null, null, 'stop', 'tool_calls') },
    { requiredKeys: ['delta'] },
  )
  const upstreamChunk = fc
    .tuple(
      fc.array(choice, { maxLength: 3 }),
      fc.record(
        { usage: fc.constantFrom(null, { prompt_tokens: 1, completion_tokens: 2 }), error: fc.constant(null) },
        { requiredKeys: [] },
      ),
    )
    .map(([choices, more]) => chunkOf(choices, more))

  it('E05 is the same chunks wherever the bytes are cut, and always in normal form', () => {
    fc.assert(
      fc.property(
        fc.array(upstreamChunk, { maxLength: 12 }),
        places,
        fc.boolean(),
        fc.boolean(),
        (list, at, marked, clientWantsUsage) => {
          const bytes = Buffer.from(
            list.map((each) => `data: ${JSON.stringify(each)}\n\n`).join('') + (marked ? 'data: [DONE]\n\n' : ''),
          )
          const whole = feed([bytes], { call: { clientWantsUsage } }).sink
          const pieces = feed(cut(bytes, at), { call: { clientWantsUsage } }).sink
          expect(pieces.texts).toEqual(whole.texts)
          expect([pieces.ended, pieces.fault?.message]).toEqual([whole.ended, whole.fault?.message])

          const choices = whole.sent.flatMap((each) => each.choices)
          const usages = whole.sent.filter((each) => each.usage)
          if (clientWantsUsage) expect(usages.length).toBeLessThanOrEqual(1)
          else expect(whole.sent.every((each) => each.choices.length > 0)).toBe(true)
          for (const index of new Set(choices.map((each) => each.index))) {
            const own = choices.filter((each) => each.index === index)
            expect(own.map((each) => each.delta.role).filter((role) => role !== undefined)).toEqual(['assistant'])
            expect(own[0]?.delta.role).toBe('assistant')
            const reasons = own.filter((each) => typeof each.finish_reason === 'string')
            expect(reasons.length).toBe(whole.ended ? 1 : Math.min(reasons.length, 1))
            const calls = own.flatMap((each) => each.delta.tool_calls ?? [])
            const begun = calls.filter((call) => call.id !== undefined)
            expect(begun.map((call) => call.index)).toEqual(begun.map((_, position) => position))
            for (const call of begun)
              expect(call).toMatchObject({
                type: 'function',
                function: { name: expect.stringMatching(/./), arguments: expect.any(String) },
              })
            for (const call of calls)
              if (call.id === undefined) expect([call.type, call.function?.name]).toEqual([undefined, undefined])
          }
        },
      ),
      { numRuns: 500 },
    )
  })

  it('never throws, whatever bytes come', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 6 }),
        fc.boolean(),
        fc.constantFrom(200, 400, 500),
        (pieces, asked, status) => {
          const { sink } = feed(pieces, { status, call: { stream: asked }, headers: {} })
          expect(sink.heard.filter((each) => each === 'end' || each === 'fail')).toHaveLength(1)
        },
      ),
    )
    fc.assert(
      fc.property(fc.json(), fc.boolean(), fc.constantFrom(200, 400), fc.boolean(), (json, asked, status, framed) => {
        const { sink } = feed([framed ? `data: ${json}\n\ndata: [DONE]\n\n` : json], {
          status,
          call: { stream: asked },
          headers: {},
        })
        expect(sink.heard.filter((each) => each === 'end' || each === 'fail')).toHaveLength(1)
      }),
    )
  })
})
