import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeRecord, encodeRecord } from '../../src/recording/record-line.ts'
import { exchangeRecord } from '../store/contract/exchange-record.ts'

const body = fc.oneof(
  fc.string({ unit: 'binary' }).map((text) => text.toWellFormed()),
  fc.json(),
  fc.json().map((json) => `{"a":\t${json}\n}`),
  fc.constant('{"plain":true}'),
  fc.constant('"looks encoded"'),
  fc.constant('null'),
  fc.constant(''),
)

describe('a record as a line', () => {
  it('is one line and comes back as it was, whatever the bodies hold', () => {
    fc.assert(
      fc.property(body, fc.option(body), fc.option(body), fc.boolean(), (request, rendered, response, truncated) => {
        const record = { ...exchangeRecord(), bodies: { request, rendered, response, truncated } }
        const line = encodeRecord(record)
        expect(line).not.toContain('\n')
        expect(decodeRecord(line)).toEqual(JSON.parse(JSON.stringify(record)))
      }),
    )
  })

  it('keeps metadata that is called as the bodies are', () => {
    const metadata = { bodies: 'mine' }
    const bodies = { request: '{}', rendered: null, response: null, truncated: false }
    expect(decodeRecord(encodeRecord({ ...exchangeRecord(), metadata, bodies }))).toMatchObject({ metadata, bodies })
  })

  it('keeps what guardrails said, and has nothing of it when a line of an earlier version has none', () => {
    const findings = [{ kind: 'email', start: 0, end: 9, score: 1, place: '0/content' }]
    const said = { guardrail: 'pii', type: 'pii', stage: 'output', verdict: 'redact', mode: 'enforce' } as const
    const guardrailResults = [
      { ...said, severity: 'error', findings, findingCount: 1, tookMs: 0.5, problem: 'a\ttab\nand a line' } as const,
    ]
    const line = encodeRecord({ ...exchangeRecord(), guardrailResults })
    expect(line).not.toContain('\n')
    expect(decodeRecord(line).guardrailResults).toEqual(guardrailResults)
    expect(decodeRecord(encodeRecord(exchangeRecord()))).not.toHaveProperty('guardrailResults')
  })

  it('comes back without bodies when none are kept', () => {
    const record = { ...exchangeRecord(), bodies: null }
    expect(decodeRecord(encodeRecord(record))).toEqual(JSON.parse(JSON.stringify(record)))
  })

  it.each(['', '{', '{"requestId":"x"}\t{}', '{"requestId":"x"}\t{}\t{}', '{"requestId":"x"}\tno\tno\tno'])(
    'refuses %j',
    (line) => {
      expect(() => decodeRecord(line)).toThrow()
    },
  )
})
