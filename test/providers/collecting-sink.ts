import type { Fault } from '../../src/core/fault.ts'
import type {
  AnswerChunk,
  AnswerHead,
  AnswerSink,
  CallLimits,
  Flow,
  ProviderCall,
} from '../../src/providers/provider.ts'

/** One chunk as a client reads it, as far as the tests look. */
export interface SentChunk {
  readonly id: string
  readonly object: string
  readonly created: number
  readonly model: string
  readonly choices: readonly SentChoice[]
  readonly usage?: Record<string, unknown> | null
  readonly [member: string]: unknown
}

export interface SentChoice {
  readonly index: number
  readonly delta: SentMessage
  readonly message: SentMessage
  readonly finish_reason?: string | null
  readonly [member: string]: unknown
}

export interface SentMessage {
  readonly role?: string
  readonly content?: string | null
  readonly reasoning?: string
  readonly reasoning_content?: string
  readonly tool_calls?: readonly SentCall[]
  readonly [member: string]: unknown
}

export interface SentCall {
  readonly index: number
  readonly id?: string
  readonly type?: string
  readonly function: { readonly name?: string; readonly arguments: string }
  readonly [member: string]: unknown
}

/** Keeps everything it hears, in order, and says when it is over. */
export class CollectingSink implements AnswerSink {
  readonly heard: string[] = []
  readonly chunks: AnswerChunk[] = []
  answerHead: AnswerHead | null = null
  flow: Flow | null = null
  fault: Fault | null = null
  ended = false
  /** Resolves with end or fail. */
  readonly over: Promise<void>
  onChunk: (chunk: AnswerChunk) => void = () => undefined
  #over = (): void => undefined
  #waiters: { readonly count: number; readonly resolve: () => void }[] = []

  constructor() {
    this.over = new Promise((resolve) => {
      this.#over = resolve
    })
  }

  head(head: AnswerHead, flow: Flow): void {
    this.heard.push('head')
    this.answerHead = head
    this.flow = flow
  }

  chunk(chunk: AnswerChunk): void {
    this.heard.push('chunk')
    this.chunks.push(chunk)
    this.onChunk(chunk)
    this.#waiters = this.#waiters.filter(({ count, resolve }) => {
      if (this.chunks.length < count) return true
      resolve()
      return false
    })
  }

  flush(): void {
    this.heard.push('flush')
  }

  end(): void {
    this.heard.push('end')
    this.ended = true
    this.#over()
  }

  fail(fault: Fault): void {
    this.heard.push('fail')
    this.fault = fault
    this.#over()
  }

  /** Resolves once this many chunks have come. */
  atLeast(count: number): Promise<void> {
    if (this.chunks.length >= count) return Promise.resolve()
    return new Promise((resolve) => this.#waiters.push({ count, resolve }))
  }

  /** The chunks a client would get, parsed from the very text that would go out. */
  get sent(): SentChunk[] {
    return this.chunks.filter((chunk) => !chunk.internal).map((chunk) => JSON.parse(textOf(chunk)))
  }

  /** The texts that would go out. */
  get texts(): string[] {
    return this.chunks.filter((chunk) => !chunk.internal).map(textOf)
  }

  get usages(): AnswerChunk['usage'][] {
    return this.chunks.map((chunk) => chunk.usage).filter((usage) => usage !== null)
  }
}

export function textOf(chunk: AnswerChunk): string {
  return typeof chunk.json === 'string' ? chunk.json : Buffer.from(chunk.json).toString('utf8')
}

export const limits: CallLimits = {
  headTimeoutMs: 10_000,
  firstChunkTimeoutMs: 10_000,
  idleTimeoutMs: 10_000,
  maxEventChars: 16 * 2 ** 20,
  maxAnswerBytes: 64 * 2 ** 20,
}

/** A call with everything set; a test names what it is about. */
export function callTo(baseUrl: string, changes: Partial<ProviderCall> = {}): ProviderCall {
  const stream = changes.stream ?? true
  return {
    requestId: '01900000-0000-7000-8000-000000000000',
    partition: 'default',
    path: '/chat/completions',
    credential: { name: 'default', apiKey: 'sk-provider-secret', baseUrl },
    model: 'test-model',
    body: JSON.stringify({ model: 'test-model', stream, messages: [{ role: 'user', content: 'Hello' }] }),
    stream,
    clientWantsUsage: false,
    forwardHeaders: {},
    unsupportedParameters: 'drop',
    limits,
    ...changes,
  }
}
