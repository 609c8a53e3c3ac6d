import { describe, expect, test } from 'vitest'
import { type Subject, createSubject, createSupportReply, versionBody } from './subject.ts'

async function withTwoVersions(): Promise<Subject> {
  const subject = createSubject()
  await createSupportReply(subject)
  await subject.send('POST', '/v1/prompts/support-reply/versions', {
    ...versionBody,
    messages: [{ role: 'system', content: 'You answer warmly for {{company}}.' }, versionBody.messages[1]],
    variables: {
      ...versionBody.variables,
      properties: { ...versionBody.variables.properties, tone: { type: 'string' } },
      required: ['question', 'tone'],
    },
    model: 'mock/echo',
    parameters: { temperature: 0.7, max_tokens: 500 },
  })
  return subject
}

describe('comparing versions', () => {
  test('shows lines, variables, parameters, fields, and what breaks callers', async () => {
    const subject = await withTwoVersions()
    const answer = await subject.send('GET', '/v1/prompts/support-reply/diff?from=1&to=2')
    expect(answer.json).toMatchObject({
      prompt: 'support-reply',
      from: 1,
      to: 2,
      messages: [
        {
          index: 0,
          change: 'changed',
          lines: [{ change: 'removed' }, { change: 'added', text: 'You answer warmly for {{company}}.' }],
        },
      ],
      variables: [{ name: 'tone', change: 'added', from: null, to: { needed: true } }],
      parameters: [{ field: 'temperature', change: 'changed', from: 0.2, to: 0.7 }],
      breaking: [{ kind: 'variable_required', variable: 'tone' }],
    })
    expect(answer.json['fields']).toEqual([
      { field: 'model', change: 'changed', from: 'openai/gpt-4o-mini', to: 'mock/echo' },
    ])
  })

  test('a version against itself has no differences', async () => {
    const subject = await withTwoVersions()
    const answer = await subject.send('GET', '/v1/prompts/support-reply/diff?from=2&to=2')
    expect(answer.json).toMatchObject({ messages: [], variables: [], parameters: [], fields: [], breaking: [] })
  })

  test('versions are named by number, `v2`, semantic version, `latest` or label', async () => {
    const subject = await withTwoVersions()
    for (const query of ['from=1&to=2', 'from=v1&to=v2', 'from=production&to=latest']) {
      const answer = await subject.send('GET', `/v1/prompts/support-reply/diff?${query}`)
      expect(answer.json, query).toMatchObject({ from: 1, to: 2 })
    }
  })

  test.each([
    ['', 400, 'from'],
    ['?from=1', 400, 'to'],
    ['?from=1&to=x', 404, 'to'],
    ['?from=1&to=1.x', 400, 'to'],
    ['?from=1&to=2&format=html', 400, 'format'],
    ['?from=1&to=9', 404, 'to'],
  ])('%s is a clear error', async (query, status, param) => {
    const subject = await withTwoVersions()
    const answer = await subject.send('GET', `/v1/prompts/support-reply/diff${query}`)
    expect(answer.status).toBe(status)
    expect(answer.json['error']?.['param']).toBe(param)
  })
})
