import { open, type FileHandle, mkdir, unlink } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { Fault } from '../core/fault.ts'
import type { JsonObject } from '../core/json.ts'
import type { Form } from '../pipeline/exchange.ts'
import type { Upload } from '../providers/provider.ts'
import { boundaryOf, type FormPart, MultipartScanner } from './multipart-scanner.ts'

export interface FormLimits {
  /** Largest form, bytes. */
  readonly maxUploadBytes: number
  /** Where what is larger than `heldBytes` lies while it is being forwarded. */
  readonly uploadDir: string
  /** Up to this size a form stays in memory, bytes. */
  readonly heldBytes: number
}

/** A form as the pipeline takes it: the fields for deciding, the bytes for sending. */
export interface FormBody {
  readonly text: string
  readonly body: JsonObject
  readonly form: Form
}

/**
 * Reads a multipart form. Its bytes go to a file once they are many, never into memory as a whole, so that the `model` field
 * may come after the file, and a call can be tried again. The file has no name from the start: a crash leaves nothing.
 *
 * @throws Fault `invalid_request`, `request_too_large`, `unsupported_media_type`, `client_closed`.
 */
export async function readForm(incoming: IncomingMessage, limits: FormLimits): Promise<FormBody> {
  const contentType = incoming.headers['content-type'] ?? ''
  const encoding = incoming.headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity') {
    throw new Fault('unsupported_media_type', 'A multipart form must be sent without content encoding.')
  }
  if (Number(incoming.headers['content-length'] ?? 0) > limits.maxUploadBytes) throw tooLarge(limits)
  const scanner = new MultipartScanner(boundaryOf(contentType))
  const store = new FormStore(limits)
  try {
    for await (const piece of incoming as AsyncIterable<Buffer>) {
      if (store.length + piece.length > limits.maxUploadBytes) throw tooLarge(limits)
      scanner.feed(piece)
      await store.add(piece)
    }
    const parts = scanner.finish()
    requireOneModel(parts)
    const fields = fieldsOf(parts)
    return { text: JSON.stringify(fields), body: fields, form: formOf(store, parts, contentType) }
  } catch (error) {
    await store.dispose()
    if (error instanceof Fault) throw error
    if (incoming.destroyed && !incoming.readableEnded) {
      throw new Fault('client_closed', 'The client went away while it sent the request.', { cause: error })
    }
    throw error
  }
}

function tooLarge(limits: FormLimits): Fault {
  return new Fault(
    'request_too_large',
    `The form is larger than the limit of ${limits.maxUploadBytes} bytes (PROMPTBOX_MAX_UPLOAD_BYTES).`,
  )
}

/** As the servers of the providers read it; Python's `str(True)` is among it. */
const yes = /^(?:true|1)$/i

/** What decides about the request and is recorded: the plain fields, and of files their names. `stream` as a boolean. */
function fieldsOf(parts: readonly FormPart[]): JsonObject {
  const fields: Record<string, string | boolean> = Object.create(null) as Record<string, string | boolean>
  for (const part of parts) {
    const value = part.value ?? `(file ${part.filename ?? ''}, ${part.end - part.start} bytes)`
    fields[part.name] = part.name === 'stream' ? yes.test(value) : value
  }
  return { ...fields }
}

/** Which model is meant decides where the form goes, so it may not be said twice, nor in a file. */
function requireOneModel(parts: readonly FormPart[]): void {
  const models = parts.filter(({ name }) => name === 'model')
  if (models.length < 2 && models.every(({ value }) => value !== null)) return
  throw new Fault('invalid_request', 'The field `model` of the form must be there once, as a text and not as a file.', {
    param: 'model',
  })
}

function formOf(store: FormStore, parts: readonly FormPart[], contentType: string): Form {
  const model = parts.find((part) => part.name === 'model' && part.value !== null)
  return {
    withModel: (name): Upload => {
      if (model === undefined || model.value === name) {
        return { contentType, length: store.length, open: () => Readable.from(store.read(0, store.length)) }
      }
      const bytes = Buffer.from(name)
      const { start, end } = model
      const length = store.length - (end - start) + bytes.length
      return { contentType, length, open: () => Readable.from(spliced(store, start, end, bytes)) }
    },
    dispose: () => void store.dispose(),
  }
}

async function* spliced(store: FormStore, start: number, end: number, instead: Buffer): AsyncGenerator<Buffer> {
  yield* store.read(0, start)
  yield instead
  yield* store.read(end, store.length)
}

const pieceBytes = 64 * 1024

/** Bytes in memory, and beyond a bound in a file without a name. */
class FormStore {
  length = 0
  readonly #limits: FormLimits
  #held: Buffer[] = []
  #file: FileHandle | null = null

  constructor(limits: FormLimits) {
    this.#limits = limits
  }

  async add(bytes: Buffer): Promise<void> {
    if (this.#file === null && this.length + bytes.length > this.#limits.heldBytes) {
      this.#file = await openNameless(this.#limits.uploadDir)
      const held = Buffer.concat(this.#held)
      this.#held = []
      await writeAll(this.#file, held, 0)
    }
    if (this.#file === null) this.#held.push(bytes)
    else await writeAll(this.#file, bytes, this.length)
    this.length += bytes.length
  }

  async *read(start: number, end: number): AsyncGenerator<Buffer> {
    if (this.#file === null) {
      if (end > start) yield Buffer.concat(this.#held).subarray(start, end)
      return
    }
    for (let at = start; at < end;) {
      const piece = Buffer.allocUnsafe(Math.min(pieceBytes, end - at))
      const { bytesRead } = await this.#file.read(piece, 0, piece.length, at)
      if (bytesRead === 0) throw new Error('The file of an upload is shorter than what was written to it.')
      at += bytesRead
      yield piece.subarray(0, bytesRead)
    }
  }

  async dispose(): Promise<void> {
    this.#held = []
    const file = this.#file
    this.#file = null
    await file?.close()
  }
}

let opened = 0

async function openNameless(directory: string): Promise<FileHandle> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const path = join(directory, `upload-${process.pid}-${(opened += 1)}`)
  const file = await open(path, 'wx+', 0o600)
  await unlink(path)
  return file
}

async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += (await file.write(bytes, written, bytes.length - written, position + written)).bytesWritten
  }
}
