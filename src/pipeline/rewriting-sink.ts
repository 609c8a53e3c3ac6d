import { Fault } from '../core/fault.ts'
import type { AnswerChunk, AnswerHead, AnswerSink, Flow } from '../providers/provider.ts'
import type { StreamEvent, StreamReader, TextPiece } from '../wire-texts/answer-stream.ts'

/** What one text of a streamed answer goes through. A promise: others have to be heard first, and the stream waits. */
export interface ChannelFilter {
  /** Takes the next piece of the text; gives what may go on now. */
  push(text: string): string | Promise<string>
  /** The text is over; gives what is left of it. */
  end(): string | Promise<string>
}

export interface Rewriting {
  readonly reader: StreamReader
  /** The filter of a text that begins. */
  open(piece: TextPiece): ChannelFilter
  /** After each event: true when the answer is not to go on. It then ends as a filter ends it. */
  readonly isBlocked: () => boolean
  /** The answer was ended. `unread`: characters of text that had come and that nobody looked at any more. */
  readonly onBlocked: (unread: number) => void
  /** It cannot go on: the upstream is to be stopped. */
  readonly onBroken: (fault: Fault) => void
  /** All of it was read. */
  readonly onRead: () => void
  /** What else has to be over before the end is passed on; null: nothing. */
  readonly whenOver: () => Promise<void> | null
}

interface Channel {
  readonly piece: TextPiece
  readonly filter: ChannelFilter
  isOver: boolean
  released: string
}

type Step = AnswerChunk | 'flush' | 'end' | Fault

/**
 * A sink that changes the texts of a stream on their way: each goes through a filter of its own, whichever events it comes
 * in, and what a filter holds back goes out before its text is over. Events without text pass untouched, and so do those
 * whose text is not changed. While a filter has to hear somebody else, the upstream is paused and what comes waits in order.
 */
export class RewritingSink implements AnswerSink {
  readonly #sink: AnswerSink
  readonly #rewriting: Rewriting
  readonly #channels = new Map<string, Channel>()
  #flow: SharedFlow | null = null
  #waiting: Step[] = []
  #isBusy = false
  #isOver = false

  constructor(sink: AnswerSink, rewriting: Rewriting) {
    this.#sink = sink
    this.#rewriting = rewriting
  }

  head(head: AnswerHead, flow: Flow): void {
    this.#flow = new SharedFlow(flow)
    this.#sink.head(head, this.#flow.forReader)
  }

  chunk(chunk: AnswerChunk): void {
    this.#take(chunk)
  }

  flush(): void {
    this.#take('flush')
  }

  end(): void {
    this.#take('end')
  }

  fail(fault: Fault): void {
    this.#take(fault)
  }

  #take(step: Step): void {
    if (this.#isOver) return
    if (this.#isBusy) {
      this.#waiting.push(step)
      return
    }
    try {
      const work = this.#handle(step)
      if (work !== null) this.#wait(work)
    } catch (error) {
      // An event that nobody can read, or a defect: what cannot be looked at does not go on.
      this.#broke(error)
    }
  }

