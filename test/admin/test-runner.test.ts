import { describe, expect, test } from 'vitest'
import type { AdminDependencies } from '../../src/admin/dependencies.ts'
import { createTestRunner } from '../../src/admin/run-tests.ts'
import { Fault } from '../../src/core/fault.ts'
import type { AskInside, InsideAnswer, InsideRequest } from '../../src/pipeline/ask-inside.ts'
import { emptySnapshot } from '../../src/snapshot/indexed-snapshot.ts'
import { createSealer } from '../../src/core/seal.ts'
import { createMemoryStores, type MemoryStores } from '../../src/store/memory.ts'
import type { Actor } from '../../src/store/ports.ts'
import { metadata } from '../store/contract/subject.ts'
import { signal } from '../support/scripted-upstream.ts'
import { createSubject } from './subject.ts'

/** The bounds of test runs, over the stores in memory, with answers that are made up. */

const actor: Actor = { tenantId: 'default', id: 'ada', name: 'Ada' }
const says = (text: string) => ({ name: text, checks: [{ type: 'equals', value: 'yes' }] })

function answerOf(text: string): InsideAnswer {
  const completion = { object: 'chat.completion' }
  const said = { completion, text, finishReason: 'stop', model: 'mock/echo', usage: null, costUsd: 0, durationMs: 1 }
  return { requestId: '0198c0de-7a3b-7cc1-9f52-3d5a1f3d2b10', ...said }
}

type Needs = Parameters<typeof createTestRunner>[0]

function runnerOf(askInside: AskInside, changes: Partial<Needs['tests']> = {}, stores = createMemoryStores()) {
  let now = 0
  const observations: unknown[] = []
  const empty = emptySnapshot(
    { sealer: createSealer('an encryption key of the tests'), environmentCredentials: new Map(), observe: () => {} },
    { version: '1', tier: 'database', builtAt: 0 },
  )
  const runner = createTestRunner({
    stores,
    askInside,
    callWebhook: () => Promise.reject(new Error('nobody is asked')),
    webhookSecrets: new Map(),
    published: async () => {},
    providers: [{ id: 'mock', aliases: [], priceId: null }],
    snapshot: () => empty,
    tests: { parallel: 4, timeoutMs: 1_000, keep: 50, logBodies: 'on', ...changes },
    clock: { now: () => 1_700_000_000_000 + now, monotonic: () => now },
    observe: (observation) => void observations.push(observation),
  })
  return { runner, stores, observations, pass: (ms: number) => (now += ms) }
}

async function promptWith(stores: MemoryStores, cases: readonly object[], tenantId = 'default'): Promise<string> {
  const version = { messages: [], model: 'mock/echo', test_cases: cases as never }
  await stores.prompts.create({ ...actor, tenantId }, { ...metadata, slug: 'tested', version, labels: [] })
  return 'tested'
}

describe('what a run cost', () => {
  test('an answer that is withheld fails its case, and is paid for', async () => {
    const fault = new Fault('output_mismatch', 'The answer is not JSON.')
    const { runner, stores } = runnerOf(async ({ body }) => {
      if (JSON.stringify(body).includes('withheld')) return { fault, costUsd: 0.25 }
      if (JSON.stringify(body).includes('nobody')) return { fault: new Fault('upstream_error', 'boom'), costUsd: 0 }
      return { ...answerOf('yes'), costUsd: 0.5 }
    })
    const asking = (text: string) => ({ ...says(text), variables: { text } })
    const run = await runner.run(actor, await promptWith(stores, ['withheld', 'nobody', 'good'].map(asking)), {})
    expect(run.costUsd).toBe(0.75)
    expect(run.cases).toMatchObject([
      { passed: false, error: 'The answer is not JSON.', output: null, costUsd: 0.25 },
      { passed: false, error: 'boom', costUsd: null },
      { passed: true, costUsd: 0.5 },
    ])
  })

  test('what a judge cost whose answer is withheld counts, too', async () => {
    const { runner, stores } = runnerOf(async ({ body }) => {
      if (JSON.stringify(body).includes('You judge'))
        return { fault: new Fault('output_mismatch', 'no'), costUsd: 0.25 }
      return { ...answerOf('yes'), costUsd: 0.5 }
    })
    const slug = await promptWith(stores, [{ name: 'judged', checks: [{ type: 'llm_judge', value: 'is kind' }] }])
    expect((await runner.run(actor, slug, {})).costUsd).toBe(0.75)
  })
})

