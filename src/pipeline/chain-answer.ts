import type { Fault } from '../core/fault.ts'
import type { JsonObject } from '../core/json.ts'
import type { Usage } from '../core/usage.ts'
import type { AnswerChunk, AnswerHead, AnswerSink, Flow, Provider } from '../providers/provider.ts'
import type { ChainCall } from './called-chain.ts'
import { type ChainScope, type StepOutput, valuesIn } from './chain-scope.ts'
import type { ChainTrace } from './chain-trace.ts'
import type { CheckedAnswer } from './checked-answer.ts'
import type { Answer, Asked, Target } from './exchange.ts'
import { usageJson } from './keep-answer.ts'
import { dialectOf } from './over-chat.ts'
import { replayOf } from './replay.ts'
import { Tally } from './tally.ts'

export interface WatchOptions {
  readonly keptChars: number
  /** What was used before this answer: what it says of tokens becomes the sum. null: it is left as it is. */
  readonly plusUsage: ((own: Usage) => Usage) | null
  /** Hears once that the answer is over, before the end is passed on; gives what is to be said of a failure. */
  readonly onOver: (tally: Tally, fault: Fault | null) => Fault | null
}

/** The same answer with somebody who adds it up, and what it warned of taken out: that is told with the chain's own. */
export function watchAnswer(answer: Answer, options: WatchOptions): Answer {
  const { warnings: _told, ...opening } = answer.opening
  return {
    opening,
    flow: answer.flow,
    start: (sink) => {
      answer.start(new WatchingSink(sink, opening.stream, options))
    },
  }
}

class WatchingSink implements AnswerSink {
  readonly #sink: AnswerSink
  readonly #stream: boolean
  readonly #options: WatchOptions
  readonly #tally: Tally

  constructor(sink: AnswerSink, stream: boolean, options: WatchOptions) {
    this.#sink = sink
    this.#stream = stream
    this.#options = options
    this.#tally = new Tally({ keptChars: options.keptChars })
  }

  head(head: AnswerHead, flow: Flow): void {
    this.#sink.head(head, flow)
  }

  chunk(chunk: AnswerChunk): void {
    this.#tally.add(chunk, this.#stream)
    const { plusUsage } = this.#options
    if (chunk.usage === null || plusUsage === null) return this.#sink.chunk(chunk)
    const usage = plusUsage(chunk.usage)
    const value: JsonObject = { ...chunk.value, usage: usageJson(usage) }
    this.#sink.chunk({ ...chunk, json: JSON.stringify(value), value, usage })
  }

  flush(): void {
    this.#sink.flush()
  }

  end(): void {
    this.#options.onOver(this.#tally, null)
    this.#sink.end()
  }

  fail(fault: Fault): void {
    this.#sink.fail(this.#options.onOver(this.#tally, fault) ?? fault)
  }
}

/** An answer that waits to flow, and who gives it. */
export interface Opened {
  readonly answer: Answer
  readonly target: Target
  /** What checking it found; null: there is no rule for it. */
  readonly checked: CheckedAnswer | null
}

/**
 * The answer of a chain whose steps are all over: that of the step that counts, as it was given, or what the chain makes of
 * several. It reports the tokens of all of them.
 */
export function tellAnswer(scope: ChainScope, { asked, clientWantsUsage }: ChainCall, trace: ChainTrace): Opened {
  const { chain, slug } = scope
  const output = chain.output.kind === 'text' ? null : outputThatCounts(scope)
  const text = chain.output.kind === 'text' ? chain.output.text(valuesIn(scope)) : (output?.text ?? '')
  const { completion, target, checked } = output?.answer ?? {
    completion: madeCompletion(slug, text, asked.createdAt),
    target: madeBy(slug),
    checked: null,
  }
  const usage = trace.toldUsage()
  const { usage: _own, ...rest } = completion
  const whole: JsonObject = usage === null ? rest : { ...rest, usage: usageJson(usage) }
  const entry = { provider: target.provider.id, model: target.model, completion: whole, usage, warnings: [] }
  const options = { requestId: asked.requestId, stream: scope.live && asked.stream, wantsUsage: clientWantsUsage }
  return { answer: replayOf(entry, options), target, checked }
}

/** In the words of the API that was called. */
export function inDialect({ answer, target }: Opened, asked: Asked): Answer {
  const { requestId, createdAt, stream, body, operation } = asked
  const dialect = dialectOf(operation)
  if (dialect === null) return answer
  return {
    opening: answer.opening,
    flow: answer.flow,
    start: (sink) => {
      answer.start(dialect.answer({ requestId, createdAt, stream, model: target.model, body }, sink))
    },
  }
}

/** Of the step that is named, or of the last one that ran. null: it was skipped, or all were. */
function outputThatCounts({ chain, outputs }: ChainScope): StepOutput | null {
  if (chain.output.kind === 'step') return outputs.get(chain.output.name) ?? null
  return chain.steps.map(({ name }) => outputs.get(name) ?? null).findLast((output) => output !== null) ?? null
}

/** A chat completion that we say ourselves: what becomes of several answers. */
function madeCompletion(chain: string, text: string, createdAt: number): JsonObject {
  return {
    id: '',
    object: 'chat.completion',
    created: Math.floor(createdAt / 1000),
    model: `chain:${chain}`,
    choices: [
      { index: 0, message: { role: 'assistant', content: text, refusal: null }, logprobs: null, finish_reason: 'stop' },
    ],
  }
}

/** Who answers when the answer was made here. Nobody ever calls it. */
function madeBy(chain: string): Target {
  return {
    provider: ourselves,
    endpoint: ourselves.endpoints.chat,
    credentials: [],
    model: `chain:${chain}`,
    body: () => '{}',
  }
}

const ourselves: Provider = {
  id: 'promptbox',
  aliases: [],
  genAiName: 'promptbox',
  priceId: null,
  defaultBaseUrl: null,
  needsApiKey: false,
  builtIn: true,
  usageOption: false,
  endpoints: {
    chat: () => {
      throw new Error('An answer that was made here has nobody to be called.')
    },
  },
}
