import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type PromptboxProcess } from '../support/promptbox-process.ts'
import { until } from '../support/until.ts'
import { processHome, startForTest } from './home.ts'

const fileOf = (text: string): string => `prompts:
  greeting:
    labels: [production]
    version:
      model: mock/echo
      messages:
        - { role: user, content: ${JSON.stringify(text)} }
`

async function said(promptbox: PromptboxProcess, key: string): Promise<string> {
  const response = await promptbox.post('/chat/completions', key, { model: 'prompt:greeting', messages: [] })
  const answer = (await response.json()) as {
    choices?: { message: { content: string } }[]
    error?: { message: string }
  }
  return answer.choices?.[0]?.message.content ?? answer.error?.message ?? ''
}

test('promptbox.yaml is served as soon as it changed; a broken one changes nothing and is said with its line', async () => {
  const home = await processHome('embedded')
  const file = join(home.dataDir, 'promptbox.yaml')
  writeFileSync(file, fileOf('Good morning.'))
  const promptbox = await startForTest(home)
  const key = await promptbox.makeKey()
  expect(await said(promptbox, key)).toBe('Good morning.')

  writeFileSync(file, fileOf('Good evening.'))
  await until('the changed file is served', async () => (await said(promptbox, key)) === 'Good evening.', {
    withinMs: 3_000,
  })

  writeFileSync(file, fileOf('Good night.').replace('mock/echo', 'mock/echo\n      temprature: 1'))
  const rejected = await until('the mistake is said', () =>
    promptbox.log().find(({ event }) => event === 'snapshot-rejected'),
  )
  expect(rejected['message']).toContain(`${file}:6`)
  expect(rejected['message']).toContain('temprature')
  expect(await said(promptbox, key)).toBe('Good evening.')
  expect(await promptbox.ready()).toMatchObject({
    status: 200,
    degraded: false,
    message: expect.stringContaining('temprature'),
  })

  // As an editor, or a mounted ConfigMap, replaces it.
  writeFileSync(`${file}.new`, fileOf('Good night.'))
  renameSync(`${file}.new`, file)
  await until('the mended file is served', async () => (await said(promptbox, key)) === 'Good night.', {
    withinMs: 3_000,
  })
  expect(await promptbox.ready()).toMatchObject({ message: null })
})

test('a broken promptbox.yaml at start is an error that names file, line and field', async () => {
  const home = await processHome('embedded')
  const file = join(home.dataDir, 'promptbox.yaml')
  writeFileSync(file, fileOf('Hello.').replace('mock/echo', 'mock/echo\n      temprature: 1'))
  await expect(startForTest(home)).rejects.toThrow(new RegExp(`Promptbox cannot start\\..*${file}:6.*temprature`, 's'))
})
