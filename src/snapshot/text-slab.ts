/** A text that lies outside the JavaScript heap. */
export interface SlabText {
  toString(): string
}

const slabBytes = 64 * 1024

/**
 * Keeps many texts outside the JavaScript heap, packed into buffers. Of a registry with 100,000 prompts nearly all the
 * bytes are version bodies; on the heap the garbage collector would copy and mark them, and stop the event loop for that.
 *
 * A buffer lives as long as one of its texts is in use. Version bodies never change, so hardly anything is ever left over.
 */
class TextSlab {
  #slab = Buffer.alloc(0)
  #used = 0

  put(text: string): SlabText {
    const length = Buffer.byteLength(text)
    // A long text would leave much of a buffer unused: it gets one of its own.
    if (length > slabBytes / 4) return new Slice(Buffer.from(text), 0, length)
    if (this.#slab.length - this.#used < length) {
      this.#slab = Buffer.allocUnsafeSlow(slabBytes)
      this.#used = 0
    }
    const start = this.#used
    this.#slab.write(text, start)
    this.#used += length
    return new Slice(this.#slab, start, start + length)
  }
}

class Slice implements SlabText {
  readonly #slab: Buffer
  readonly #start: number
  readonly #end: number

  constructor(slab: Buffer, start: number, end: number) {
    this.#slab = slab
    this.#start = start
    this.#end = end
  }

  toString(): string {
    return this.#slab.toString('utf8', this.#start, this.#end)
  }
}

const slab = new TextSlab()

/** Moves a text out of the heap. Lone surrogates do not survive; JSON text has none. */
export function offHeap(text: string): SlabText {
  return slab.put(text)
}
