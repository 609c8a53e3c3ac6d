import { Fault } from '../core/fault.ts'

/** One part of a multipart form, by where its content stands in the bytes of the whole. */
export interface FormPart {
  readonly name: string
  /** null: a plain field. */
  readonly filename: string | null
  /** Offset of the first byte of the content. */
  readonly start: number
  /** Offset after the last one. */
  readonly end: number
  /** Content of a plain field; null for a file. */
  readonly value: string | null
}

const longestPartHead = 16 * 1024
const longestField = 256 * 1024
const mostParts = 1_000

/**
 * Finds the parts of a multipart form in bytes that come in pieces, without keeping them: only the heads and the plain
 * fields are held. Offsets rather than contents, so that the form can be forwarded byte for byte with one field changed;
 * parsers that hand out contents cannot do that.
 */
export class MultipartScanner {
  readonly parts: FormPart[] = []
  readonly #delimiter: Buffer
  #state: 'delimiter' | 'head' | 'content' | 'closed' = 'content'
  /** The delimiter begins with a line break, which the very first one need not have: so one is thought before it. */
  #pending: Buffer = Buffer.from('\r\n')
  /** Offset of `#pending`'s first byte in the whole. */
  #offset = -2
  #isPreamble = true
  #current: { readonly name: string; readonly filename: string | null; readonly start: number } | null = null
  #field: Buffer[] = []
  #fieldBytes = 0

  constructor(boundary: string) {
    this.#delimiter = Buffer.from(`\r\n--${boundary}`)
  }

  /** @throws Fault `invalid_request` when this is no multipart form, or one beyond the bounds. */
  feed(piece: Buffer): void {
    this.#pending = this.#pending.length === 0 ? piece : Buffer.concat([this.#pending, piece])
    while (this.#step());
  }

  /** @throws Fault `invalid_request` when the closing boundary is missing. */
  finish(): readonly FormPart[] {
    if (this.#state !== 'closed') throw malformed('its closing boundary is missing')
    return this.parts
  }

  /** Returns whether another step may be possible with the bytes at hand. */
  #step(): boolean {
    switch (this.#state) {
      case 'content':
        return this.#readContent()
      case 'delimiter':
        return this.#readAfterDelimiter()
      case 'head':
        return this.#readHead()
      case 'closed':
        this.#drop(this.#pending.length)
        return false
    }
  }

  #readContent(): boolean {
    const at = this.#pending.indexOf(this.#delimiter)
    if (at === -1) {
      // A delimiter may have begun in the last bytes.
      const safe = this.#pending.length - this.#delimiter.length + 1
      if (safe > 0) {
        this.#keepField(this.#pending.subarray(0, safe))
        this.#drop(safe)
      }
      return false
    }
    this.#keepField(this.#pending.subarray(0, at))
    this.#endPart(this.#offset + at)
    this.#drop(at + this.#delimiter.length)
    this.#state = 'delimiter'
    return true
  }

  #readAfterDelimiter(): boolean {
    if (this.#pending.length < 2) return false
    const next = this.#pending.subarray(0, 2).toString('latin1')
    if (next !== '--' && next !== '\r\n') throw malformed('a boundary is followed by something else than a line break')
    this.#state = next === '--' ? 'closed' : 'head'
    // The line break stays: a head without any header is only the blank line.
    this.#drop(next === '--' ? 2 : 0)
    this.#isPreamble = false
    return true
  }

  #readHead(): boolean {
    const end = this.#pending.indexOf('\r\n\r\n')
    if (end > longestPartHead || (end === -1 && this.#pending.length > longestPartHead)) {
      throw malformed(`a part has a head of more than ${longestPartHead} bytes`)
    }
    if (end === -1) return false
    if (this.parts.length >= mostParts) throw malformed(`it has more than ${mostParts} parts`)
    const head = this.#pending.subarray(0, end).toString('utf8')
    this.#drop(end + 4)
    const disposition = /(?:^|\r\n)content-disposition:([^\r]*)/i.exec(head)?.[1] ?? ''
    const name = parameterOf(disposition, 'name')
    if (name === null) throw malformed('a part has no name')
    this.#current = { name, filename: parameterOf(disposition, 'filename'), start: this.#offset }
    this.#state = 'content'
    return true
  }

  #keepField(bytes: Buffer): void {
    if (this.#isPreamble || this.#current === null || this.#current.filename !== null || bytes.length === 0) return
    this.#fieldBytes += bytes.length
    if (this.#fieldBytes > longestField) {
      throw malformed(`the field \`${this.#current.name}\` has more than ${longestField} bytes`)
    }
    this.#field.push(Buffer.from(bytes))
  }

  #endPart(end: number): void {
    if (this.#current === null) return
    const value = this.#current.filename === null ? Buffer.concat(this.#field).toString('utf8') : null
    this.parts.push({ ...this.#current, end, value })
    this.#current = null
    this.#field = []
    this.#fieldBytes = 0
  }

  #drop(bytes: number): void {
    this.#pending = this.#pending.subarray(bytes)
    this.#offset += bytes
  }
}

/** The boundary in a content type. @throws Fault `invalid_request` when there is none. */
export function boundaryOf(contentType: string): string {
  const boundary = parameterOf(contentType, 'boundary')
  if (boundary === null || boundary.length > 200) {
    throw new Fault('invalid_request', 'The content type of a multipart form must name its `boundary`.')
  }
  return boundary
}

function parameterOf(text: string, name: string): string | null {
  const found = new RegExp(`[;\\s]${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^;\\s]+))`, 'i').exec(text)
  if (found === null) return null
  return found[2] ?? (found[1] ?? '').replace(/\\(.)/g, '$1').replaceAll('%22', '"')
}

function malformed(what: string): Fault {
  return new Fault('invalid_request', `The multipart form cannot be read: ${what}.`)
}
