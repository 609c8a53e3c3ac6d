import type { HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Context } from 'hono'
import { Cancellation } from '../core/cancellation.ts'
import type { Clock } from '../core/clock.ts'
import { Fault } from '../core/fault.ts'
import { timestampOf } from '../core/ids.ts'
import { ownMember } from '../core/json.ts'
import type { AuthenticateVariables } from '../middleware/authenticate.ts'
import { crossOriginHeaders } from '../middleware/cross-origin.ts'
import type { RequestIdVariables } from '../middleware/request-id.ts'
import { type ChatDependencies, chat, recordRefusal } from '../pipeline/chat.ts'
import type { Asked } from '../pipeline/exchange.ts'
import { answerHeaders } from './answer-headers.ts'
import { AnswerWriter } from './answer-writer.ts'
import type { KeepaliveWheel } from './keepalive-wheel.ts'
import { type JsonBody, readJsonBody } from './read-body.ts'

/** What an inference route finds in its Hono context. */
export interface InferenceEnvironment {
  Bindings: HttpBindings
  Variables: RequestIdVariables & AuthenticateVariables
}

export interface InferenceDependencies {
  readonly chat: ChatDependencies
  readonly clock: Clock
  readonly wheel: KeepaliveWheel
  /** Exchanges that are open now; a drain waits for them. */
  readonly open: Set<Cancellation>
  /** True once the process has been told to stop: nothing new is begun. */
  readonly draining: () => boolean
  readonly maxBodyBytes: number
}

/**
 * The one way from HTTP into the pipeline and back; every inference route is this function. The answer is written straight
 * into the node response (a web Response would cost five times as much and hold the first chunk back), so Hono gets the
 * sign that it has been sent.
 */
export async function answerInference(
  context: Context<InferenceEnvironment>,
  dependencies: InferenceDependencies,
  pathReference: string | null,
): Promise<Response> {
  const { incoming, outgoing } = context.env
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
  const body = await readJsonBody(incoming, dependencies.maxBodyBytes).catch((error: unknown) => {
    const asked = askedOf(context, { text: '', body: {} }, startedAt, pathReference)
    throw recordRefusal(dependencies.chat, asked, Fault.from(error))
  })
  const { answered, answer } = await chat(
    dependencies.chat,
    askedOf(context, body, startedAt, pathReference),
    cancellation,
  )
  const headers = { ...answerHeaders(answered), ...crossOriginHeaders(incoming.headers.origin) }
  const writer = new AnswerWriter(outgoing, headers, dependencies.wheel)
  answer.start(writer)
  writer.started()
  return RESPONSE_ALREADY_SENT
}

/** Where HTTP ends: the request as the pipeline knows it. */
export function askedOf(
  context: Context<InferenceEnvironment>,
  body: JsonBody,
  startedAt: number,
  pathReference: string | null,
): Asked {
  const requestId = context.get('requestId')
  const headers = context.env.incoming.headers
  return {
    requestId,
    createdAt: timestampOf(requestId) ?? 0,
    startedAt,
    operation: 'chat',
    key: context.get('key'),
    snapshot: context.get('snapshot'),
    text: body.text,
    body: body.body,
    stream: ownMember(body.body, 'stream') === true,
    header: (name) => {
      const value = headers[name]
      return Array.isArray(value) ? value.join(', ') : value
    },
    pathReference,
  }
}