  #wait(work: Promise<void>): void {
    this.#isBusy = true
    this.#flow?.hold(true)
    work.then(
      () => this.#goOn(),
      (error: unknown) => this.#broke(error),
    )
  }

  #goOn(): void {
    this.#isBusy = false
    const waiting = this.#waiting
    this.#waiting = []
    for (const step of waiting) this.#take(step)
    if (this.#isBusy) return
    this.#flow?.hold(false)
    if (!this.#isOver) this.#sink.flush()
  }

  /** A defect of ours: the client hears of it, and nothing of what was held back. */
  #broke(error: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    const fault = Fault.from(error)
    this.#rewriting.onBroken(fault)
    this.#sink.fail(fault)
  }

  #handle(step: Step): Promise<void> | null {
    if (step === 'flush') {
      this.#sink.flush()
      return null
    }
    if (step === 'end') return this.#finish()
    if (step instanceof Fault) {
      // What was held back stays so: nobody has seen the rest of it.
      this.#isOver = true
      this.#sink.fail(step)
      return null
    }
    return this.#rewrite(step)
  }

  #rewrite(chunk: AnswerChunk): Promise<void> | null {
    const { reader } = this.#rewriting
    const event = reader.read(chunk.value)
    if (event.pieces.length === 0 && event.closes.length === 0 && !event.closesAll && !event.repeats) {
      this.#send(chunk, chunk.value)
      return null
    }
    const work = this.#texts(event)
    const emit = (texts: readonly string[]): Promise<void> | null => {
      if (event.repeats && !this.#rewriting.isBlocked()) return this.#repeat(chunk, event)
      this.#emit(chunk, event, texts)
      return null
    }
    if (!(work instanceof Promise)) return emit(work)
    return work.then(async (texts) => {
      await emit(texts)
    })
  }

  /**
   * What may go on of the pieces of this event, with the rest of those of its texts that are over with it. One after the
   * other: a piece may have to wait for the one before it.
   */
  #texts(event: StreamEvent): readonly string[] | Promise<readonly string[]> {
    const { pieces } = event
    const [only] = pieces
    if (only !== undefined && pieces.length === 1 && event.closes.length === 0 && !event.closesAll) {
      const pushed = this.#channel(only).filter.push(only.text)
      return typeof pushed === 'string' ? [pushed] : pushed.then((text) => [text])
    }
    const closing = new Set(event.closesAll ? this.#channels.keys() : event.closes)
    const steps = pieces.map((piece) => () => {
      const isLast = closing.has(piece.channel) && pieces.findLast(({ channel }) => channel === piece.channel) === piece
      const channel = this.#channel(piece)
      const pushed = channel.filter.push(piece.text)
      return isLast ? this.#withRest(channel, pushed) : pushed
    })
    const others = [...closing].filter((name) => !pieces.some(({ channel }) => channel === name))
    const ends = others.flatMap((name) => this.#channels.get(name) ?? []).filter(({ isOver }) => !isOver)
    const done = inOrder([...steps, ...ends.map((channel) => () => this.#withRest(channel, ''))])
    const finish = (texts: readonly string[]): readonly string[] => {
      ends.forEach((channel, index) => this.#sendRest(channel, texts[steps.length + index] ?? ''))
      return texts.slice(0, steps.length)
    }
    return done instanceof Promise ? done.then(finish) : finish(done)
  }

  #channel(piece: TextPiece): Channel {
    let channel = this.#channels.get(piece.channel)
    if (channel === undefined || channel.isOver) {
      channel = this.#opened(piece, channel?.released ?? '')
      this.#channels.set(piece.channel, channel)
    }
    return channel
  }

  #opened(piece: TextPiece, released: string): Channel {
    return { piece, filter: this.#rewriting.open(piece), isOver: false, released }
  }

  #withRest(channel: Channel, pushed: string | Promise<string>): string | Promise<string> {
    channel.isOver = true
    const ended = (before: string): string | Promise<string> => {
      const rest = channel.filter.end()
      return typeof rest === 'string' ? before + rest : rest.then((text) => before + text)
    }
    return typeof pushed === 'string' ? ended(pushed) : pushed.then(ended)
  }

  /** What was held back of a text that is over, in an event of its own. */
  #sendRest(channel: Channel, rest: string): void {
    if (rest === '' || this.#rewriting.isBlocked()) return
    if (this.#rewriting.reader.repeatsTexts) channel.released += rest
    const { value, event } = this.#rewriting.reader.delta(channel.piece.channel, rest)
    this.#say(value, event)
  }

  #emit(chunk: AnswerChunk, event: StreamEvent, texts: readonly string[]): void {
    if (this.#rewriting.isBlocked()) return this.#block(chunk)
    if (this.#rewriting.reader.repeatsTexts) {
      event.pieces.forEach(({ channel: name }, index) => {
        const channel = this.#channels.get(name)
        if (channel !== undefined) channel.released += texts[index] ?? ''
      })
    }
    const value = event.with(texts)
    if (value !== null) this.#send(chunk, value)
    else if (chunk.usage !== null) this.#sink.chunk({ json: '', value: {}, usage: chunk.usage, internal: true })
  }

  /** An event whose texts are whole: those that went by in pieces are as they went, the others are looked at here. */
  #repeat(chunk: AnswerChunk, event: StreamEvent): Promise<void> | null {
    const unseen = new Map<string, TextPiece>()
    event.repeated((channel, text, field) => {
      if (!this.#channels.has(channel) && text !== '')
        unseen.set(`${channel}\0${text}`, { channel, text, field, choice: 0 })
      return text
    })
    const keys = [...unseen.keys()]
    const done = inOrder([...unseen.values()].map((each) => () => this.#whole(each)))
    const finish = (texts: readonly string[]): void => {
      if (this.#rewriting.isBlocked()) return this.#block(chunk)
      const byKey = new Map(keys.map((key, index) => [key, texts[index] ?? '']))
      const left = (channel: string, text: string): string =>
        this.#channels.get(channel)?.released ?? byKey.get(`${channel}\0${text}`) ?? text
      this.#send(chunk, event.repeated(left))
    }
    if (done instanceof Promise) return done.then(finish)
    finish(done)
    return null
  }

  /** A text that comes whole without having come in pieces. */
  #whole(piece: TextPiece): string | Promise<string> {
    const channel = this.#opened(piece, '')
    return this.#withRest(channel, channel.filter.push(piece.text))
  }

  #send(chunk: AnswerChunk, value: AnswerChunk['value']): void {
    const numbered = chunk.internal ? value : this.#rewriting.reader.renumber(value)
    if (numbered === chunk.value) this.#sink.chunk(chunk)
    else this.#sink.chunk({ ...chunk, json: JSON.stringify(numbered), value: numbered })
  }

  #say(value: AnswerChunk['value'], event: string | undefined): void {
    const numbered = this.#rewriting.reader.renumber(value)
    const chunk = { json: JSON.stringify(numbered), value: numbered, usage: null, internal: false }
    this.#sink.chunk(event === undefined ? chunk : { ...chunk, event })
  }

  #finish(): Promise<void> | null {
    const open = [...this.#channels.values()].filter(({ isOver }) => !isOver)
    const done = inOrder(open.map((channel) => () => this.#withRest(channel, '')))
    const over = (rests: readonly string[]): Promise<void> | null => {
      open.forEach((channel, index) => this.#sendRest(channel, rests[index] ?? ''))
      this.#rewriting.onRead()
      const waiting = this.#rewriting.whenOver()
      if (waiting !== null) return waiting.then(() => this.#close())
      this.#close()
      return null
    }
    if (!(done instanceof Promise)) return over(done)
    return done.then(async (rests) => {
      await over(rests)
    })
  }

  #close(): void {
    if (this.#isOver) return
    if (this.#rewriting.isBlocked()) return this.#block(null)
    this.#isOver = true
    this.#sink.end()
  }

  #block(chunk: AnswerChunk | null): void {
    if (this.#isOver) return
    this.#isOver = true
    // What was generated is paid for, also what came behind what is blocked.
    let unread = 0
    for (const step of [chunk, ...this.#waiting]) {
      if (step === null || step instanceof Fault || typeof step === 'string') continue
      if (step !== chunk) for (const { text } of this.#rewriting.reader.read(step.value).pieces) unread += text.length
      if (step.usage === null) continue
      this.#sink.chunk({ json: '', value: {}, usage: step.usage, internal: true })
    }
    this.#waiting = []
    for (const { value, event } of this.#rewriting.reader.blocked((name) => this.#channels.get(name)?.released ?? '')) {
      this.#say(value, event)
    }
    this.#sink.flush()
    this.#rewriting.onBlocked(unread)
    this.#sink.end()
  }
}

/** One after the other; at once as long as nothing has to be waited for. Rejects as the first that does, and ends there. */
function inOrder(steps: readonly (() => string | Promise<string>)[]): readonly string[] | Promise<readonly string[]> {
  const done: string[] = []
  for (const [index, step] of steps.entries()) {
    const text = step()
    if (typeof text !== 'string') return afterwards(done, text, steps.slice(index + 1))
    done.push(text)
  }
  return done
}

async function afterwards(
  done: string[],
  open: Promise<string>,
  steps: readonly (() => string | Promise<string>)[],
): Promise<readonly string[]> {
  done.push(await open)
  for (const step of steps) done.push(await step())
  return done
}

/** One tap with two hands on it: it is open while neither holds it. */
class SharedFlow {
  readonly #flow: Flow
  #isHeld = false
  #isPaused = false

  constructor(flow: Flow) {
    this.#flow = flow
  }

  /** The hand of whoever reads the answer. */
  readonly forReader: Flow = {
    pause: () => {
      this.#isPaused = true
      this.#flow.pause()
    },
    resume: () => {
      this.#isPaused = false
      if (!this.#isHeld) this.#flow.resume()
    },
    abort: () => this.#flow.abort(),
  }

  hold(held: boolean): void {
    if (held === this.#isHeld) return
    this.#isHeld = held
    if (held) this.#flow.pause()
    else if (!this.#isPaused) this.#flow.resume()
  }
}
