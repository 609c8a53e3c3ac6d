import { expect, it } from 'vitest'
import { listenAlong } from '../../src/pipeline/listen-along.ts'
import type { OutputRule } from '../../src/prompts/validate-output.ts'
import { CollectingSink, chatBench } from '../support/chat-bench.ts'
import { answerWith } from '../support/chain-bench.ts'
import { scriptedProvider } from '../support/scripted-provider.ts'

it('a check that is broken itself keeps nobody from the end of an answer, and is told as a defect', async () => {
  const broken: OutputRule = {
    format: 'json',
    wanted: '',
    check: () => {
      throw new TypeError('a mistake of ours')
    },
  }
  const bench = chatBench([scriptedProvider('one', (call) => answerWith(call, 'hello'))])
  const messages = [{ role: 'user', content: 'Hi.' }]
  const { answered, answer } = await bench.ask({ model: 'one/m', messages, stream: true })
  const listening = listenAlong({ ...answered, answer }, broken, bench.dependencies.ledger.observe)
  const sink = new CollectingSink()
  listening.answer.start(sink)
  expect(sink).toMatchObject({ steps: expect.arrayContaining(['end']), fault: null })
  expect(listening.checked?.result()).toBeNull()
  expect(bench.observations).toContainEqual(
    expect.objectContaining({ type: 'defect', where: 'check of an answer', requestId: bench.records[0]?.requestId }),
  )
})
