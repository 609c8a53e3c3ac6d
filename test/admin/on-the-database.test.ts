import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Database } from '../../db/open.ts'
import { createPostgresStores } from '../../src/store/choose.ts'
import { createExchangeWriter } from '../../src/store/postgres/exchange-writer.ts'
import { exchangeRecord } from '../store/contract/exchange-record.ts'
import { databaseKinds, emptyDatabase, scratchDatabase } from '../support/database.ts'
import { type Subject, createSubject, createSupportReply, versionBody } from './subject.ts'

describe.each(databaseKinds)('the admin API on the %s database', (kind) => {
  let database: Database
  let subject: Subject
  beforeAll(async () => {
    database = await scratchDatabase({ kind })
  })
  beforeEach(async () => {
    await emptyDatabase(database)
    subject = createSubject({}, createPostgresStores(database))
  })
  afterAll(() => database.close())

  test('the life of a prompt', async () => {
    expect((await createSupportReply(subject, { aliases: ['old'], tags: ['customer'] })).status).toBe(201)
    expect((await createSupportReply(subject)).status).toBe(409)
    const added = await subject.send('POST', '/v1/prompts/old/versions', { ...versionBody, model: 'mock/echo' })
    expect(added.json).toMatchObject({ prompt: 'support-reply', version: 2, body: { model: 'mock/echo' } })
    expect((await subject.send('PUT', '/v1/prompts/support-reply/labels/production', { version: 2 })).status).toBe(200)
    const rendered = await subject.send('POST', '/v1/render', { prompt: 'old', variables: { question: 'x' } })
    expect(rendered.json).toMatchObject({ version: 2, model: 'mock/echo', label: 'production' })
    expect((await subject.send('GET', '/v1/prompts/support-reply/diff?from=1&to=2')).json['fields']).toHaveLength(1)
    expect((await subject.send('POST', '/v1/prompts/support-reply/rollback')).json).toMatchObject({ from: 2, to: 1 })
    expect((await subject.send('POST', '/v1/prompts/support-reply/rollback')).status).toBe(409)
    expect((await subject.send('POST', '/v1/prompts/support-reply/duplicate', { slug: 'copy' })).status).toBe(201)
    expect((await subject.send('GET', '/v1/prompts?q=customer&limit=1')).json['next_cursor']).not.toBeNull()
    expect((await subject.send('PATCH', '/v1/prompts/copy', { category: 'x' })).json['category']).toBe('x')
    expect((await subject.send('POST', '/v1/prompts/copy/archive')).json['archived_at']).not.toBeNull()
    expect((await subject.send('GET', '/v1/prompts?archived=true')).json['data']).toHaveLength(1)
    const timeline = await subject.send('GET', '/v1/prompts/support-reply/timeline')
    expect(timeline.json['data']).toHaveLength(6)
  })

  test('what is exported is what was imported, byte for byte, and importing it again changes nothing', async () => {
    const further = { ...versionBody, parameters: { z: 1, a: 'tail \u0085\r\n ', '10': null }, parent_version: 1 }
    const prompt = {
      slug: 'support-reply',
      name: 'Support reply',
      labels: { production: 2 },
      versions: [versionBody, further],
    }
    const report = await subject.send('POST', '/v1/import', { format: 'promptbox/1', prompts: [prompt] })
    expect(report.json).toMatchObject({ created: 1, refused: 0 })
    const exported = await subject.send('GET', '/v1/export')
    expect(exported.json['prompts']).toEqual([prompt])
    const memory = createSubject()
    await memory.send('POST', '/v1/import', exported.text)
    expect((await memory.send('GET', '/v1/export')).text).toBe(exported.text)
    expect((await subject.send('POST', '/v1/import', exported.text)).json).toMatchObject({ unchanged: 1, changed: 0 })
  })

  test('keys, credentials and models', async () => {
    const { json } = await subject.send('POST', '/v1/keys', { name: 'operator', scopes: ['admin'] })
    const headers = { authorization: `Bearer ${String(json['key'])}` }
    expect((await subject.send('GET', '/v1/keys', undefined, headers)).json['data']).toHaveLength(1)
    await subject.send('DELETE', `/v1/keys/${String(json['id'])}`)
    expect((await subject.send('GET', '/v1/keys', undefined, headers)).status).toBe(401)
    expect((await subject.send('PUT', '/v1/providers/openai', { api_key: 'sk-0123456789abcdefWXYZ' })).status).toBe(200)
    expect((await subject.send('GET', '/v1/providers')).json['data']?.[0]).toMatchObject({ api_key_hint: 'WXYZ' })
    expect((await subject.send('DELETE', '/v1/providers/openai')).status).toBe(200)
    expect((await subject.send('PUT', '/v1/models/openai/x', { aliases: ['fast'] })).status).toBe(200)
    expect((await subject.send('PUT', '/v1/models/openai/y', { aliases: ['fast'] })).status).toBe(409)
    expect((await subject.send('DELETE', '/v1/models/openai/x')).status).toBe(200)
  })

  test('exchanges', async () => {
    const records = [exchangeRecord({ metadata: { ticket: "8'1" } }), exchangeRecord()]
    await createExchangeWriter(database.sql).write(records)
    expect((await subject.send('GET', '/v1/exchanges')).json['data']).toHaveLength(2)
    const found = await subject.send('GET', `/v1/exchanges?metadata.ticket=${encodeURIComponent("8'1")}`)
    expect(found.json['data']?.[0]?.['request_id']).toBe(records[0]?.requestId)
    expect((await subject.send('GET', `/v1/exchanges/${records[0]?.requestId ?? ''}`)).status).toBe(200)
  })

  test('guardrails, what they said, and what is said of them', async () => {
    const words = { slug: 'words', type: 'keywords', settings: { words: ['swordfish'] } }
    expect((await subject.send('POST', '/v1/guardrails', words)).status).toBe(201)
    expect((await subject.send('POST', '/v1/guardrails', words)).status).toBe(409)
    const changed = await subject.send('PATCH', '/v1/guardrails/words', { action: 'block', name: 'Words' })
    expect(changed.json).toMatchObject({ action: 'block', on_error: 'closed', created_by: 'admin' })
    expect((await subject.send('GET', '/v1/guardrails')).json['data']).toEqual([changed.json])
    expect((await subject.send('PATCH', '/v1/guardrails/words', { settings: {} })).status).toBe(400)
    const version = { ...versionBody, guardrails: ['words'] }
    expect((await createSupportReply(subject, { version })).status).toBe(201)
    expect((await subject.send('DELETE', '/v1/guardrails/words')).status).toBe(409)
    await subject.send('DELETE', '/v1/prompts/support-reply/labels/production')
    const result = { guardrail: 'words', type: 'keywords', stage: 'input', verdict: 'block', mode: 'enforce' } as const
    const record = exchangeRecord({
      tenantId: 'default',
      guardrails: 'blocked:words',
      guardrailResults: [{ ...result, severity: 'warning', findings: [], findingCount: 1, tookMs: 0.1 }],
    })
    await createExchangeWriter(database.sql).write([record])
    const path = `/v1/exchanges/${record.requestId}`
    expect((await subject.send('GET', path)).json['guardrail_results']).toHaveLength(1)
    expect(
      (await subject.send('GET', '/v1/exchanges?guardrail=words&guardrail_verdict=block')).json['data'],
    ).toHaveLength(1)
    const said = await subject.send('POST', `${path}/guardrail-feedback`, {
      guardrail: 'words',
      verdict: 'true_positive',
    })
    expect(said.status).toBe(201)
    expect((await subject.send('DELETE', '/v1/guardrails/words')).status).toBe(200)
    const at = record.createdAt
    const range = `from=${new Date(at - 1).toISOString()}&until=${new Date(at + 1).toISOString()}`
    expect((await subject.send('GET', `/v1/guardrails/words/stats?${range}`)).json['guardrails']?.[0]).toMatchObject({
      enforce: { looks: 1, violations: 1 },
      precision: { estimate: 1, reports: 1 },
    })
  })

  test('strings meant to break out of a query are only strings', async () => {
    await createSupportReply(subject)
    for (const text of [
      "'",
      "') or 1=1 --",
      '\\',
      '%',
      '_',
      '"',
      '$1',
      '{}',
      ':*',
      '!&|()',
      '\u202e',
      '💩',
      'a'.repeat(500),
    ]) {
      const query = encodeURIComponent(text)
      for (const path of [
        `/v1/prompts?q=${query}`,
        `/v1/prompts?tag=${query}`,
        `/v1/exchanges?user_id=${query}&metadata.x=${query}`,
        `/v1/exchanges?metadata.${query}=x`,
      ]) {
        const answer = await subject.send('GET', path)
        expect.soft([200, 400], path).toContain(answer.status)
      }
      const named = await subject.send('POST', '/v1/keys', { name: text })
      expect.soft([201, 400], text).toContain(named.status)
    }
    expect(subject.observations.filter(({ type }) => type === 'defect')).toEqual([])
  })
})
