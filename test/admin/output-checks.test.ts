import { describe, expect, test } from 'vitest'
import { exchangeRecord } from '../store/contract/exchange-record.ts'
import { createSubject, createSupportReply } from './subject.ts'

const start = Date.UTC(2026, 10, 20)
const hour = 3_600_000

async function withChecks() {
  const subject = createSubject()
  await createSupportReply(subject, { aliases: ['pmpt_1'] })
  const one = (promptVersion: number, outputCheck: 'ok' | 'repaired' | 'mismatch', at: number) =>
    exchangeRecord({ tenantId: 'default', prompt: 'support-reply', promptVersion, outputCheck }, at)
  await subject.stores.exchangeWriter.write([
    one(1, 'ok', start),
    one(1, 'mismatch', start + hour),
    one(2, 'repaired', start + 2 * hour),
    one(2, 'ok', start + 30 * hour),
  ])
  return subject
}

describe('the checks of a prompt’s answers', () => {
  test('are counted by version in a range of time, also by an alias of the prompt', async () => {
    const subject = await withChecks()
    for (const name of ['support-reply', 'pmpt_1']) {
      const answer = await subject.send('GET', `/v1/prompts/${name}/output-checks?from=2026-11-20&until=2026-11-21`)
      expect(answer.json).toEqual({
        prompt: 'support-reply',
        from: '2026-11-20T00:00:00.000Z',
        until: '2026-11-21T00:00:00.000Z',
        versions: [
          { version: 2, ok: 0, repaired: 1, mismatch: 0 },
          { version: 1, ok: 1, repaired: 0, mismatch: 1 },
        ],
      })
    }
  })

  test('are those of the last seven days when no range is named', async () => {
    const subject = await withChecks()
    const { json } = await subject.send('GET', '/v1/prompts/support-reply/output-checks?until=2026-11-27T01:30:00Z')
    expect(json).toMatchObject({
      from: '2026-11-20T01:30:00.000Z',
      versions: [{ version: 2, ok: 1, repaired: 1, mismatch: 0 }],
    })
  })

  test.each([
    ['from=2026-11-21&until=2026-11-20', 'before'],
    ['from=2026-01-01&until=2026-11-20', '92 days'],
    ['from=soon', 'must be a time'],
    ['since=2026-11-20', 'since'],
  ])('%s is refused with what to do', async (query, message) => {
    const subject = await withChecks()
    const answer = await subject.send('GET', `/v1/prompts/support-reply/output-checks?${query}`)
    expect(answer.status).toBe(400)
    expect(answer.json['error']?.['message']).toContain(message)
  })

  test('of a prompt that is not there are a 404', async () => {
    const subject = await withChecks()
    expect((await subject.send('GET', '/v1/prompts/nobody/output-checks')).status).toBe(404)
  })
})
