/** One event stream as the bytes that reached the client. */
export interface RecordedStream {
  /** Path it came from. */
  readonly path: string
  readonly requestId: string
  /** What has arrived up to now. */
  readonly text: string
  /** Resolves once the text contains this. */
  seen(piece: string): Promise<void>
}

/** A `fetch` to hand to a client, which keeps what every event stream said while the client reads it. */
export interface RecordingFetch {
  readonly fetch: typeof fetch
  readonly streams: readonly RecordedStream[]
  /** Ids of all answers, in their order, streams or not. */
  readonly requestIds: readonly string[]
  /** Resolves with the next stream that is opened from now on. */
  nextStream(): Promise<RecordedStream>
}

class Recording implements RecordedStream {
  readonly path: string
  readonly requestId: string
  text = ''
  #waiting: { readonly piece: string; readonly done: () => void }[] = []

  constructor(path: string, requestId: string) {
    this.path = path
    this.requestId = requestId
  }

  seen(piece: string): Promise<void> {
    if (this.text.includes(piece)) return Promise.resolve()
    return new Promise((done) => this.#waiting.push({ piece, done }))
  }

  add(text: string): void {
    this.text += text
    this.#waiting = this.#waiting.filter(({ piece, done }) => {
      if (!this.text.includes(piece)) return true
      done()
      return false
    })
  }
}

export function recordingFetch(): RecordingFetch {
  const streams: Recording[] = []
  const requestIds: string[] = []
  const waiting: ((stream: RecordedStream) => void)[] = []
  return {
    streams,
    requestIds,
    nextStream: () => new Promise((resolve) => waiting.push(resolve)),
    fetch: async (input, init) => {
      const response = await fetch(input, init)
      const requestId = response.headers.get('x-request-id') ?? ''
      requestIds.push(requestId)
      if (response.body === null || !/event-stream/.test(response.headers.get('content-type') ?? '')) return response
      const recording = new Recording(new URL(response.url).pathname, requestId)
      streams.push(recording)
      for (const resolve of waiting.splice(0)) resolve(recording)
      const decoder = new TextDecoder()
      const copied = new TransformStream<Uint8Array, Uint8Array>({
        transform(bytes, controller) {
          recording.add(decoder.decode(bytes, { stream: true }))
          controller.enqueue(bytes)
        },
      })
      const { status, statusText, headers } = response
      return new Response(response.body.pipeThrough(copied), { status, statusText, headers })
    },
  }
}
