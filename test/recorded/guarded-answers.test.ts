import { beforeAll, describe, expect, it } from 'vitest'
import type { z } from 'zod'
import type { GuardrailAction, guardrailBodySchema } from '../../src/contract/guardrail-body.ts'
import type { ExchangeRecord } from '../../src/core/record.ts'
import { CollectingSink, chatBench, snapshotOf } from '../support/chat-bench.ts'
import { completion, scriptedProvider, textChunk } from '../support/scripted-provider.ts'
import { cuttings } from './cuttings.ts'
import { actingsOf, localSettings, spreadTexts } from './guarded-texts.ts'
import { safetyDataPresent } from './safety-data.ts'

const files = ['pii.dev.jsonl.gz', 'injection.dev.jsonl.gz', 'toxic.dev.jsonl.gz'] as const
const present = files.map(safetyDataPresent).every(Boolean)

type Guardrails = Readonly<Record<string, z.input<typeof guardrailBodySchema>>>

/** All types at once, each with the strongest of these actions that it can have. */
function allTypes(...wanted: readonly GuardrailAction[]): Guardrails {
  return Object.fromEntries(
    Object.entries(localSettings).map(([name, { type, settings }], order) => {
      const action = wanted.find((each) => actingsOf(name).some((acting) => acting.action === each)) ?? 'flag'
      return [name.replaceAll(/\W+/g, '-'), { type, settings, action, order, stages: ['output'] }]
    }),
  )
}

/** Credentials and personal data block, everything else only says what it finds. */
function someBlock(): Guardrails {
  return Object.fromEntries(
    Object.entries(allTypes('flag')).map(([slug, body]) => [
      slug,
      /^(pii|secrets|keywords$)/.test(slug) ? { ...body, action: 'block' } : body,
    ]),
  )
}

interface Choice {
  readonly message?: { readonly content?: string | null }
  readonly delta?: { readonly content?: string | null }
  readonly finish_reason?: string | null
}

/** What a client and the record say of an answer that the provider gives in these pieces. */
interface Given {
  readonly text: string
  readonly finish: string | null
  readonly guardrails: string | null | undefined
  readonly results: ReturnType<typeof resultsOf>
}

function resultsOf({ guardrailResults }: ExchangeRecord) {
  return (guardrailResults ?? []).map(({ guardrail, verdict, findings, findingCount, problem }) => ({
    guardrail,
    verdict,
    findingCount,
    problem,
    // Of more than a few the first ones are kept, in the order in which they were found.
    findings:
      findingCount > findings.length
        ? []
        : findings.toSorted(
            (one, other) => one.start - other.start || one.end - other.end || (one.kind < other.kind ? -1 : 1),
          ),
  }))
}

function clientOf(guardrails: Guardrails) {
  let pieces: readonly string[] = []
  const acme = scriptedProvider('acme', (call) => {
    call.head()
    if (call.call.stream) {
      for (const piece of pieces) call.chunk(textChunk(piece))
      call.chunk({ ...textChunk(''), choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })
    } else call.chunk(completion(pieces.join('')))
    call.end()
  })
  const bench = chatBench([acme], { snapshot: snapshotOf({}, guardrails), bodyPolicy: 'off' })
  return async (stream: boolean, answer: readonly string[]): Promise<Given> => {
    pieces = answer
    const { answer: given } = await bench.ask({
      model: 'acme/small',
      stream,
      messages: [{ role: 'user', content: 'Hello' }],
    })
    const sink = new CollectingSink()
    given.start(sink)
    await sink.over
    const record = bench.records.at(-1)
    if (record === undefined) throw new Error('Nothing was recorded.')
    const choices = sink.texts.flatMap((text) => (JSON.parse(text) as { choices: Choice[] }).choices)
    return {
      text: choices.map(({ message, delta }) => (stream ? delta : message)?.content ?? '').join(''),
      finish: choices.map(({ finish_reason }) => finish_reason).findLast((reason) => reason) ?? null,
      guardrails: record.guardrails,
      results: resultsOf(record),
    }
  }
}

describe.skipIf(!present)(
  'a streamed answer with a text of the safety data, read by all local guardrails at once',
  () => {
    let texts: string[] = []
    beforeAll(() => {
      texts = files.flatMap((file) => spreadTexts(file, 12_000))
    })

    it.each([
      ['flag', allTypes('flag')],
      ['redact', allTypes('redact', 'flag')],
    ] as const)(
      'comes to what the whole answer comes to, action %s',
      { timeout: 60_000 },
      async (_action, guardrails) => {
        const ask = clientOf(guardrails)
        const verdicts = new Set<string>()
        for (const text of texts) {
          const whole = await ask(false, [text])
          for (const { verdict } of whole.results) verdicts.add(verdict)
          for (const [cutting, cut] of Object.entries(cuttings)) {
            const streamed = await ask(true, cut(text))
            expect(streamed, `${cutting}: ${text}`).toEqual(whole)
          }
        }
        expect(verdicts).toContain(_action)
      },
    )

    it('ends before what blocks the whole answer', { timeout: 60_000 }, async () => {
      const ask = clientOf(someBlock())
      let blocked = 0
      for (const text of texts) {
        const whole = await ask(false, [text])
        const blocking = whole.results.filter(({ verdict }) => verdict === 'block')
        const first = Math.min(...blocking.flatMap(({ findings }) => findings.map(({ start }) => start)))
        for (const [cutting, cut] of Object.entries(cuttings)) {
          const streamed = await ask(true, cut(text))
          const where = `${cutting}: ${text}`
          if (blocking.length === 0) {
            expect(streamed, where).toEqual(whole)
            continue
          }
          blocked += 1
          expect({ ...whole, results: null }, where).toMatchObject({ text: '', finish: 'content_filter' })
          expect(streamed.finish, where).toBe('content_filter')
          expect(streamed.guardrails, where).toMatch(/^blocked:/)
          expect(text.slice(0, first).startsWith(streamed.text), where).toBe(true)
          // The stream ends there: others may not have heard all of it, and who blocked it would have blocked the whole.
          const blockers = streamed.results.filter(({ verdict }) => verdict === 'block')
          expect(blockers.length, where).toBeGreaterThan(0)
          expect(
            blocking.map(({ guardrail }) => guardrail),
            where,
          ).toEqual(expect.arrayContaining(blockers.map(({ guardrail }) => guardrail)))
        }
      }
      expect(blocked).toBeGreaterThan(0)
    })
  },
)
