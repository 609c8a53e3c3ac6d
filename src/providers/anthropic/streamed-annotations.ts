import type { JsonObject } from '../../core/json.ts'
import { annotationOf } from './annotations.ts'
import type { ChunkWriter } from './chunk-writer.ts'

/** More are not kept back. */
const mostHeld = 4096

/**
 * The annotations of one stream. Those of consecutive texts go out in one chunk: OpenAI's JavaScript helper keeps the last
 * list of a message alone, and its Python helper fails on a second one unless the entries have an `index`.
 */
export class StreamedAnnotations {
  readonly #writer: () => ChunkWriter
  #held: JsonObject[] = []
  #told = 0

  constructor(writer: () => ChunkWriter) {
    this.#writer = writer
  }

  /** Takes the citations of a passage, whose offsets are UTF-16 units of the whole text. */
  add(citations: readonly unknown[], start: number, end: number): void {
    for (const citation of citations) {
      const annotation = annotationOf(citation as JsonObject, start, end)
      if (annotation === null) continue
      this.#held.push({ ...annotation, index: this.#told })
      this.#told += 1
      if (this.#held.length >= mostHeld) this.send()
    }
  }

  /** Something other than text follows, or nothing. */
  send(): void {
    if (this.#held.length === 0) return
    this.#writer().delta({ annotations: this.#held })
    this.#held = []
  }
}
