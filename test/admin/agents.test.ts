import { describe, expect, test } from 'vitest'
import { createSubject, createSupportReply } from './subject.ts'

describe('agents', () => {
  test('an agent is set, found by its prompt, changed and removed', async () => {
    const subject = createSubject()
    await createSupportReply(subject)
    const set = await subject.send('PUT', '/v1/agents/support-bot', { name: 'Support bot', prompts: ['support-reply'] })
    expect(set.json).toMatchObject({ slug: 'support-bot', prompts: ['support-reply'], owner: null, description: null })
    const byPrompt = await subject.send('GET', '/v1/agents?prompt=support-reply')
    expect(byPrompt.json).toEqual({ data: [set.json], next_cursor: null })
    const prompts = await subject.send('GET', '/v1/prompts?agent=support-bot')
    expect(prompts.json['data']).toMatchObject([{ slug: 'support-reply' }])
    const lost = await subject.send('DELETE', '/v1/agents/support-bot/prompts/support-reply')
    expect(lost.json['prompts']).toEqual([])
    const gained = await subject.send('PUT', '/v1/agents/support-bot/prompts/support-reply')
    expect(gained.json['prompts']).toEqual(['support-reply'])
    expect((await subject.send('DELETE', '/v1/agents/support-bot')).json).toEqual({ id: 'support-bot', deleted: true })
    expect((await subject.send('GET', '/v1/agents/support-bot')).status).toBe(404)
  })

  test('a prompt that is none is a 404 that names it', async () => {
    const subject = createSubject()
    const answer = await subject.send('PUT', '/v1/agents/bot', { name: 'Bot', prompts: ['nobody'] })
    expect(answer.status).toBe(404)
    expect(answer.json['error']).toMatchObject({ message: expect.stringContaining("'nobody'"), param: 'prompts' })
    const asked = await subject.send('GET', '/v1/agents?prompt=nobody')
    expect(asked.json['error']).toMatchObject({ message: expect.stringContaining("'nobody'"), param: 'prompt' })
  })
})
