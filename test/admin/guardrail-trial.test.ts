import { describe, expect, test } from 'vitest'
import type { ExamineRequest } from '../../src/pipeline/examine-text.ts'
import { createSubject } from './subject.ts'

const words = { slug: 'words', type: 'keywords', action: 'redact', settings: { words: ['swordfish'] } }
const text = 'Say swordfish, then Swordfish.'

describe('trying guardrails on a text', () => {
  test('says what each found, where, and how the text would go on', async () => {
    const { send } = createSubject()
    await send('POST', '/v1/guardrails', words)
    const { json } = await send('POST', '/v1/guardrails/test', { text })
    expect(json).toMatchObject({
      verdict: 'redact',
      findings: [
        { guardrail: 'words', kind: 'keyword', start: 4, end: 13 },
        { guardrail: 'words', kind: 'keyword', start: 20, end: 29 },
      ],
      results: [{ guardrail: 'words', verdict: 'redact', mode: 'enforce', severity: 'warning', finding_count: 2 }],
    })
    expect(String(json['text'])).not.toMatch(/swordfish/i)
    expect(String(json['text'])).toMatch(/^Say <KEYWORD_1>, then <KEYWORD_[12]>\.$/)
    expect(json['findings']?.[0]?.['took_ms']).toBeTypeOf('number')
  })

  test('without a list asks all that are enabled for the stage, also those whose scope is elsewhere', async () => {
    const { send } = createSubject()
    await send('POST', '/v1/guardrails', { ...words, slug: 'in', stages: ['input'], scope: { prompts: ['other'] } })
    await send('POST', '/v1/guardrails', { ...words, slug: 'out', stages: ['output'], order: 1 })
    await send('POST', '/v1/guardrails', { ...words, slug: 'off', enabled: false })
    const asked = async (body: object) => {
      const { json } = await send('POST', '/v1/guardrails/test', { text, ...body })
      return [...(json['results'] ?? [])].map((row) => String(row['guardrail']))
    }
    expect(await asked({})).toEqual(['in'])
    expect(await asked({ stage: 'output' })).toEqual(['out'])
    expect(await asked({ guardrails: ['off'] })).toEqual(['off'])
  })

  test('takes guardrails that are not stored, and keeps nothing of them', async () => {
    const subject = createSubject()
    const { slug: _slug, ...inline } = words
    const { json } = await subject.send('POST', '/v1/guardrails/test', {
      text,
      guardrails: [
        { ...inline, action: 'block' },
        { ...words, action: 'flag', mode: 'shadow' },
      ],
    })
    expect(json).toMatchObject({ verdict: 'block', text: '' })
    expect([...(json['results'] ?? [])].map((row) => [row['guardrail'], row['mode']])).toContainEqual([
      'inline-1',
      'enforce',
    ])
    expect((await subject.send('GET', '/v1/guardrails')).json['data']).toEqual([])
    expect(subject.published()).toBe(0)
  })

  test('a guardrail that cannot look is an error with its reason, never a pass', async () => {
    const { send } = createSubject()
    const judge = { slug: 'judge', type: 'llm_judge', action: 'block', settings: { model: 'mock/echo', criteria: 'x' } }
    const { json } = await send('POST', '/v1/guardrails/test', { text, guardrails: [judge] })
    expect(json['results']?.[0]).toMatchObject({ verdict: 'error', problem: expect.any(String) })
    expect(json['verdict']).toBe('block')
  })

  test('takes the text for a user’s going in, and for a model’s coming out', async () => {
    const asked: ExamineRequest[] = []
    const subject = createSubject({
      examineText: async (request) => {
        asked.push(request)
        return { verdict: 'pass', text: request.text, results: [] }
      },
    })
    for (const body of [{}, { stage: 'output' }, { role: 'tool' }])
      await subject.send('POST', '/v1/guardrails/test', { text: '', ...body })
    expect(asked.map(({ stage, role, tenantId }) => [stage, role, tenantId])).toEqual([
      ['input', 'user', 'default'],
      ['output', 'assistant', 'default'],
      ['input', 'tool', 'default'],
    ])
  })

  test.each<[string, object, string, string]>([
    ['a slug that is not there', { guardrails: ['nobody'] }, 'guardrails[0]', "guardrail 'nobody'"],
    [
      'settings that do not fit',
      { guardrails: [{ ...words, settings: {} }] },
      'guardrails[0].settings.words',
      'missing',
    ],
    ['the same slug twice', { guardrails: [words, words] }, 'guardrails[1]', 'one before it'],
    ['an empty list', { guardrails: [] }, 'guardrails', 'at least one'],
    ['a text that is too long', { text: 'x'.repeat(1_048_577) }, 'text', '1048576'],
    ['a stage that is none', { stage: 'both' }, 'stage', '`input` or `output`'],
  ])('refuses %s', async (_what, body, param, message) => {
    const answer = await createSubject().send('POST', '/v1/guardrails/test', { text, ...body })
    expect(answer.status).toBe(400)
    expect(answer.json['error']).toMatchObject({ param, message: expect.stringContaining(message) })
  })
})
