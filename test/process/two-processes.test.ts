import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openDatabase } from '../../db/open.ts'
import { guardrailBodySchema } from '../../src/contract/guardrail-body.ts'
import { createPostgresStores } from '../../src/store/choose.ts'
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

  test('serve a prompt with a partial, and a chain of it, as they were or as they are: never a mixture', async () => {
    const home = await processHome('server')
    const both = [await startForTest(home), await startForTest({ ...home, dataDir: anotherDataDir() })] as const
    const [one, other] = both
    const key = await one.makeKey()
    const prompt = (slug: string, text: string) =>
      one.admin('POST', '/prompts', { slug, name: slug, version: says(text), labels: ['production'] })
    await prompt('tone', 'tone 1')
    await prompt('letter', '{{> tone}}, letter 1')
    await one.admin('POST', '/chains', { slug: 'post', steps: [{ name: 'only', prompt: 'letter' }] })

    const askedOf = both.flatMap(({ url }) => ['prompt:letter', 'chain:post'].map((model) => ({ url, model })))
    const seen = new Set<string>()
    const answers = async (): Promise<readonly string[]> =>
      Promise.all(askedOf.map(({ url, model }) => answerOf(url, key, model)))
    const served = (text: string) => async (): Promise<boolean> => {
      const said = await answers()
      for (const each of said) seen.add(each)
      return said.every((each) => each === text)
    }
    await until('the first is served by both', served('tone 1, letter 1'))
    seen.clear()

    // Whoever asks meanwhile, at whichever process, sees what a version says, whole.
    const state = { publishing: true }
    const watching = (async (): Promise<void> => {
      while (state.publishing) for (const each of await answers()) seen.add(each)
    })()
    await other.admin('POST', '/prompts/tone/versions', says('tone 2'))
    await other.admin('PUT', '/prompts/tone/labels/production', { version: 2 })
    await one.admin('POST', '/prompts/letter/versions', says('{{> tone}}, letter 2'))
    await other.admin('PUT', '/prompts/letter/labels/production', { version: 2 })
    const soon = { withinMs: promisedMs * slack }
    await until('the next is served by both', served('tone 2, letter 2'), soon)
    await one.admin('POST', '/prompts/letter/rollback', {})
    await until('and, rolled back, the first again', served('tone 1, letter 1'), soon)
    state.publishing = false
    await watching
    expect([...seen].toSorted()).toEqual(['tone 1, letter 1', 'tone 2, letter 2'])
  }, 60_000)

  test('hold requests against a guardrail as it is now, whoever made, changed or removed it', async () => {
    const home = await processHome('server')
    const both = [await startForTest(home), await startForTest({ ...home, dataDir: anotherDataDir() })] as const
    const key = await both[0].makeKey()
    const database = await openDatabase({ databaseUrl: home.databaseUrl, dataDir: '', application: 'a third one' })
    onTestFinished(() => database.close())
    const { guardrails } = createPostgresStores(database)
    const soon = (what: string, said: string): Promise<boolean> =>
      until(
        what,
        async () => {
          const answers = await Promise.all(both.map(({ url }) => guardrailsOf(url, key, 'about project falcon')))
          return answers.every((each) => each === said)
        },
        { withinMs: promisedMs * slack },
      )

    const actor = { tenantId: 'default', id: 'admin', name: 'admin' }
    const settings = { words: ['project falcon'] }
    const body = guardrailBodySchema.parse({ type: 'keywords', stages: ['input'], settings })
    await soon('the key is known to both', 'pass')
    await guardrails.create(actor, { slug: 'codenames', body })
    await soon('the new one looks in both', 'flagged:codenames')
    await guardrails.change(actor, 'codenames', (before) => ({ ...before, action: 'block' }))
    await soon('the changed one blocks in both', 'blocked:codenames')
    await guardrails.remove(actor, 'codenames')
    await soon('the removed one is gone in both', 'pass')
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

const says = (content: string) => ({ model: 'mock/echo', messages: [{ role: 'user', content }] })

/** What guardrails say of a question; null: the header is not there. */
async function guardrailsOf(url: string, key: string, content: string): Promise<string | null> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'mock/echo', messages: [{ role: 'user', content }] }),
  })
  await response.arrayBuffer()
  return response.status === 401 ? null : response.headers.get('x-promptbox-guardrails')
}

/** What is answered; the status where it is no answer. */
async function answerOf(url: string, key: string, model: string): Promise<string> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: [] }),
  })
  const answer = (await response.json()) as { choices?: readonly { message: { content: string } }[] }
  return answer.choices?.[0]?.message.content ?? String(response.status)
}
