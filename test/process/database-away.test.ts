import { describe, expect, test } from 'vitest'
import { breakableLink } from '../recording/support/breakable-link.ts'
import { databaseKinds } from '../support/database.ts'
import { makePrompt, moveLabel, outageUnderLoad, versionServed } from '../support/outage-under-load.ts'
import { compareWithDatabase } from '../support/promptbox-process.ts'
import { until } from '../support/until.ts'
import { anotherDataDir, processHome, startForTest } from './home.ts'

describe.runIf(databaseKinds.includes('server'))('a Postgres that goes away', () => {
  test.each(['cut', 'silence'] as const)(
    '(%s) fails no request, loses and doubles no record; what was changed meanwhile is served when it is back',
    async (kind) => {
      const { dataDir, databaseUrl } = await processHome('server')
      const report = await outageUnderLoad({
        databaseUrl: databaseUrl ?? '',
        dataDirs: [dataDir, anotherDataDir()],
        kind,
        awayMs: 4_000,
        clients: 8,
      })
      expect(report).toMatchObject({ failures: [], lost: [], doubled: [], survived: true })
      expect(report.readyMeanwhile).toMatchObject({ status: 200, degraded: true })
      expect(report.answeredMeanwhile).toBeGreaterThan(0)
    },
    120_000,
  )

  test('meanwhile a key that is not known is told to come back, since it may be a new one', async () => {
    const { dataDir, databaseUrl } = await processHome('server')
    const target = new URL(databaseUrl ?? '')
    const link = await breakableLink('127.0.0.1', Number(target.port || 5432))
    const linked = Object.assign(new URL(target), { hostname: '127.0.0.1', port: String(link.port) }).href
    const promptbox = await startForTest({ dataDir, databaseUrl: linked })
    const ask = (key: string): Promise<Response> =>
      promptbox.post('/chat/completions', key, { model: 'mock/echo', messages: [{ role: 'user', content: 'Hi' }] })
    const key = await promptbox.makeKey()
    expect((await ask('pb-perhaps-new')).status).toBe(401)
    await link.cut()
    await until('it is noticed', async () => (await promptbox.ready()).degraded)
    const unknown = await ask('pb-perhaps-new')
    expect(unknown.status).toBe(503)
    expect(unknown.headers.get('retry-after')).toBe('5')
    expect(await unknown.text()).toContain('This key cannot be checked right now')
    expect((await ask(key)).status).toBe(200)
    await promptbox.end()
  }, 60_000)

  test('a start meanwhile serves the last good snapshot and recovers by itself', async () => {
    const { dataDir, databaseUrl } = await processHome('server')
    const target = new URL(databaseUrl ?? '')
    const link = await breakableLink('127.0.0.1', Number(target.port || 5432))
    const linked = Object.assign(new URL(target), { hostname: '127.0.0.1', port: String(link.port) }).href
    const first = await startForTest({ dataDir, databaseUrl: linked })
    await makePrompt(first, 'kept')
    const key = await first.makeKey()
    await until('it is served', async () => (await versionServed(first, key, 'kept')) === 1)
    await first.end()

    await link.cut()
    const second = await startForTest({ dataDir, databaseUrl: linked })
    expect(await second.ready()).toMatchObject({ status: 200, degraded: true, snapshot: { tier: 'disk' } })
    const response = await second.post('/chat/completions', key, { model: 'prompt:kept', messages: [] })
    expect(response.status).toBe(200)
    const requestId = response.headers.get('x-request-id') ?? ''
    await response.arrayBuffer()
    await expect(second.admin('POST', '/keys', { name: 'now' })).rejects.toThrow(/503 .*The database is away/)

    const elsewhere = await startForTest({ dataDir: anotherDataDir(), databaseUrl })
    await moveLabel(elsewhere, 'kept', 2)
    await link.mend()
    await until('the moved label is served', async () => (await versionServed(second, key, 'kept')) === 2)
    expect(await second.ready()).toMatchObject({ status: 200, degraded: false, snapshot: { tier: 'database' } })
    expect(await compareWithDatabase(second, [requestId])).toMatchObject({ lost: [], doubled: [] })
    await second.end()
    await link.cut()
  }, 60_000)

  test('a first start without it, with nothing to serve, is not ready until it is back', async () => {
    const { dataDir, databaseUrl } = await processHome('server')
    const target = new URL(databaseUrl ?? '')
    const link = await breakableLink('127.0.0.1', Number(target.port || 5432))
    const linked = Object.assign(new URL(target), { hostname: '127.0.0.1', port: String(link.port) }).href
    await link.cut()
    const promptbox = await startForTest({ dataDir, databaseUrl: linked, environment: { PROMPTBOX_DEMO: 'on' } })
    expect(await promptbox.ready()).toMatchObject({ status: 503, degraded: true, snapshot: { tier: 'none' } })
    await link.mend()
    await until('it is ready', async () => (await promptbox.ready()).status === 200)
    expect(await promptbox.makeKey()).toMatch(/^pb-/)
    await promptbox.end()
    await link.cut()
  }, 60_000)
})
