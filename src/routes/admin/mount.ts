import type { Context, Handler, Hono } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { z } from 'zod'
import type { AdminDependencies } from '../../admin/dependencies.ts'
import type { Endpoint } from '../../contract/admin/endpoint.ts'
import { Fault } from '../../core/fault.ts'
import type { Actor } from '../../store/ports.ts'
import { type AdminEnvironment, authenticateAdmin } from './authenticate.ts'
import { OtherMedia, StreamedMedia, toJson } from './json-text.ts'
import { accept, readBody, readQuery } from './read-request.ts'

/** A request that was let in and understood. */
export interface AdminRequest<Path, Query, Body> {
  readonly actor: Actor
  readonly path: Path
  readonly query: Query
  readonly body: Body
}

/** Puts one endpoint on the air: authenticated, validated, and documented by the same description. */
export type Mount = <Path extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType, Answer extends z.ZodType>(
  endpoint: Endpoint<Path, Query, Body, Answer>,
  handle: (
    request: AdminRequest<z.output<Path>, z.output<Query>, z.output<Body>>,
  ) => Promise<z.input<Answer> | OtherMedia | StreamedMedia>,
) => void

export interface Mounted {
  readonly mount: Mount
  /** All that were mounted, in their order. */
  readonly endpoints: readonly Endpoint[]
  /** Answers what no endpoint does: 405 where the path is known, 404 elsewhere. To be called last. */
  readonly close: () => void
}

/** A way to mount endpoints on `app` such that none can be forgotten by authentication, validation or documentation. */
export function mountOn(app: Hono<AdminEnvironment>, dependencies: AdminDependencies): Mounted {
  const authenticate = authenticateAdmin(dependencies)
  const endpoints: Endpoint[] = []
  const mount: Mount = (endpoint, handle) => {
    endpoints.push(endpoint)
    app.on(endpoint.method, routePattern(endpoint), authenticate, async (context) => {
      const answer = await handle({
        actor: context.get('actor'),
        path: accept(endpoint.parameters, context.req.param(), 'path'),
        query: accept(endpoint.query, readQuery(context.req.url, endpoint.query), 'query'),
        body: await acceptBody(context, endpoint, endpoint.maxBodyBytes ?? dependencies.maxBodyBytes),
      })
      if (endpoint.writes) await publish(context, dependencies)
      if (answer instanceof OtherMedia)
        return context.body(answer.text, endpoint.status, { 'content-type': answer.contentType })
      if (answer instanceof StreamedMedia)
        return context.body(answer.stream(), endpoint.status, { 'content-type': answer.contentType })
      return context.body(toJson(answer), endpoint.status satisfies ContentfulStatusCode, {
        'content-type': 'application/json; charset=UTF-8',
      })
    })
  }
  const close = (): void => {
    for (const pattern of new Set(endpoints.map(routePattern))) {
      const methods = endpoints
        .filter((endpoint) => routePattern(endpoint) === pattern)
        .map((endpoint) => endpoint.method)
      app.all(pattern, authenticate, methodNotAllowed(methods))
    }
    app.all('*', authenticate, notFound)
  }
  return { mount, endpoints, close }
}

/** `/prompts/{slug}` to `/prompts/:slug`; ids of models hold slashes. */
function routePattern(endpoint: Endpoint): string {
  return endpoint.path.replaceAll(/\{(\w+)\}/g, endpoint.slashes ? ':$1{.+}' : ':$1')
}

async function acceptBody<Body extends z.ZodType>(
  context: Context<AdminEnvironment>,
  endpoint: Endpoint<z.ZodType, z.ZodType, Body>,
  maxBytes: number,
): Promise<z.output<Body>> {
  if (endpoint.method === 'GET') return undefined as z.output<Body>
  const sent = await readBody(context.req.raw, maxBytes, endpoint.takesText)
  if (endpoint.body === null) {
    if (sent === undefined) return undefined as z.output<Body>
    throw new Fault('invalid_request', `${endpoint.method} ${endpoint.path} takes no body. Leave it out.`)
  }
  if (sent === undefined && !endpoint.bodyOptional) {
    throw new Fault('invalid_request', 'The body is missing. Send a JSON object.')
  }
  return accept(endpoint.body, sent === undefined ? {} : sent, 'body')
}

/** What was written stays written when serving it takes longer: the answer says so instead of turning into an error. */
async function publish(context: Context<AdminEnvironment>, { published, observe }: AdminDependencies): Promise<void> {
  try {
    await published()
  } catch (error) {
    observe({ type: 'defect', where: 'admin: publish a change', error, requestId: context.get('requestId') })
    context.header('x-promptbox-warning', 'stored, but this process does not serve the change yet')
  }
}

function methodNotAllowed(methods: readonly string[]): Handler<AdminEnvironment> {
  const allow = [...methods, ...(methods.includes('GET') ? ['HEAD'] : [])].join(', ')
  return () => {
    throw new Fault('method_not_allowed', `This path takes ${allow}.`, { headers: { allow } })
  }
}

const notFound: Handler<AdminEnvironment> = () => {
  throw new Fault('not_found', 'The admin API has no such path. GET /admin/docs shows all there are.')
}
