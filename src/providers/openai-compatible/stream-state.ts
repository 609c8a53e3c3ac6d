import { createHash } from 'node:crypto'

/** More choices than any provider gives. */
const mostChoices = 512

/** What one tool call of a stream looked like so far. */
export interface ToolCallState {
  /** Ours, given when it is announced: 0, 1, 2 … */
  index: number
  readonly upstreamIndex: number | null
  readonly upstreamId: string | null
  /** Its first delta, with id, type and name, has been sent. */
  announced: boolean
  hasArguments: boolean
  /** Arguments that came before the name. */
  heldArguments: string
}

/** What the rules remember of one choice. */
export class ChoiceState {
  readonly index: number
  readonly requestId: string
  readonly calls: ToolCallState[] = []
  announcedCalls = 0
  roleSent = false
  /** It has said something besides its role. */
  spoke = false
  finished = false

  constructor(index: number, requestId: string) {
    this.index = index
    this.requestId = requestId
  }

  /**
   * An id for a tool call that came without one: the same for the same request, choice and call, different between
   * requests, and in the length and alphabet that every provider takes back.
   */
  callId(index: number): string {
    const name = `${this.requestId}:${this.index}:${index}`
    return `call_${createHash('sha256').update(name).digest('hex').slice(0, 24)}`
  }
}

/** What the rules remember of one stream. */
export class StreamState {
  readonly requestId: string
  /** Used when the upstream names none. */
  readonly requestedModel: string
  readonly clientWantsUsage: boolean
  readonly now: () => number
  readonly choices: ChoiceState[] = []
  /** First values win; null until the first chunk that has choices. */
  identity: { readonly id: string; readonly created: number; readonly model: string } | null = null
  /** Choices begun and not finished. */
  open = 0
  usageSent = false
  /** Raw usage that stood where this client would not look, to be sent at the end. */
  heldUsage: unknown = null
  /** Members of chunks that came before the first choice, to travel on the first chunk that has one. */
  carried: Record<string, unknown> | null = null
  /** A rule cannot be kept: why. */
  broken: string | null = null

  constructor(requestId: string, requestedModel: string, clientWantsUsage: boolean, now: () => number) {
    this.requestId = requestId
    this.requestedModel = requestedModel
    this.clientWantsUsage = clientWantsUsage
    this.now = now
  }

  choice(index: number): ChoiceState {
    for (const known of this.choices) if (known.index === index) return known
    if (this.choices.length >= mostChoices) this.broken = `The provider streamed more than ${mostChoices} choices.`
    const made = new ChoiceState(index, this.requestId)
    this.choices.push(made)
    this.open += 1
    return made
  }

  /** Every choice that began has finished, and there was one. */
  get complete(): boolean {
    return this.choices.length > 0 && this.open === 0
  }
}
