/** JSON text that goes into an answer as it is, so that numbers keep every digit. */
export class JsonText {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** A whole answer that is no JSON. */
export class OtherMedia {
  readonly text: string
  readonly contentType: string

  constructor(text: string, contentType: string) {
    this.text = text
    this.contentType = contentType
  }
}

/** An answer that is no JSON and goes out as it is read, however long it is. */
export class StreamedMedia {
  readonly chunks: AsyncIterable<string>
  readonly contentType: string

  constructor(chunks: AsyncIterable<string>, contentType: string) {
    this.chunks = chunks
    this.contentType = contentType
  }

  /** Reads on only as fast as the answer is taken, and stops when nobody takes it any more. */
  stream(): ReadableStream<Uint8Array> {
    const chunks = this.chunks[Symbol.asyncIterator]()
    const encoder = new TextEncoder()
    return new ReadableStream({
      async pull(controller) {
        const next = await chunks.next()
        if (next.done === true) controller.close()
        else controller.enqueue(encoder.encode(next.value))
      },
      async cancel() {
        await chunks.return?.()
      },
    })
  }
}

/** Recorded text as JSON when it is, else as a string: what was cut short is no JSON any more. */
export function jsonOrString(text: string): JsonText | string {
  try {
    JSON.parse(text)
    return new JsonText(text)
  } catch {
    return text
  }
}

/** `JSON.stringify` for plain values that may hold `JsonText`. */
export function toJson(value: unknown): string {
  if (value instanceof JsonText) return value.text
  if (Array.isArray(value)) return `[${value.map((item) => toJson(item ?? null)).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${toJson(member)}`).join(',')}}`
}