describe('a run', () => {
  test('asks so many at the same time over all runs, and everybody in the end', async () => {
    const go = signal()
    const full = signal()
    let [now, most] = [0, 0]
    const { runner, stores } = runnerOf(
      async () => {
        now += 1
        most = Math.max(most, now)
        if (now === 3) full.give()
        await go.reached
        now -= 1
        return answerOf('yes')
      },
      { parallel: 3 },
    )
    const slug = await promptWith(
      stores,
      Array.from({ length: 10 }, (_, index) => says(`case ${index}`)),
    )
    const runs = [runner.run(actor, slug, {}), runner.runGate(actor, slug, 1)]
    await full.reached
    go.give()
    const ended = await Promise.all(runs)
    expect(most).toBe(3)
    expect(ended.map(({ score, cases, trigger }) => [score, cases.length, trigger])).toEqual([
      [1, 10, 'demand'],
      [1, 10, 'gate'],
    ])
  })

  test('has a limit of time as a whole: what is not begun by then has failed, and the run opens no gate', async () => {
    const asked: InsideRequest[] = []
    const { runner, stores, pass } = runnerOf(
      async (request) => {
        asked.push(request)
        pass(600)
        return answerOf('yes')
      },
      { parallel: 1 },
    )
    const slug = await promptWith(stores, [says('first'), says('second'), says('third')])
    const run = await runner.runGate(actor, slug, 1)
    expect(asked.map(({ timeoutMs }) => timeoutMs)).toEqual([1_000, 400])
    expect(run).toMatchObject({ passed: false, complete: false, score: 2 / 3 })
    expect(run.cases[2]).toMatchObject({
      passed: false,
      requestId: null,
      error: 'It was not run: the time limit of the run had passed.',
    })
    expect(await stores.testRuns.newestComplete('default', slug, 1)).toBeNull()
  })

  test('is refused while too many others are under way', async () => {
    const go = signal()
    const { runner, stores } = runnerOf(() => go.reached.then(() => answerOf('yes')), { parallel: 1_000 })
    const slug = await promptWith(stores, [says('a')])
    const runs = Array.from({ length: 33 }, () => runner.run(actor, slug, {}))
    const refused = Promise.any(
      runs.map((run) =>
        run.then(
          () => Promise.reject(new Error('it ran')),
          (why) => why,
        ),
      ),
    )
    expect(await refused).toMatchObject({ kind: 'rate_limited' })
    go.give()
    const ended = await Promise.allSettled(runs)
    expect(ended.filter(({ status }) => status === 'fulfilled')).toHaveLength(32)
    expect((await runner.run(actor, slug, {})).passed).toBe(true)
  })

  test('asks for no more answers than it may', async () => {
    const { runner, stores } = runnerOf(async () => answerOf('yes'))
    const cases = Array.from({ length: 1_000 }, (_, index) => says(`case ${index}`))
    const slug = await promptWith(stores, cases)
    const models = ['mock/echo', 'mock/json', 'mock/tool']
    await expect(runner.run(actor, slug, { models })).rejects.toMatchObject({
      kind: 'invalid_request',
      param: 'models',
    })
  })

  test('cuts long outputs, after looking at the whole of them', async () => {
    const { runner, stores } = runnerOf(async () => answerOf(`${'x'.repeat(50_000)}yes`))
    const slug = await promptWith(stores, [{ name: 'a', checks: [{ type: 'regex', value: 'yes$' }] }])
    const run = await runner.run(actor, slug, {})
    expect(run.passed).toBe(true)
    expect(run.cases[0]?.output).toHaveLength(20_000)
  })

  test('that meets a defect of ours is a failed case, and the operator hears of it', async () => {
    const { runner, stores, observations } = runnerOf(() => Promise.reject(new Error('a secret of ours')))
    const slug = await promptWith(stores, [says('a')])
    const run = await runner.run(actor, slug, {})
    expect(run).toMatchObject({ passed: false, score: 0 })
    expect(JSON.stringify(run)).not.toContain('a secret of ours')
    expect(observations).toMatchObject([{ type: 'defect', error: { message: 'a secret of ours' } }])
  })

  test.each(['off', 'redacted'] as const)('keeps no words of the answers where bodies are %s', async (logBodies) => {
    const { runner, stores } = runnerOf(async () => answerOf('yes'), { logBodies })
    const slug = await promptWith(stores, [says('a')])
    const run = await runner.run(actor, slug, {})
    expect(run.cases[0]?.output).toBe('yes')
    const kept = await stores.testRuns.find('default', slug, run.id)
    expect(kept).toMatchObject({ passed: true, cases: [{ output: null, passed: true }] })
  })

  test('goes to the tenant of who asks, and nobody else sees it', async () => {
    const asked: InsideRequest[] = []
    const { runner, stores } = runnerOf(async (request) => {
      asked.push(request)
      return answerOf('yes')
    })
    const other = { ...actor, tenantId: 'other' }
    const slug = await promptWith(stores, [says('a')], 'other')
    await expect(runner.run(actor, slug, {})).rejects.toMatchObject({ code: 'prompt_not_found' })
    await expect(runner.runGate(actor, slug, 1)).rejects.toMatchObject({ code: 'prompt_not_found' })
    const run = await runner.run(other, slug, {})
    expect(asked.map(({ tenantId, appName, fresh }) => [tenantId, appName, fresh])).toEqual([
      ['other', 'promptbox tests', true],
    ])
    expect(await stores.testRuns.find('default', slug, run.id)).toBeNull()
  })
})

