import { z } from 'zod'
import type { FaultKind } from '../../core/fault.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/**
 * One endpoint of the admin API, said once: the routes validate by it, the handlers take their types from it, and the
 * OpenAPI document and its page are made from it. A route that is not one of these cannot be mounted.
 */
export interface Endpoint<
  Path extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Answer extends z.ZodType = z.ZodType,
> {
  /** `operationId` of the OpenAPI document. */
  readonly id: string
  readonly method: Method
  /** Below `/admin/v1`, with `{name}` for each path parameter. */
  readonly path: string
  /** Heading under which it is documented. */
  readonly group: string
  readonly summary: string
  readonly description: string
  readonly parameters: Path
  readonly query: Query
  /** null: takes no body, and a body that is sent all the same is refused. */
  readonly body: Body | null
  /** The body may be left out; it then counts as `{}`. */
  readonly bodyOptional: boolean
  /** The body may also be a text that is no JSON, as its content type says; it then counts as a string. */
  readonly takesText: boolean
  /** A path parameter may hold slashes. */
  readonly slashes: boolean
  /** It changes something, which this process must serve before the answer goes out. */
  readonly writes: boolean
  /** Largest body, bytes; null: as everywhere in the admin API. */
  readonly maxBodyBytes: number | null
  readonly status: 200 | 201
  readonly answer: Answer
  /** What can go wrong here beyond what can go wrong everywhere. */
  readonly faults: readonly FaultKind[]
  readonly example: EndpointExample
}

export interface EndpointExample {
  /** Values of the path parameters. */
  readonly path?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly answer: unknown
}

const nothing = z.strictObject({})
type Nothing = typeof nothing

interface Definition<Path, Query, Body, Answer> {
  readonly id: string
  readonly method: Method
  readonly path: string
  readonly group: string
  readonly summary: string
  readonly description?: string
  readonly parameters?: Path
  readonly query?: Query
  readonly body?: Body
  readonly bodyOptional?: boolean
  readonly takesText?: boolean
  readonly slashes?: boolean
  readonly writes?: boolean
  readonly maxBodyBytes?: number
  readonly status?: 200 | 201
  readonly answer: Answer
  readonly faults?: readonly FaultKind[]
  readonly example: EndpointExample
}

/** Fills in what an endpoint leaves out: no parameters, no query, no body, 200. */
export function defineEndpoint<
  Answer extends z.ZodType,
  Path extends z.ZodType = Nothing,
  Query extends z.ZodType = Nothing,
  Body extends z.ZodType = Nothing,
>(definition: Definition<Path, Query, Body, Answer>): Endpoint<Path, Query, Body, Answer> {
  // The casts stand for "left out, so inferred as Nothing", which the compiler cannot conclude.
  return {
    description: '',
    bodyOptional: false,
    takesText: false,
    slashes: false,
    writes: definition.method !== 'GET',
    status: 200,
    faults: [],
    maxBodyBytes: null,
    ...definition,
    parameters: definition.parameters ?? (nothing as unknown as Path),
    query: definition.query ?? (nothing as unknown as Query),
    body: definition.body ?? null,
  }
}
