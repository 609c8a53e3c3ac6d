import type { IncomingMessage } from 'node:http'
import type { HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Context } from 'hono'
import { Cancellation } from '../core/cancellation.ts'
import type { Clock } from '../core/clock.ts'
import { Fault } from '../core/fault.ts'
import { timestampOf } from '../core/ids.ts'
import { type JsonObject, ownMember } from '../core/json.ts'
import type { Operation } from '../core/operation.ts'
import type { AuthenticateVariables } from '../middleware/authenticate.ts'
import { crossOriginHeaders } from '../middleware/cross-origin.ts'
import type { RequestIdVariables } from '../middleware/request-id.ts'
import { type ExchangeDependencies, ExchangeRefused, recordRefusal, runExchange } from '../pipeline/run-exchange.ts'
import type { Asked } from '../pipeline/exchange.ts'
import type { RecentUnits } from '../pipeline/recent-units.ts'
import { answerHeaders } from './answer-headers.ts'
import { AnswerWriter } from './answer-writer.ts'
import type { KeepaliveWheel } from './keepalive-wheel.ts'
import type { InferenceRoute } from './inference-routes.ts'
import { type JsonBody, readJsonBody } from './read-body.ts'
import { type FormLimits, readForm } from './read-form.ts'
import { wireFormOf } from './wire-form.ts'

/** What an inference route finds in its Hono context. */
export interface InferenceEnvironment {
  Bindings: HttpBindings
  Variables: RequestIdVariables & AuthenticateVariables
}

export interface InferenceDependencies {
  readonly exchanges: ExchangeDependencies
  readonly clock: Clock
  readonly wheel: KeepaliveWheel
  /** Exchanges that are open now; a drain waits for them. */
  readonly open: Set<Cancellation>
  /** True once the process has been told to stop: nothing new is begun. */
  readonly draining: () => boolean
  /** How long a stream that nobody has answered yet stays silent towards the client, milliseconds. */
  readonly earlyHeadMs: number
  readonly maxBodyBytes: number
  readonly forms: FormLimits
  readonly recentUnits: RecentUnits
}

/** A body as the pipeline takes it. */
type Body = JsonBody & Pick<Asked, 'form'>

/**
 * The one way from HTTP into the pipeline and back; every inference route is this function. The answer is written straight
 * into the node response (a web Response would cost five times as much and hold the first chunk back), so Hono gets the
 * sign that it has been sent.
 */
export async function answerInference(
  context: Context<InferenceEnvironment>,
  dependencies: InferenceDependencies,
  route: InferenceRoute,
  pathReference: string | null,
): Promise<Response> {
  const { incoming, outgoing } = context.env
  const { recentUnits } = dependencies
  const startedAt = dependencies.clock.monotonic()
  if (dependencies.draining()) {
    throw new Fault('unavailable', 'This Promptbox is shutting down. Try again.', { headers: { connection: 'close' } })
  }
  const cancellation = new Cancellation()
  dependencies.open.add(cancellation)
  outgoing.once('close', () => {
    dependencies.open.delete(cancellation)
    if (!outgoing.writableFinished) {
      cancellation.cancel(
        new Fault('client_closed', 'The client closed the connection before the answer was complete.'),
      )
    }
  })
  const body = await readBody(incoming, dependencies, route).catch((error: unknown) => {
    const nothing = { text: '', body: {}, form: null }
    const asked = askedOf(context, route, nothing, startedAt, { pathReference, recentUnits })
    throw recordRefusal(dependencies.exchanges, asked, Fault.from(error))
  })
  const form = wireFormOf(route.operation)
  const earlyHeaders = {
    ...form.requestIdHeaders(context.get('requestId')),
    ...crossOriginHeaders(incoming.headers.origin),
  }
  const writer = new AnswerWriter(outgoing, {
    requestId: context.get('requestId'),
    earlyHeaders,
    form,
    wheel: dependencies.wheel,
  })
  const isOpen = () => writer.isOpen
  const asked = askedOf(context, route, body, startedAt, { pathReference, recentUnits, isOpen })
  const early = asked.stream ? setTimeout(() => writer.openEarly(), dependencies.earlyHeadMs) : null
  try {
    const { answered, answer } = await runExchange(dependencies.exchanges, asked, cancellation)
    writer.answeredWith({ ...answerHeaders(answered), ...earlyHeaders })
    answer.start(writer)
    writer.started()
  } catch (error) {
    if (!writer.isOpen) throw error
    writer.fail(error instanceof ExchangeRefused ? error.fault : Fault.from(error))
  } finally {
    if (early !== null) clearTimeout(early)
  }
  return RESPONSE_ALREADY_SENT
}

/** What may come as a form, because it may come with a file. */
const takesForms: ReadonlySet<Operation> = new Set<Operation>(['images', 'audio'])

async function readBody(
  incoming: IncomingMessage,
  { maxBodyBytes, forms }: InferenceDependencies,
  { operation, path }: InferenceRoute,
): Promise<Body> {
  const isForm = /^\s*multipart\/form-data/i.test(incoming.headers['content-type'] ?? '')
  if (isForm && takesForms.has(operation)) return readForm(incoming, forms)
  if (isForm) throw new Fault('unsupported_media_type', `/v1${path} takes a JSON object, not a multipart form.`)
  const { text, body } = await readJsonBody(incoming, maxBodyBytes)
  return { text, body, form: null }
}

/** Where HTTP ends: the request as the pipeline knows it. */
export function askedOf(
  context: Context<InferenceEnvironment>,
  route: InferenceRoute,
  body: Body,
  startedAt: number,
  {
    pathReference,
    recentUnits,
    isOpen = () => false,
  }: Pick<Asked, 'pathReference'> & Partial<Pick<Asked, 'recentUnits' | 'isOpen'>>,
): Asked {
  const requestId = context.get('requestId')
  const headers = context.env.incoming.headers
  return {
    requestId,
    createdAt: timestampOf(requestId) ?? 0,
    startedAt,
    operation: route.operation,
    path: route.path,
    key: context.get('key'),
    snapshot: context.get('snapshot'),
    text: body.text,
    body: body.body,
    form: body.form,
    stream: asksForStream(body.body),
    header: (name) => {
      const value = headers[name]
      return Array.isArray(value) ? value.join(', ') : value
    },
    pathReference,
    isOpen,
    recentUnits,
  }
}

/** Speech has a name of its own for it. */
function asksForStream(body: JsonObject): boolean {
  return ownMember(body, 'stream') === true || ownMember(body, 'stream_format') === 'sse'
}
