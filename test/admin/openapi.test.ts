import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import type { OpenApiDocument } from '../../src/contract/admin/openapi.ts'
import { createSubject, endpoints } from './subject.ts'

async function document(): Promise<OpenApiDocument> {
  const answer = await createSubject().send('GET', '/openapi.json', undefined, { authorization: '' })
  expect(answer.status).toBe(200)
  return JSON.parse(answer.text) as OpenApiDocument
}

function referencesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, member]) => (name === '$ref' ? [String(member)] : referencesIn(member)))
}

/** A validator for any schema of the document. */
function validatorOf(api: OpenApiDocument): (schema: unknown, value: unknown) => string {
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  ajv.addSchema({ $id: 'api', ...(api as unknown as Record<string, unknown>) })
  return (schema, value) => {
    const text = JSON.stringify(schema).replaceAll('"#/components/', '"api#/components/')
    ajv.validate(JSON.parse(text) as object, value)
    return ajv.errorsText()
  }
}

describe('the OpenAPI document', () => {
  test('describes every endpoint, and each by its path and method', async () => {
    const api = await document()
    const described = Object.entries(api.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    )
    expect(described.sort()).toEqual(endpoints.map(({ method, path }) => `${method} ${path}`).sort())
    expect(api.openapi).toBe('3.1.0')
  })

  test('names every schema as a reader would', async () => {
    const names = Object.keys((await document()).components.schemas)
    expect(names).toContain('Targeting')
    expect(names.filter((name) => !/^[A-Z][A-Za-z]+$/.test(name))).toEqual([])
  })

  test('has the structure of OpenAPI 3.1', async () => {
    const api = await document()
    const ids = new Set<string>()
    for (const [path, operations] of Object.entries(api.paths)) {
      expect(path).toMatch(/^\//)
      for (const operation of Object.values(operations)) {
        expect(ids.has(operation.operationId), operation.operationId).toBe(false)
        ids.add(operation.operationId)
        expect(operation.summary.length).toBeGreaterThan(5)
        expect(api.tags.map(({ name }) => name)).toContain(operation.tags[0])
        const inPath = operation.parameters.filter((parameter) => parameter.in === 'path')
        expect(inPath.map(({ name }) => name).sort()).toEqual(
          [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort(),
        )
        expect(inPath.every(({ required }) => required)).toBe(true)
        for (const parameter of operation.parameters) {
          expect(['path', 'query']).toContain(parameter.in)
          expect(Object.keys(parameter.schema), `${operation.operationId}.${parameter.name}`).not.toEqual([])
        }
        const statuses = Object.keys(operation.responses)
        expect(statuses.filter((status) => status.startsWith('2'))).toHaveLength(1)
        for (const status of ['400', '401', '403', '500', '503'])
          expect(statuses, operation.operationId).toContain(status)
      }
    }
  })

  test('every reference leads somewhere, and every component is used', async () => {
    const api = await document()
    const references = new Set(referencesIn(api))
    for (const reference of references) {
      const steps = reference.replace('#/', '').split('/')
      const target = steps.reduce<unknown>((value, step) => (value as Record<string, unknown> | undefined)?.[step], api)
      expect(target, reference).toBeTypeOf('object')
    }
    for (const room of ['schemas', 'responses', 'headers'] as const) {
      for (const name of Object.keys(api.components[room]))
        expect(references, name).toContain(`#/components/${room}/${name}`)
    }
  })

  test('every schema is a JSON Schema, and every example fits its schema', async () => {
    const api = await document()
    const errors = validatorOf(api)
    for (const operation of Object.values(api.paths).flatMap((operations) => Object.values(operations))) {
      const body = operation.requestBody?.content['application/json']
      if (body?.example !== undefined)
        expect.soft(errors(body.schema, body.example), `${operation.operationId} body`).toBe('No errors')
      for (const response of Object.values(operation.responses)) {
        if ('$ref' in response) continue
        const { schema, example } = response.content['application/json']
        expect.soft(errors(schema, example), `${operation.operationId} answer`).toBe('No errors')
      }
      for (const { name, schema, example } of operation.parameters) {
        if (example !== undefined)
          expect.soft(errors(schema, example), `${operation.operationId} ${name}`).toBe('No errors')
      }
    }
    for (const [name, { content }] of Object.entries(api.components.responses)) {
      expect
        .soft(errors(content['application/json'].schema, content['application/json'].example), name)
        .toBe('No errors')
    }
  })

  test('the examples are accepted by the schemas that validate requests', () => {
    for (const { id, body, example, query, parameters } of endpoints) {
      if (body !== null && example.body !== undefined)
        expect.soft(body.safeParse(example.body).error, id).toBeUndefined()
      expect.soft(query.safeParse(example.query ?? {}).error, id).toBeUndefined()
      expect.soft(parameters.safeParse(example.path ?? {}).error, id).toBeUndefined()
    }
  })

  test('says that bodies are strict, and which fields are secrets', async () => {
    const api = await document()
    expect(api.components.schemas['CreatePrompt']).toMatchObject({
      additionalProperties: false,
      required: ['slug', 'name'],
    })
    expect(api.components.schemas['VersionBody']).toMatchObject({ additionalProperties: false })
    expect(api.components.schemas['PutProvider']).toMatchObject({ properties: { api_key: { writeOnly: true } } })
    expect(api.components.schemas['Prompt']).not.toHaveProperty('additionalProperties')
  })
})

describe('the page', () => {
  test('is one file that asks nobody else for anything', async () => {
    const answer = await createSubject().send('GET', '/docs', undefined, { authorization: '' })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toContain('text/html')
    expect(answer.text).not.toMatch(/(?:src|href)="(?:https?:)?\/\//)
    expect(answer.text).not.toMatch(/@import|url\(/)
    expect(answer.text).not.toMatch(/ (?:on\w+|style)="/)
  })

  test('its policy allows exactly its own style and script', async () => {
    const answer = await createSubject().send('GET', '/docs', undefined, { authorization: '' })
    const policy = answer.headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).not.toContain('unsafe')
    for (const [tag, directive] of [
      ['style', 'style-src'],
      ['script', 'script-src'],
    ] as const) {
      const source = new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`).exec(answer.text)?.[1] ?? ''
      const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(source))
      expect(policy).toContain(`${directive} 'sha256-${Buffer.from(digest).toString('base64')}'`)
    }
  })

  test('shows every endpoint with a command, and every link leads somewhere', async () => {
    const { text } = await createSubject().send('GET', '/docs', undefined, { authorization: '' })
    const ids = new Set([...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id))
    for (const { id } of endpoints) expect(ids).toContain(id)
    for (const [, target] of text.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(target)
    expect(text.match(/curl/g)?.length).toBeGreaterThanOrEqual(endpoints.length)
    expect(text).toContain(
      '-X DELETE &#34;$PROMPTBOX_URL/admin/v1/prompts/support-reply/labels/production?reason=withdrawn&#34;',
    )
  })

  test('escapes what it shows', async () => {
    const { html } = await import('../../src/routes/admin/docs/html.ts')
    expect(html`<p title="${'"'}">${'<script>&'}${[1, html`<b>${"'"}</b>`]}</p>`.text).toBe(
      '<p title="&#34;">&#60;script&#62;&#38;1<b>&#39;</b></p>',
    )
  })
})
