import { describe, expect, test } from 'vitest'
import { createSubject, createSupportReply, versionBody } from './subject.ts'

describe('rendering', () => {
  test('gives the exact messages and parameters of a request', async () => {
    const subject = createSubject()
    await createSupportReply(subject)
    const answer = await subject.send('POST', '/v1/render', {
      prompt: 'support-reply',
      variables: { question: 'Where is "it"?' },
      messages: [{ role: 'user', content: 'And?' }],
    })
    expect(answer.json).toMatchObject({
      prompt: 'support-reply',
      version: 1,
      label: 'production',
      model: 'openai/gpt-4o-mini',
      fallback_models: [],
      messages: [
        { role: 'system', content: 'You answer for Acme.' },
        { role: 'user', content: 'Where is "it"?' },
        { role: 'user', content: 'And?' },
      ],
      parameters: { temperature: 0.2, max_tokens: 500 },
      warnings: [],
    })
    expect(subject.published()).toBe(1)
  })

  test.each([
    ['support-reply', 1],
    ['prompt:support-reply', 1],
    ['support-reply@2', 2],
    ['@prompt/support-reply@latest', 3],
    ['prompt:support-reply@v2.0.0', 2],
  ])('%s is a prompt with its version %i', async (prompt, version) => {
    const subject = createSubject()
    await createSupportReply(subject)
    await subject.send('POST', '/v1/prompts/support-reply/versions', { ...versionBody, semver: '2.0.0' })
    await subject.send('POST', '/v1/prompts/support-reply/versions', { ...versionBody, change_note: 'third' })
    const variables = { question: 'Where?' }
    expect((await subject.send('POST', '/v1/render', { prompt, variables })).json['version']).toBe(version)
    const twice = await subject.send('POST', '/v1/render', { prompt, version: 1, variables })
    expect(twice.status).toBe(prompt.includes('y@') ? 400 : 200)
  })

  test.each([
    [{}, 1],
    [{ label: 'production' }, 1],
    [{ version: 2 }, 2],
    [{ version: '2' }, 2],
    [{ version: 'v2' }, 2],
    [{ version: '2.0.0' }, 2],
    [{ version: 'latest' }, 3],
  ])('%j means version %i', async (selector, version) => {
    const subject = createSubject()
    await createSupportReply(subject)
    await subject.send('POST', '/v1/prompts/support-reply/versions', { ...versionBody, semver: '2.0.0' })
    await subject.send('POST', '/v1/prompts/support-reply/versions', versionBody)
    const answer = await subject.send('POST', '/v1/render', {
      prompt: 'support-reply',
      variables: { question: 'x' },
      ...selector,
    })
    expect(answer.json['version']).toBe(version)
    expect(answer.json['label']).toBe('version' in selector ? null : 'production')
  })

  test.each([
    [{ variables: {} }, 400, 'question'],
    [{ variables: { question: 5 } }, 400, 'question'],
    [{ version: 1, label: 'production' }, 400, 'label'],
    [{ version: 'production' }, 400, 'version'],
    [{ version: 0 }, 400, 'version'],
    [{ label: 'latest' }, 400, 'label'],
    [{ version: 9 }, 404, 'prompt'],
    [{ label: 'staging' }, 404, 'prompt'],
    [{ prompt: 'none' }, 404, 'prompt'],
    [{ messages: 'hi' }, 400, 'messages'],
    [{ messages: [{ content: 'x' }] }, 400, 'messages[0].role'],
  ])('%j is a clear error', async (changes, status, param) => {
    const subject = createSubject()
    await createSupportReply(subject)
    const answer = await subject.send('POST', '/v1/render', {
      prompt: 'support-reply',
      variables: { question: 'x' },
      ...changes,
    })
    expect(answer.status).toBe(status)
    expect(answer.json['error']?.['param']).toContain(param)
  })

  test('an unknown variable is ignored and named', async () => {
    const subject = createSubject()
    await createSupportReply(subject)
    const answer = await subject.send('POST', '/v1/render', {
      prompt: 'support-reply',
      variables: { question: 'x', colour: 'red' },
    })
    expect(answer.json['warnings']?.[0]).toContain('colour')
  })

  test('template text inside a value is not evaluated', async () => {
    const subject = createSubject()
    await createSupportReply(subject)
    const answer = await subject.send('POST', '/v1/render', {
      prompt: 'support-reply',
      variables: { question: '{{company}} ${1+1} <%= 1 %>' },
    })
    expect(answer.json['messages']?.[1]?.['content']).toBe('{{company}} ${1+1} <%= 1 %>')
  })
})

test('a version that works but perhaps not as meant comes back with warnings', async () => {
  const subject = createSubject()
  const unused = {
    ...versionBody,
    variables: {
      ...versionBody.variables,
      properties: { ...versionBody.variables.properties, colour: { type: 'string' } },
    },
  }
  const created = await createSupportReply(subject, { version: unused })
  expect(created.json['warnings']?.[0]).toContain('colour')
  const added = await subject.send('POST', '/v1/prompts/support-reply/versions', unused)
  expect(added.json['warnings']?.[0]).toContain('colour')
})
