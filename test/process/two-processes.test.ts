import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { databaseKinds } from '../support/database.ts'
import { makePrompt, moveLabel, versionServed } from '../support/outage-under-load.ts'
import { until } from '../support/until.ts'
import { anotherDataDir, processHome, startForTest } from './home.ts'

/** What the promise says; a loaded machine gets its own delays on top. */
const promisedMs = 1_000
const slack = 3

describe.runIf(databaseKinds.includes('server'))('two processes on one Postgres', () => {
  test('serve what was changed on one of them: versions and labels, chains, new keys, revoked keys', async () => {
    const home = await processHome('server')
    const one = await startForTest(home)
    const other = await startForTest({ ...home, dataDir: anotherDataDir() })
    const both = [one, other]
    const soon = (what: string, look: () => Promise<boolean>): Promise<boolean> =>
      until(what, look, { withinMs: promisedMs * slack })
    const servedByBoth = async (key: string, version: number | null): Promise<boolean> =>
      (await Promise.all(both.map((each) => versionServed(each, key, 'shared')))).every((served) => served === version)

    await makePrompt(one, 'shared')
    const key = await one.makeKey()
    await soon('prompt and key are known to both', () => servedByBoth(key, 1))
    await moveLabel(other, 'shared', 2)
    await soon('the moved label is served by both', () => servedByBoth(key, 2))
    await moveLabel(one, 'shared', 1)
    await soon('and back', () => servedByBoth(key, 1))

    await one.admin('POST', '/chains', { slug: 'shared', steps: [{ name: 'only', prompt: 'shared' }] })
    const chainIsServed = async (version: number): Promise<boolean> => {
      const answers = both.map(({ url }) =>
        fetch(`${url}/v1/models/chain:shared@${version}`, { headers: { authorization: `Bearer ${key}` } }),
      )
      return (await Promise.all(answers)).every(({ status }) => status === 200)
    }
    await soon('the new chain is served by both', () => chainIsServed(1))
    await other.admin('PUT', '/chains/shared', { steps: [{ name: 'again', prompt: 'shared' }] })
    await soon('and its next version', () => chainIsServed(2))

    const made = await other.admin<{ id: string; key: string }>('POST', '/keys', { name: 'short-lived' })
    await soon('the new key is taken by both', () => servedByBoth(made.key, 1))
    await one.admin('DELETE', `/keys/${made.id}`)
    await soon('the revoked key is refused by both', () => servedByBoth(made.key, null))
    expect(await servedByBoth(key, 1)).toBe(true)
  }, 60_000)

  test('start at the same moment on an empty database, each with a demo key of its own', async () => {
    const home = await processHome('server', { migrated: false })
    const environment = { PROMPTBOX_DEMO: 'on' }
    const both = await Promise.all([
      startForTest({ ...home, environment }),
      startForTest({ ...home, environment, dataDir: anotherDataDir() }),
    ])
    for (const each of both) expect(await each.ready()).toMatchObject({ status: 200, degraded: false })
    for (const each of both) {
      const key = readFileSync(join(each.dataDir, 'demo-key'), 'utf8').trim()
      for (const asked of both) {
        const served = async (): Promise<boolean> =>
          (await fetch(`${asked.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } })).status === 200
        await until('the demo key is taken', served)
      }
    }
    for (const each of both) expect(await each.end()).toEqual({ code: 0, signal: null })
  }, 60_000)
})
