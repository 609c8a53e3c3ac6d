import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { scratchDirectory } from '../support/database.ts'
import { promptbox } from './support.ts'

describe('check-config', () => {
  let directory: ReturnType<typeof scratchDirectory>
  beforeEach(() => {
    directory = scratchDirectory()
  })
  afterEach(() => directory.remove())
  const check = (environment = {}, ...words: readonly string[]) =>
    promptbox({ directory: directory.path, environment }, 'check-config', ...words)

  test('says what it found when nothing is wrong', async () => {
    await writeFile(
      join(directory.path, 'promptbox.yaml'),
      'prompts:\n  reply:\n    version:\n      model: mock/echo\n      messages: [{role: user, content: "{{question}}"}]\n',
    )
    expect(await check({}, '--json')).toMatchObject({ exitCode: 0, json: { ok: true, prompts: 1 } })
  })

  test('counts the experiments of the file with all else', async () => {
    await writeFile(
      join(directory.path, 'promptbox.yaml'),
      `prompts:
  reply:
    version: {model: mock/echo, messages: [{role: user, content: "{{question}}"}]}
experiments:
  tone:
    prompt: reply
    variants: [{name: control}, {name: other, model: mock/json}]
`,
    )
    expect(await check({}, '--json')).toMatchObject({ exitCode: 0, json: { prompts: 1, experiments: 1 } })
    expect((await check()).out).toContain('1 experiments')
  })

  test('says every mistake of a file with its line, and exits 1', async () => {
    await writeFile(
      join(directory.path, 'other.yaml'),
      'prompts:\n  reply:\n    version:\n      modle: mock/echo\n      messages: []\n',
    )
    const { exitCode, error } = await check({}, 'other.yaml')
    expect(exitCode).toBe(1)
    expect(error).toContain('other.yaml:4')
    expect(error).toContain('Did you mean `model`')
  })

  test('says every mistake of the environment', async () => {
    const { exitCode, error } = await check({ PORT: 'x', PROMPTBOX_RETRIS: '2' })
    expect(exitCode).toBe(1)
    expect(error).toContain('PORT')
    expect(error).toContain('PROMPTBOX_RETRIS')
  })

  test('says a mistake in PROMPTBOX_PROMPTS_JSON', async () => {
    expect((await check({ PROMPTBOX_PROMPTS_JSON: '{"a": {}}' })).exitCode).toBe(1)
  })

  test('a file that is not there is one', async () => {
    expect((await check({}, 'none.yaml')).exitCode).toBe(1)
  })
})
