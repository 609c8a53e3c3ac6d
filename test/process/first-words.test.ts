import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { scratchDirectory } from '../support/database.ts'
import { runPromptbox } from '../support/promptbox-process.ts'
import { until } from '../support/until.ts'
import { anotherDataDir, processHome, startForTest } from './home.ts'

const run = promisify(execFile)

test('all mistakes of the environment are said at once, and nothing is started', async () => {
  const dataDir = anotherDataDir()
  const { code, stdout, stderr } = await runPromptbox({
    dataDir,
    environment: {
      PORT: 'four thousand',
      DATABASE_URL: 'mysql://somewhere/else',
      PROMPTBOX_LOG_BODIES: 'sometimes',
      PROMPTBOX_DRAIN_MS: '-1',
      PROMPTBOX_MAX_BODYBYTES: '100',
      PROMPTBOX_CONFIG: 'nowhere.yaml',
      OPENAI_BASE_URL: 'not a url',
    },
  })
  expect(code).toBe(2)
  expect(stdout).toBe('')
  const [head, ...mistakes] = stderr.trimEnd().split('\n')
  expect(head).toBe('The environment has 7 mistakes:')
  for (const name of [
    'PORT',
    'DATABASE_URL',
    'PROMPTBOX_LOG_BODIES',
    'PROMPTBOX_DRAIN_MS',
    'PROMPTBOX_MAX_BODYBYTES',
    'PROMPTBOX_CONFIG',
    'OPENAI_BASE_URL',
  ]) {
    expect(mistakes.filter((mistake) => mistake.startsWith(`  - ${name} `))).toHaveLength(1)
  }
})

test('a port that is taken is said with its number', async () => {
  const first = await startForTest(await processHome('embedded'))
  const port = new URL(first.url).port
  const home = await processHome('embedded')
  const { code, stderr } = await runPromptbox({ ...home, environment: { PORT: port } })
  expect(code).toBe(1)
  expect(stderr).toContain('Promptbox cannot start.')
  expect(stderr).toContain(port)
})

test('a first start says where it is and where the admin key lies, and its curl line works as pasted', async () => {
  const directory = scratchDirectory()
  const promptbox = await startForTest({ dataDir: directory.path })
  const line = await until('the curl line is printed', () => /^ *(curl -N .*)$/m.exec(promptbox.output())?.[1])
  expect(promptbox.output()).toContain(`${promptbox.url}/v1`)

  const { stdout: answer } = await run('bash', ['-c', line])
  const events = answer.trimEnd().split('\n\n')
  expect(events.length).toBeGreaterThan(2)
  expect(events.at(-1)).toBe('data: [DONE]')
  const text = events
    .slice(0, -1)
    .map(
      (event) =>
        (JSON.parse(event.slice('data: '.length)) as { choices: { delta: { content?: string } }[] }).choices[0],
    )
    .map((choice) => choice?.delta.content ?? '')
    .join('')
  expect(text).not.toBe('')

  const showKey = /(cat '.+admin-key')$/m.exec(promptbox.output())?.[1] ?? ''
  const { stdout: adminKey } = await run('bash', ['-c', showKey])
  const response = await fetch(`${promptbox.url}/admin/v1/prompts`, {
    headers: { authorization: `Bearer ${adminKey.trim()}` },
  })
  expect(response.status).toBe(200)
  const page = await fetch(/(http\S+\/admin\/docs)$/m.exec(promptbox.output())?.[1] ?? '')
  expect(page.status).toBe(200)
  await promptbox.end()
  directory.remove()
})

test('in production nothing but the log is printed', async () => {
  const home = await processHome('embedded')
  const promptbox = await startForTest({ ...home, environment: { NODE_ENV: 'production' } })
  await promptbox.end()
  expect(
    promptbox
      .output()
      .trimEnd()
      .split('\n')
      .filter((line) => !line.startsWith('{')),
  ).toEqual([])
})
