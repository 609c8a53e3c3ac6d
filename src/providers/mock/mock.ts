import { createHash } from 'node:crypto'
import { Fault } from '../../core/fault.ts'
import { isJsonObject } from '../../core/json.ts'
import type { AnswerChunk, Provider, ProviderCall } from '../provider.ts'
import { readBehaviour, type Behaviour } from './behaviour.ts'
import { streamedReply, wholeReply } from './chunks.ts'
import { Playback, type Score } from './playback.ts'
import { replyTo, type Reply } from './reply.ts'
import { readMockRequest } from './request.ts'

/**
 * The built-in provider: no network, no key, and the same answer to the same request, so that everything can be tried
 * and tested. What it does is chosen by the model's name.
 */
export function mockProvider(): Provider {
  const attempts = new AttemptCount()
  return {
    id: 'mock',
    aliases: [],
    genAiName: 'mock',
    priceId: null,
    defaultBaseUrl: 'mock:',
    needsApiKey: false,
    builtIn: true,
    // It always tells its usage, asked or not.
    usageOption: false,
    endpoints: { chat: (call, sink) => new Playback(scoreOf(call, attempts), sink, call.limits) },
  }
}

function scoreOf(call: ProviderCall, attempts: AttemptCount): Score {
  try {
    return answer(call, readBehaviour(call.model), attempts)
  } catch (error) {
    return failing(Fault.from(error))
  }
}

function answer(call: ProviderCall, behaviour: Behaviour, attempts: AttemptCount): Score {
  switch (behaviour.kind) {
    case '429':
      return failing(
        new Fault('upstream_rate_limited', 'mock/429 limits the rate of every call.', {
          retryAfterMs: 1000,
          upstreamStatus: 429,
        }),
      )
    case '500':
      return failing(new Fault('upstream_error', 'mock/500 fails every call.', { upstreamStatus: 500 }))
    case 'timeout': {
      const never = call.limits.headTimeoutMs
      const fault = new Fault('upstream_timeout', 'mock/timeout never answers.')
      // Without a limit it really is for ever; the longest a timer can wait.
      return { ...failing(fault), pauseMs: never > 0 ? never : 2 ** 31 - 1 }
    }
    case 'flaky': {
      const attempt = attempts.next(call.requestId)
      if (draw(bodyOf(call), attempt) < behaviour.percent) {
        return failing(
          new Fault('upstream_error', `mock/${call.model} failed attempt ${attempt}.`, { upstreamStatus: 500 }),
        )
      }
      break
    }
    default:
  }
  return replying(call, behaviour)
}

function replying(call: ProviderCall, behaviour: Behaviour): Score {
  const text = bodyOf(call)
  const body: unknown = JSON.parse(text)
  if (!isJsonObject(body))
    throw new Fault('upstream_rejected', 'The body must be a JSON object.', { upstreamStatus: 400 })
  const request = readMockRequest(body)
  const reply = replyTo(request, behaviour, text)
  if (!call.stream) requireRoom(reply, request.choices, call.limits.maxAnswerBytes)
  const chunks = call.stream ? streamedReply(call, request, reply) : single(wholeReply(call, request, reply))
  const half = call.stream ? 1 + Math.ceil((reply.content.length * request.choices) / 2) : 0
  return {
    stream: call.stream,
    chunks,
    pauseMs: behaviour.kind === 'slow' ? behaviour.pauseMs : 0,
    fault: faultInside(behaviour, half),
  }
}

/** A stream is made as it is read; an answer in one piece stands in memory whole, every choice of it. */
function requireRoom(reply: Reply, choices: number, mostChars: number): void {
  const chars = reply.content.reduce((sum, token) => sum + token.length, 0)
  if (chars * choices <= mostChars) return
  const message = `The answer would have ${choices} times ${chars} characters; at most ${mostChars} are allowed. Stream it, or ask for a smaller \`n\`.`
  throw new Fault('upstream_rejected', message, { upstreamStatus: 400, param: 'n' })
}

function bodyOf(call: ProviderCall): string {
  if (typeof call.body === 'string') return call.body
  throw new Fault('upstream_rejected', 'The mock models take JSON, not an upload.', { upstreamStatus: 400 })
}

function faultInside(behaviour: Behaviour, after: number): Score['fault'] {
  switch (behaviour.kind) {
    case 'cut':
      return { after, fault: new Fault('upstream_interrupted', 'mock/cut broke off in the middle of its answer.') }
    case 'error-midstream':
      return {
        after,
        fault: new Fault('upstream_error', 'mock/error-midstream reports an error in the middle of its answer.'),
      }
    default:
      return null
  }
}

function failing(fault: Fault): Score {
  return { stream: false, chunks: single(), pauseMs: 0, fault: { after: 0, fault } }
}

function single(...chunks: readonly AnswerChunk[]): Iterator<AnswerChunk, void> {
  return chunks[Symbol.iterator]()
}

/** A number from 0 to 99 that depends on the body and the attempt and on nothing else. */
function draw(body: string, attempt: number): number {
  return createHash('sha256').update(`${attempt}:${body}`).digest().readUInt32BE(0) % 100
}

/**
 * Which attempt of its exchange a call is, from 1. So the first attempt at a body always has the same fate, and a retry
 * has another that is just as fixed.
 */
class AttemptCount {
  readonly #counts = new Map<string, number>()

  next(requestId: string): number {
    const count = (this.#counts.get(requestId) ?? 0) + 1
    this.#counts.delete(requestId)
    this.#counts.set(requestId, count)
    const oldest = this.#counts.size > 4096 ? this.#counts.keys().next().value : undefined
    if (oldest !== undefined) this.#counts.delete(oldest)
    return count
  }
}
