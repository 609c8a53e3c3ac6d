import { describe, expect, it } from 'vitest'
import type { Cancellation } from '../../src/core/cancellation.ts'
import { Fault } from '../../src/core/fault.ts'
import type { JsonObject } from '../../src/core/json.ts'
import { type InsideAnswer, type NoInsideAnswer, createAskInside } from '../../src/pipeline/ask-inside.ts'
import { type ChainBench, answerEcho, answerWith, chainBench, row } from '../support/chain-bench.ts'

const output_schema = { type: 'object', required: ['n'] }
const asking = (bench: ChainBench, body: JsonObject, timeoutMs = 10_000) => {
  const open = new Set<Cancellation>()
  const ask = createAskInside({ exchanges: bench.dependencies, snapshot: () => bench.snapshot, open })
  const answer = ask({ tenantId: 'default', appName: 'promptbox tests', body, timeoutMs })
  return { open, answer }
}
const toPrompt = { model: 'prompt:a', prompt_variables: { text: 'hi' } }

async function refusalOf(promise: Promise<InsideAnswer | NoInsideAnswer>): Promise<NoInsideAnswer> {
  const answer = await promise
  if ('fault' in answer) return answer
  throw new Error('There was an answer.')
}

describe('a question we ask ourselves', () => {
  it('costs what its record says, also for the answer that was asked for again', async () => {
    const versions = { a: { output_schema, on_output_mismatch: 'retry' as const } }
    const bench = chainBench({}, (each, number) => answerWith(each, number === 0 ? 'no' : '{"n":1}'), { versions })
    const { answer, open } = asking(bench, toPrompt)
    expect(open.size).toBe(1)
    expect(await answer).toMatchObject({ text: '{"n":1}', costUsd: 2, usage: { inputTokens: 6 } })
    expect(open.size).toBe(0)
    expect(bench.records).toMatchObject([{ keyId: 'promptbox', cost: { totalUsd: 2 }, outputCheck: 'repaired' }])
  })

  it('costs what all steps of a chain cost', async () => {
    const bench = chainBench({ c1: row })
    const { answer } = asking(bench, { model: 'chain:c1', prompt_variables: { text: 'hi' } })
    expect(await answer).toMatchObject({ text: 'c(b(a(hi)))', costUsd: 3 })
  })

  it('is paid for when its answer is withheld, and costs nothing when there was none', async () => {
    const versions = { a: { output_schema, on_output_mismatch: 'error' as const } }
    const withheld = await refusalOf(asking(chainBench({}, answerEcho, { versions }), toPrompt).answer)
    expect(withheld).toMatchObject({ fault: { kind: 'output_mismatch' }, costUsd: 1 })

    const failing = chainBench({}, (each) => each.fail(new Fault('upstream_error', 'boom')))
    expect(await refusalOf(asking(failing, toPrompt).answer)).toMatchObject({
      fault: { kind: 'upstream_error', message: 'boom' },
      costUsd: 0,
    })
    expect(await refusalOf(asking(failing, { model: 'prompt:gone' }).answer)).toMatchObject({
      fault: { kind: 'prompt_not_found' },
      costUsd: 0,
    })
  })

  it('is told why an answer broke off in the words that a client would be told', async () => {
    const bench = chainBench({ c1: row }, (each, number) => {
      if (number < 2) return answerEcho(each)
      each.head()
      each.fail(new Fault('upstream_interrupted', 'cut'))
    })
    const { answer } = asking(bench, { model: 'chain:c1', prompt_variables: { text: 'hi' } })
    expect(await refusalOf(answer)).toMatchObject({
      fault: { message: 'Step `c` of chain `c1` failed: cut' },
      costUsd: 2,
    })
  })

  it('is given up when its time is over', async () => {
    const bench = chainBench({}, () => undefined)
    const { answer, open } = asking(bench, toPrompt, 1)
    expect(await refusalOf(answer)).toMatchObject({ fault: { kind: 'upstream_timeout' }, costUsd: 0 })
    expect(bench.one.calls[0]?.asked).toEqual(['abort'])
    expect(open.size).toBe(0)
  })
})
