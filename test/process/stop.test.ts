import { readdirSync } from 'node:fs'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { compareWithDatabase, launchPromptbox, type PromptboxProcess } from '../support/promptbox-process.ts'
import { until } from '../support/until.ts'
import { processHome, startForTest } from './home.ts'

/** A stream that a client reads; `text` grows as it comes. */
interface ReadStream {
  readonly requestId: string
  text: string
  readonly ended: Promise<void>
}

async function openStream(promptbox: PromptboxProcess, key: string, model: string): Promise<ReadStream> {
  const messages = [{ role: 'user', content: 'Say these eight words one by one please.' }]
  const response = await promptbox.post('/chat/completions', key, { model, stream: true, messages })
  expect(response.status).toBe(200)
  const stream: { -readonly [Name in keyof ReadStream]: ReadStream[Name] } = {
    requestId: response.headers.get('x-request-id') ?? '',
    text: '',
    ended: Promise.resolve(),
  }
  stream.ended = (async () => {
    const decoder = new TextDecoder()
    for await (const piece of response.body ?? []) stream.text += decoder.decode(piece, { stream: true })
  })()
  return stream
}

/** True while new work is turned away: no connection, or a readiness that says so. */
async function takesNoNewWork(url: string): Promise<boolean> {
  const status = await fetch(`${url}/readyz`, { headers: { connection: 'close' } }).then(
    (response) => response.status,
    () => null,
  )
  return status === null || status === 503
}

test('F10 SIGTERM: new work is turned away, 10 open streams finish, everything is recorded, exit 0', async () => {
  const home = await processHome('embedded')
  const promptbox = await startForTest(home)
  const key = await promptbox.makeKey()
  const streams = await Promise.all(Array.from({ length: 10 }, () => openStream(promptbox, key, 'mock/slow-200')))
  await until('each has its first words', () => streams.every(({ text }) => text.includes('data: ')))

  const ended = promptbox.end('SIGTERM')
  await until('new work is turned away', () => takesNoNewWork(promptbox.url))
  expect(streams.some(({ text }) => text.includes('[DONE]'))).toBe(false)
  await Promise.all(streams.map((stream) => stream.ended))
  for (const { text } of streams) expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
  expect(await ended).toEqual({ code: 0, signal: null })

  const next = await startForTest(home)
  const ids = streams.map(({ requestId }) => requestId)
  expect(await compareWithDatabase(next, ids)).toEqual({ seen: 10, recorded: 10, lost: [], doubled: [] })
  for (const id of ids)
    expect(await next.admin('GET', `/exchanges/${id}`)).toMatchObject({ outcome: 'ok', http_status: 200 })
})

test('F10 streams longer than the drain limit get an error event, are recorded as incomplete, exit 0', async () => {
  const home = await processHome('embedded')
  const promptbox = await startForTest({ ...home, environment: { PROMPTBOX_DRAIN_MS: '300' } })
  const key = await promptbox.makeKey()
  const streams = await Promise.all(Array.from({ length: 3 }, () => openStream(promptbox, key, 'mock/slow-1000')))
  const ended = promptbox.end('SIGTERM')
  await Promise.all(streams.map((stream) => stream.ended))
  for (const { text } of streams) {
    const last = text.trimEnd().split('\n\n').at(-1) ?? ''
    expect(JSON.parse(last.slice('data: '.length))).toMatchObject({
      error: { type: 'server_error', message: expect.stringContaining('shutting down') },
    })
    expect(text).not.toContain('[DONE]')
  }
  expect(await ended).toEqual({ code: 0, signal: null })

  const next = await startForTest(home)
  const ids = streams.map(({ requestId }) => requestId)
  expect(await compareWithDatabase(next, ids)).toMatchObject({ lost: [], doubled: [] })
  for (const id of ids)
    expect(await next.admin('GET', `/exchanges/${id}`)).toMatchObject({ outcome: 'incomplete', stream: true })
})

test('a client that keeps an idle connection open does not hold up the stop', async () => {
  const promptbox = await startForTest(await processHome('embedded'))
  const idle = connect(Number(new URL(promptbox.url).port), '127.0.0.1')
  idle.on('error', () => undefined)
  const closed = new Promise((resolve) => idle.once('close', resolve))
  await new Promise((resolve) => idle.once('connect', resolve))
  expect(await promptbox.end('SIGTERM')).toEqual({ code: 0, signal: null })
  await closed
})

test('Ctrl-C under npm, which passes on what the terminal has sent already, is one signal: open streams finish', async () => {
  const promptbox = await startForTest(await processHome('embedded'))
  const stream = await openStream(promptbox, await promptbox.makeKey(), 'mock/slow-100')
  // Two of a kind could become one on their way.
  process.kill(promptbox.processId, 'SIGINT')
  process.kill(promptbox.processId, 'SIGTERM')
  await stream.ended
  expect(stream.text.endsWith('data: [DONE]\n\n')).toBe(true)
  expect(await promptbox.ended).toEqual({ code: 0, signal: null })
})

test('a further signal ends it at once', async () => {
  const promptbox = await startForTest(await processHome('embedded'))
  const stream = await openStream(promptbox, await promptbox.makeKey(), 'mock/slow-5000')
  const cut = stream.ended.catch((error: unknown) => error)
  let over = false
  void promptbox.ended.then(() => (over = true))
  await until('it has ended', () => {
    if (!over) void promptbox.end('SIGINT')
    return over
  })
  expect(await promptbox.ended).toEqual({ code: 130, signal: null })
  expect(await cut).toBeInstanceOf(Error)
})

test('SIGTERM in the middle of the start stops it in order', async () => {
  const promptbox = launchPromptbox(await processHome('embedded'))
  await until('it has begun', () => readdirSync(promptbox.dataDir).some((name) => name.startsWith('lock-')))
  expect(await promptbox.end('SIGTERM')).toEqual({ code: 0, signal: null })
  expect(promptbox.output()).toContain('"event":"stopped"')
  expect(readdirSync(promptbox.dataDir).filter((name) => name.startsWith('lock-'))).toEqual([])
})
