import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { scratchDirectory } from '../support/database.ts'
import { type RunningApp, startRunningApp } from '../support/running-app.ts'
import { until } from '../support/until.ts'

const file = `
prompts:
  greeting:
    name: Greeting
    versions:
      - messages: [{ role: system, content: Be brief. }]
        model: mock/echo
      - messages: [{ role: system, content: Be warm. }]
        model: mock/echo
    labels: { production: 1 }
experiments:
  warmer:
    prompt: greeting
    variants:
      - { name: control, version: 1 }
      - { name: warm, version: 2 }
`
const directory = scratchDirectory()
let app: RunningApp

beforeAll(async () => {
  const path = join(directory.path, 'promptbox.yaml')
  writeFileSync(path, file)
  app = await startRunningApp({ PROMPTBOX_CONFIG: path, PROMPTBOX_EXPERIMENTS_INTERVAL_MS: '50' })
})

afterAll(async () => {
  await app.dispose()
  directory.remove()
})

it('an experiment of promptbox.yaml assigns, is counted, and has results like any other', async () => {
  const variants = new Map<string, string>()
  for (let user = 0; user < 30; user++) {
    const answer = await app.post('/chat/completions', {
      model: 'prompt:greeting',
      user: `user-${user}`,
      messages: [{ role: 'user', content: 'Hello' }],
    })
    expect(answer.headers.get('x-promptbox-experiment')).toBe('warmer')
    variants.set(`user-${user}`, answer.headers.get('x-promptbox-variant') ?? '')
    await answer.arrayBuffer()
  }
  const results = await until('all are counted', async () => {
    const found = await app.admin('GET', '/experiments/warmer/results')
    const counted = Object.values(found['variants'] as Record<string, { units: number }>)
    return counted.reduce((sum, { units }) => sum + units, 0) === 30 ? found : null
  })
  expect(results).toMatchObject({ state: 'collecting', prompt: 'greeting' })
  const seen = await app.admin('GET', '/experiments/warmer/assignments?unit=user-7')
  expect(seen).toMatchObject({ variant: variants.get('user-7'), reason: 'split', recorded: { exchanges: 1 } })
  expect((await app.admin('GET', '/experiments'))['data']).toEqual([])
})

it.each([
  ['PATCH', '/experiments/warmer', { traffic: 0.5 }],
  ['DELETE', '/experiments/warmer', undefined],
  ['POST', '/experiments/warmer/start', {}],
  ['POST', '/experiments/warmer/pause', {}],
  ['POST', '/experiments/warmer/resume', {}],
  ['POST', '/experiments/warmer/stop', {}],
  ['POST', '/experiments', { slug: 'warmer', prompt: 'greeting', variants: [{ name: 'a' }, { name: 'b' }] }],
  ['POST', '/rollouts', { slug: 'warmer', prompt: 'greeting', version: 2 }],
])('%s %s is refused for it, with the place where it is changed', async (method, path, body) => {
  const { error } = await app.admin(method, path, body, 409)
  expect(error).toMatchObject({ code: 'kept_in_file', param: 'slug' })
  expect((error as { message: string }).message).toContain('`experiments.warmer`')
})

it('it is not among the stored ones: reading it says where it is', async () => {
  const { error } = await app.admin('GET', '/experiments/warmer', undefined, 404)
  expect(error).toMatchObject({ code: 'kept_in_file', message: expect.stringContaining('/experiments/warmer/results') })
})
