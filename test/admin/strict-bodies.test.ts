import { describe, expect, test } from 'vitest'
import type { Endpoint } from '../../src/contract/admin/endpoint.ts'
import { createSubject, createSupportReply, endpoints } from './subject.ts'

const filled = ({ path, example }: Endpoint): string =>
  `/v1${path.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => example.path?.[name] ?? 'support-reply')}`

/** What an import is sent is somebody else's file: a field that nobody knows there is reported in `notes` instead (interchange.test.ts). */
const foreign = 'importPrompts'
const withBody = endpoints.filter(({ id, body }) => body !== null && id !== foreign)

describe('every body is strict', () => {
  test('all POST, PUT and PATCH endpoints take a described body', () => {
    const without = endpoints.filter(({ method, body }) => ['POST', 'PUT', 'PATCH'].includes(method) && body === null)
    expect(without.map(({ id }) => id)).toEqual([])
    expect(withBody.length).toBeGreaterThan(12)
  })

  test.each(withBody.map((endpoint) => [endpoint.id, endpoint] as const))(
    '%s names a field it does not know',
    async (_id, endpoint) => {
      const subject = createSubject()
      await createSupportReply(subject)
      const published = subject.published()
      for (const body of [{ ...(endpoint.example.body as object), no_such_field: 1 }, { no_such_field: null }]) {
        const answer = await subject.send(endpoint.method, filled(endpoint), body)
        expect(answer.status).toBe(400)
        expect(answer.json['error']).toMatchObject({
          type: 'invalid_request_error',
          code: null,
          param: 'no_such_field',
          message: expect.stringContaining('`no_such_field` is not a known field'),
        })
      }
      expect(subject.published()).toBe(published)
    },
  )

  test.each(withBody.map((endpoint) => [endpoint.id, endpoint] as const))(
    '%s refuses what is no object',
    async (_id, endpoint) => {
      const subject = createSubject()
      await createSupportReply(subject)
      for (const body of ['[]', '"text"', '5', 'null', 'true']) {
        const answer = await subject.send(endpoint.method, filled(endpoint), body)
        expect.soft(answer.status, body).toBe(400)
        expect.soft(answer.json['error']?.['message'], body).toContain('must be an object')
      }
    },
  )

  test.each(endpoints.map((endpoint) => [endpoint.id, endpoint] as const))(
    '%s names a query parameter it does not know',
    async (_id, endpoint) => {
      const subject = createSubject()
      await createSupportReply(subject)
      const query = new URLSearchParams({ ...endpoint.example.query, no_such_parameter: '1' })
      const body = endpoint.method === 'GET' ? undefined : endpoint.example.body
      const answer = await subject.send(endpoint.method, `${filled(endpoint)}?${query.toString()}`, body)
      expect(answer.status).toBe(400)
      expect(answer.json['error']?.['param']).toBe('no_such_parameter')
    },
  )

  test('an endpoint without a body refuses one, rather than ignoring it', async () => {
    const subject = createSubject()
    for (const endpoint of endpoints.filter(({ method, body }) => method !== 'GET' && body === null)) {
      const answer = await subject.send(endpoint.method, filled(endpoint), { force: true })
      expect.soft(answer.status, endpoint.id).toBe(400)
      expect.soft(answer.json['error']?.['message'], endpoint.id).toContain('takes no body')
    }
  })

  test('a required body that is missing is said to be missing', async () => {
    const subject = createSubject()
    await createSupportReply(subject)
    for (const endpoint of withBody.filter(({ bodyOptional }) => !bodyOptional)) {
      const answer = await subject.send(endpoint.method, filled(endpoint))
      expect.soft(answer.status, endpoint.id).toBe(400)
      expect.soft(answer.json['error']?.['message'], endpoint.id).toBe('The body is missing. Send a JSON object.')
    }
  })
})

describe('the message of a refusal', () => {
  test.each([
    [{ slug: 'a', name: 'A', verson: {} }, 'verson', '`verson` is not a known field. Did you mean `version`?'],
    [
      { slug: 'a', name: 'A', complianceTags: [] },
      'complianceTags',
      '`complianceTags` is not a known field. Did you mean `compliance_tags`?',
    ],
    [
      { slug: 'a', name: 'A', version: { model: 'm', messages: [], paramters: {} } },
      'version.paramters',
      '`version.paramters` is not a known field. Did you mean `parameters`?',
    ],
    [{ slug: 'a', name: 5 }, 'name', '`name` must be a string, not a number.'],
    [{ slug: 'a' }, 'name', '`name` is missing; it is required.'],
    [{ slug: 'a', name: 'A', tags: 'x' }, 'tags', '`tags` must be a list, not a string.'],
    [{ slug: 'a', name: 'A', tags: ['x', 'x'] }, 'tags', '`tags` must not name anything twice.'],
    [{ slug: 'a', name: 'A', tags: [{}] }, 'tags[0]', '`tags[0]` must be a string, not an object.'],
    [
      {
        slug: 'a',
        name: 'A',
        version: {
          model: 'm',
          messages: [
            { role: 'user', content: 'x' },
            { role: 'usr', content: 'x' },
          ],
        },
      },
      'version.messages[1].role',
      '`version.messages[1].role` must be one of `system`, `developer`, `user`, `assistant`, `tool`, `placeholder`.',
    ],
    [
      { slug: 'a', name: 'A', version: { model: 'm', messages: [], retries: 1.5 } },
      'version.retries',
      '`version.retries` must be a whole number, not a fraction.',
    ],
  ])('%j', async (body, param, message) => {
    const answer = await createSubject().send('POST', '/v1/prompts', body)
    expect(answer.status).toBe(400)
    expect(answer.json['error']).toMatchObject({ param, message })
  })

  test('lists every problem; a misspelt name comes first', async () => {
    const answer = await createSubject().send('POST', '/v1/prompts', { nmae: 'A', tags: 5 })
    expect(answer.json['error']).toMatchObject({ param: 'nmae' })
    const message = String(answer.json['error']?.['message'])
    for (const part of ['4 problems', '`slug` is', '`tags` must be a list', 'Did you mean `name`?'])
      expect.soft(message).toContain(part)
  })

  test('tells authors of versions where model parameters belong', async () => {
    const subject = createSubject()
    await createSupportReply(subject)
    const answer = await subject.send('POST', '/v1/prompts/support-reply/versions', {
      model: 'm',
      messages: [],
      temperature: 1,
    })
    expect(answer.json['error']).toMatchObject({
      param: 'temperature',
      message: expect.stringContaining('belongs in `parameters`'),
    })
  })

  test('stays readable when everything is wrong', async () => {
    const body = Object.fromEntries(
      Array.from({ length: 5000 }, (_, index) => [`field_${index}_${'x'.repeat(200)}`, index]),
    )
    const answer = await createSubject().send('POST', '/v1/keys', body)
    expect(answer.status).toBe(400)
    expect(answer.text.length).toBeLessThan(20_000)
  })
})
