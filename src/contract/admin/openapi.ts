import { z } from 'zod'
import { type FaultKind, consequences } from '../../core/fault.ts'
import { promptboxVersion } from '../../core/version.ts'
import type { Endpoint, EndpointExample } from './endpoint.ts'
import { type JsonSchema, type JsonSchemas, collectJsonSchemas } from './json-schemas.ts'

/** The part of OpenAPI 3.1 that we write. */
export interface OpenApiDocument {
  readonly openapi: '3.1.0'
  readonly info: {
    readonly title: string
    readonly version: string
    readonly description: string
    readonly license: { readonly name: string; readonly identifier: string }
  }
  readonly servers: readonly { readonly url: string }[]
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
  readonly tags: readonly { readonly name: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>
  readonly components: {
    readonly securitySchemes: Readonly<Record<string, unknown>>
    readonly headers: Readonly<Record<string, unknown>>
    readonly responses: Readonly<Record<string, OpenApiResponse>>
    readonly schemas: Readonly<Record<string, JsonSchema>>
  }
}

export interface OpenApiOperation {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly summary: string
  readonly description?: string
  readonly parameters: readonly OpenApiParameter[]
  readonly requestBody?: { readonly required: boolean; readonly content: OpenApiContent }
  /** An answer as it is; errors, which many operations share, by reference into `components.responses`. */
  readonly responses: Readonly<Record<string, OpenApiResponse | { readonly $ref: string }>>
}

export interface OpenApiParameter {
  readonly name: string
  readonly in: 'path' | 'query'
  readonly required: boolean
  readonly description?: string
  readonly style?: 'deepObject'
  readonly explode?: true
  readonly example?: unknown
  readonly schema: JsonSchema
}

export interface OpenApiResponse {
  readonly description: string
  readonly headers: Readonly<Record<string, unknown>>
  readonly content: OpenApiContent
}

type OpenApiContent = { readonly 'application/json': { readonly schema: JsonSchema; readonly example?: unknown } }

const description = `Everything about Promptbox but the inference itself. JSON in snake_case; bodies and query parameters are strict: a field that is not known is a 400 that names it. Answers may gain fields with time. Times are ISO 8601 in UTC. Lists are pages: pass \`next_cursor\` as \`cursor\` until it is null. Every answer has an \`x-request-id\`. A change is served by this process when the answer arrives, and by every other within one second.`

const errorSchema = z
  .object({
    error: z.object({
      message: z.string().meta({ description: 'What is wrong, which rule it broke, and what to do.' }),
      type: z.string(),
      param: z
        .string()
        .nullable()
        .meta({ description: 'Path of the field at fault, such as `version.messages[0].role`.' }),
      code: z.string().nullable().meta({ description: 'For programs to tell cases apart.' }),
    }),
  })
  .meta({ id: 'Error' })

const faultsEverywhere: readonly FaultKind[] = [
  'invalid_request',
  'unauthenticated',
  'permission_denied',
  'internal',
  'unavailable',
]
const faultsWithBody: readonly FaultKind[] = ['invalid_json', 'request_too_large', 'unsupported_media_type']

const meanings: Partial<Record<FaultKind, string>> = {
  invalid_request: 'A field is missing, wrong or unknown; `param` names it.',
  invalid_json: 'The body is not JSON; the message says where.',
  invalid_variables: 'A variable is missing or of the wrong type.',
  unauthenticated: 'No key, or one that is unknown, revoked or expired.',
  permission_denied: 'The key has no scope `admin`.',
  not_found: 'There is no such thing.',
  prompt_not_found: 'There is no such prompt, version or label.',
  conflict: 'The name is taken, or the step is impossible as things stand.',
  request_too_large: 'The body is too large.',
  unsupported_media_type: 'The body is not `application/json`.',
  internal: 'Promptbox failed. The request id finds it in the log.',
  unavailable: 'The database is away. What needs it works again when it is back.',
}

/** The OpenAPI 3.1 document of these endpoints, made from the schemas that validate them. */
export function openApiDocument(endpoints: readonly Endpoint[]): OpenApiDocument {
  const schemas = collectJsonSchemas()
  const error = schemas.convert(errorSchema, 'input')
  const responses: Record<string, OpenApiResponse> = {}
  const paths: Record<string, Record<string, OpenApiOperation>> = {}
  for (const endpoint of endpoints) {
    const operations = (paths[endpoint.path] ??= {})
    const errors = errorsOf(endpoint)
    for (const { name, kinds } of errors) responses[name] ??= errorResponse(kinds, error)
    operations[endpoint.method.toLowerCase()] = operationOf(endpoint, schemas, errors)
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Promptbox admin API',
      version: promptboxVersion,
      description,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/admin/v1' }],
    security: [{ bearer: [] }, { apiKey: [] }],
    tags: [...new Set(endpoints.map((endpoint) => endpoint.group))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'The super-admin key, or a key with the scope `admin`.',
        },
        apiKey: { type: 'apiKey', in: 'header', name: 'api-key' },
      },
      headers: {
        'x-request-id': { description: 'Id of this request (UUIDv7).', schema: { type: 'string', format: 'uuid' } },
      },
      responses,
      schemas: schemas.components(),
    },
  }
}

