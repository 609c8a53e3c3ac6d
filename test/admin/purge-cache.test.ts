import { describe, expect, test } from 'vitest'
import { Fault } from '../../src/core/fault.ts'
import { createSubject, createSupportReply } from './subject.ts'

describe('the cached answers of a prompt', () => {
  test('are forgotten by its slug or an alias; how many is said', async () => {
    const asked: unknown[] = []
    const subject = createSubject({
      async purgeCache(tenantId, slug) {
        asked.push([tenantId, slug])
        return 12
      },
    })
    await createSupportReply(subject, { aliases: ['pmpt_1'] })
    expect((await subject.send('POST', '/v1/prompts/support-reply/cache/purge')).json).toEqual({ purged: 12 })
    expect((await subject.send('POST', '/v1/prompts/pmpt_1/cache/purge', {})).json).toEqual({ purged: 12 })
    expect(asked).toEqual([
      ['default', 'support-reply'],
      ['default', 'support-reply'],
    ])
  })

  test('of an unknown prompt are a 404, and nothing is purged', async () => {
    const subject = createSubject({ purgeCache: () => Promise.reject(new Error('must not be called')) })
    const answer = await subject.send('POST', '/v1/prompts/nobody/cache/purge')
    expect(answer.status).toBe(404)
    expect(answer.json['error']?.['code']).toBe('prompt_not_found')
  })

  test('that are out of reach are a 503', async () => {
    const subject = createSubject({
      purgeCache: () => Promise.reject(new Fault('unavailable', 'The shared cache is away.')),
    })
    await createSupportReply(subject)
    expect((await subject.send('POST', '/v1/prompts/support-reply/cache/purge')).status).toBe(503)
  })
})
