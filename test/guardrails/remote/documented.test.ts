import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, describe, expect, it } from 'vitest'
import { type RemoteServices, GuardrailError } from '../../../src/guardrails/remote.ts'
import { guardModel } from '../../../src/guardrails/guard-model.ts'
import { openaiModeration } from '../../../src/guardrails/openai-moderation.ts'
import { llmJudge } from '../../../src/guardrails/llm-judge.ts'
import { webhook } from '../../../src/guardrails/webhook.ts'
import { readBehaviour } from '../../../src/providers/mock/behaviour.ts'
import { replyTo } from '../../../src/providers/mock/reply.ts'
import { readMockRequest } from '../../../src/providers/mock/request.ts'
import { openWebhooks } from '../../../src/providers/webhook.ts'
import { readDocument } from '../../docs/markdown.ts'
import { detectorOf, question, services, waiting } from './support.ts'

/** What docs/guardrail-webhook.md and docs/guardrail-types.md tell people to do works. */

const page = 'docs/guardrail-types.md'
const secret = 'a secret of the tests only'
const hasPython = spawnSync('python3', ['--version'], { stdio: 'ignore' }).error === undefined
if (!hasPython) console.warn('SKIPPED: the receiver in Python, because there is no python3.')

const started: ChildProcess[] = []
const folders: string[] = []
afterAll(async () => {
  for (const child of started) {
    const gone = once(child, 'exit')
    if (child.exitCode === null && child.kill()) await gone
  }
  for (const folder of folders) await rm(folder, { recursive: true, force: true })
})

/** Writes the receiver as the page shows it to a file, starts it, and gives its address. */
async function startReceiver(language: string, file: string, command: string): Promise<string> {
  const [, code] =
    new RegExp(`^\`\`\`${language}\n(.*?)\n\`\`\`$`, 'ms').exec(readDocument('docs/guardrail-webhook.md')) ?? []
  const folder = await mkdtemp(join(tmpdir(), 'promptbox-receiver-'))
  folders.push(folder)
  await writeFile(join(folder, file), code ?? '')
  const env = { PATH: process.env['PATH'], SECRET: secret, PORT: '0' }
  const child = spawn(command, [file], { cwd: folder, env, stdio: ['ignore', 'pipe', 'ignore'] })
  started.push(child)
  for await (const line of createInterface(child.stdout)) {
    const port = /^listening on (\d+)$/.exec(line)?.[1]
    if (port !== undefined) return `http://127.0.0.1:${port}/`
  }
  throw new Error(`the receiver in ${language} did not start`)
}

describe.each([
  ['js', 'receiver.mjs', process.execPath, true],
  ['python', 'receiver.py', 'python3', hasPython],
])('the receiver in %s', (language, file, command, canRun) => {
  it.skipIf(!canRun)('finds places, and believes only what is signed with its secret', async () => {
    const url = await startReceiver(language, file, command)
    const callWebhook = openWebhooks({ allowPrivate: true })
    const check = (settings: object, text: string, more: Partial<RemoteServices> = {}) =>
      detectorOf(webhook, { url, timeout_ms: 15_000, ...settings }, services({ callWebhook, ...more })).check(
        question(text),
        waiting(),
      )
    expect(await check({ secret }, 'Nothing to see.')).toEqual([])
    const text = '🙂 Ask Project Falcon.'
    expect(await check({ secret }, text)).toEqual([
      { kind: 'project_name', start: text.indexOf('Project'), end: text.indexOf('.'), score: 1 },
    ])
    const refused = new GuardrailError('it answered with HTTP 401, not 200')
    await expect(check({}, text)).rejects.toThrow(refused)
    await expect(check({ secret: 'another secret altogether' }, text)).rejects.toThrow(refused)
    const tampered: RemoteServices['callWebhook'] = (call) =>
      callWebhook({ ...call, body: call.body.replace('Falcon', 'Sparrow') })
    await expect(check({ secret }, text, { callWebhook: tampered })).rejects.toThrow(refused)
    const late: RemoteServices['callWebhook'] = (call) =>
      callWebhook({ ...call, headers: { 'x-promptbox-signature': olderBy(3_600, call.headers) } })
    await expect(check({ secret }, text, { callWebhook: late })).rejects.toThrow(refused)
  })
})

/** The same signature with an earlier moment, as somebody who overheard it could only write. */
function olderBy(seconds: number, headers: Readonly<Record<string, string>>): string {
  const signature = headers['x-promptbox-signature'] ?? ''
  return signature.replace(/\d+/, (time) => String(Number(time) - seconds))
}

describe('with the mock models', () => {
  const mocked = services({
    askModel: async ({ body }) => {
      const behaviour = readBehaviour((body['model'] as string).replace('mock/', ''))
      return { text: replyTo(readMockRequest(body), behaviour, JSON.stringify(body)).content.join('') }
    },
  })
  const kindsOf = async (check: Promise<readonly { readonly kind: string }[]>): Promise<readonly string[]> =>
    (await check).map(({ kind }) => kind)

  it('mock/echo lets the user say what a guard model answers', async () => {
    const check = (format: string, text: string) =>
      kindsOf(detectorOf(guardModel, { model: 'mock/echo', format }, mocked).check(question(text), waiting()))
    expect(await check('llama_guard', 'safe')).toEqual([])
    expect(await check('llama_guard', 'unsafe\nS10')).toEqual(['llama_guard_s10'])
    await expect(check('llama_guard', 'Hello')).rejects.toThrow(GuardrailError)
    expect(await check('shield_gemma', 'Yes')).toEqual(['shield_gemma_violation'])
    expect(await check('granite_guardian', 'No')).toEqual([])
  })

  it('mock/json judges one way, or with a schema of its own the other', async () => {
    const check = (settings: object) =>
      kindsOf(
        detectorOf(llmJudge, { model: 'mock/json', criteria: 'x', ...settings }, mocked).check(
          question('a'),
          waiting(),
        ),
      )
    expect(await check({})).toEqual([])
    const [, written] = /^ {2}`(\{"response_format".*\})`$/m.exec(readDocument(page)) ?? []
    expect(await check({ parameters: JSON.parse(written ?? '') })).toEqual(['llm_judge'])
    await expect(check({ model: 'mock/echo' })).rejects.toThrow(GuardrailError)
  })
})

describe('the settings in docs/guardrail-types.md', () => {
  it.each([webhook, llmJudge, openaiModeration, guardModel])('$type: are the settings there are', (type) => {
    const section =
      readDocument(page)
        .split(new RegExp(`^## ${type.type}$`, 'm'))[1]
        ?.split(/^## /m)[0] ?? ''
    const table = /^\| setting \|.*\n\|.*\n((?:\|.*\n)+)/m.exec(section)?.[1] ?? ''
    const rows = table
      .trim()
      .split('\n')
      .map((row) => row.split('|').map((cell) => cell.trim().replaceAll('`', '')))
    const example = JSON.parse(/^```json\n(.*?)\n```$/ms.exec(section)?.[1] ?? '')
    expect(example.type).toBe(type.type)
    const read = type.settings.parse(example.settings) as Readonly<Record<string, unknown>>
    const { shape } = type.settings as unknown as { readonly shape: object }
    expect(rows.map(([, name]) => name).toSorted()).toEqual(Object.keys(shape).toSorted())
    const defaults = rows.filter(([, name = '']) => !Object.hasOwn(example.settings, name))
    for (const [, name = '', told] of defaults) {
      const value = read[name] ?? (told === 'all' ? 'all' : '')
      expect([name, typeof value === 'string' ? value : JSON.stringify(value)]).toEqual([name, told])
    }
  })
})