describe('at a gate', () => {
  test('all cases run with the version’s own model; without cases it stays closed', async () => {
    const { runner, stores } = runnerOf(async () => answerOf('no'))
    const slug = await promptWith(stores, [says('a')])
    expect(await runner.runGate(actor, slug, 1)).toMatchObject({
      passed: false,
      score: 0,
      complete: true,
      trigger: 'gate',
    })
    expect(await stores.testRuns.newestComplete('default', slug, 1)).toMatchObject({ score: 0, trigger: 'gate' })
    await stores.prompts.addVersion(actor, slug, { messages: [], model: 'mock/echo' })
    await expect(runner.runGate(actor, slug, 2)).rejects.toMatchObject({ kind: 'conflict', code: 'no_test_cases' })
    await expect(runner.runGate(actor, slug, 3)).rejects.toMatchObject({ kind: 'not_found' })
  })

  test('a case that only an older Promptbox took is not passed over', async () => {
    const { runner, stores } = runnerOf(async () => answerOf('yes'))
    const slug = await promptWith(stores, [
      says('a'),
      { name: 'b', checks: [{ type: 'llm_judge', value: { ask: 'x' } }] },
    ])
    await expect(runner.runGate(actor, slug, 1)).rejects.toMatchObject({
      code: 'unusable_test_case',
      message: expect.stringContaining('test_cases[1]'),
    })
  })
})

describe('saving a version with its tests', () => {
  const body = { messages: [], model: 'mock/echo', test_cases: [says('a')] }
  const save = async (changes: Partial<AdminDependencies>) => {
    const subject = createSubject(changes)
    await subject.send('POST', '/v1/prompts', { slug: 'tested', name: 'Tested' })
    return subject.send('POST', '/v1/prompts/tested/versions?run_tests=true', body)
  }

  test('has saved it also when no test could run', async () => {
    const away = () => Promise.reject(new Fault('unavailable', 'The database is away.'))
    const answer = await save({ published: away })
    expect(answer.status).toBe(201)
    expect(answer.json).toMatchObject({
      version: 1,
      tests: null,
      warnings: ['the test cases were not run: The database is away.'],
    })
  })

  test('has saved it also when a test fails', async () => {
    const answer = await save({ askInside: async () => answerOf('no') })
    expect(answer.status).toBe(201)
    expect(answer.json).toMatchObject({ version: 1, tests: { passed: false, trigger: 'save' } })
  })
})