function operationOf(endpoint: Endpoint, schemas: JsonSchemas, errors: readonly PossibleError[]): OpenApiOperation {
  const { example } = endpoint
  const parameters = [
    ...parametersOf(endpoint.parameters, 'path', schemas, example),
    ...parametersOf(endpoint.query, 'query', schemas, example),
  ]
  const answer = content(schemas.convert(endpoint.answer, 'input'), example.answer)
  const body = endpoint.body === null ? null : content(schemas.convert(endpoint.body, 'input'), example.body)
  return {
    operationId: endpoint.id,
    tags: [endpoint.group],
    summary: endpoint.summary,
    ...(endpoint.description === '' ? {} : { description: endpoint.description }),
    parameters,
    ...(body === null ? {} : { requestBody: { required: !endpoint.bodyOptional, content: body } }),
    responses: {
      [endpoint.status]: { description: endpoint.status === 201 ? 'Created.' : 'Done.', headers, content: answer },
      ...Object.fromEntries(errors.map(({ status, name }) => [status, { $ref: `#/components/responses/${name}` }])),
    },
  }
}

const headers = { 'x-request-id': { $ref: '#/components/headers/x-request-id' } }

function content(schema: JsonSchema, example: unknown): OpenApiContent {
  return { 'application/json': { schema, ...(example === undefined ? {} : { example }) } }
}

function parametersOf(
  schema: z.ZodType,
  place: 'path' | 'query',
  schemas: JsonSchemas,
  example: EndpointExample,
): readonly OpenApiParameter[] {
  if (!(schema instanceof z.ZodObject)) throw new Error('Parameters of an endpoint are an object of fields.')
  const fields = Object.entries<z.core.$ZodType>(schema.shape)
  return fields.map(([name, field]) => {
    const { description: text, ...rest } = schemas.convert(field, 'output')
    const value = place === 'path' ? example.path?.[name] : example.query?.[name]
    return {
      name,
      in: place,
      required: !z.safeParse(field, undefined).success,
      ...(typeof text === 'string' ? { description: text } : {}),
      ...(rest['type'] === 'object' ? { style: 'deepObject' as const, explode: true as const } : {}),
      ...(value === undefined ? {} : { example: rest['type'] === 'integer' ? Number(value) : value }),
      schema: rest,
    }
  })
}

interface PossibleError {
  readonly status: number
  /** Under `components.responses`. */
  readonly name: string
  readonly kinds: readonly FaultKind[]
}

/** Everything that can go wrong at an endpoint, by status. */
function errorsOf(endpoint: Endpoint): readonly PossibleError[] {
  const kinds = [...faultsEverywhere, ...(endpoint.body === null ? [] : faultsWithBody), ...endpoint.faults]
  const byStatus = new Map<number, FaultKind[]>()
  for (const kind of kinds) {
    const { status } = consequences[kind]
    byStatus.set(status, [...(byStatus.get(status) ?? []), kind])
  }
  return [...byStatus]
    .sort(([left], [right]) => left - right)
    .map(([status, at]) => ({ status, kinds: at, name: at.join('_or_') }))
}

function errorResponse(kinds: readonly FaultKind[], error: JsonSchema): OpenApiResponse {
  const [first] = kinds
  const example = first === undefined ? undefined : exampleOf(first)
  return {
    description: kinds.map((kind) => meanings[kind] ?? kind).join(' '),
    headers,
    content: content(error, example),
  }
}

function exampleOf(kind: FaultKind): unknown {
  const { type, code } = consequences[kind]
  return { error: { message: meanings[kind] ?? kind, type, param: null, code } }
}
