import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { type ZlibOptions, brotliDecompress, gunzip, inflate } from 'node:zlib'
import { Fault } from '../core/fault.ts'
import { type JsonObject, isJsonObject } from '../core/json.ts'

/** A request body: the exact text and what it says. */
export interface JsonBody {
  readonly text: string
  readonly body: JsonObject
}

/**
 * Reads a JSON object from the node request, at most `maxBytes` (also after decompression).
 *
 * @throws Fault `request_too_large`, `unsupported_media_type`, `invalid_json`, `client_closed`.
 */
export async function readJsonBody(incoming: IncomingMessage, maxBytes: number): Promise<JsonBody> {
  const sent = await readBytes(incoming, maxBytes)
  const encoding = incoming.headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
  const bytes = encoding === 'identity' || encoding === '' ? sent : await decompress(sent, encoding, maxBytes)
  if (!isUtf8(bytes)) {
    throw new Fault('invalid_json', 'The request body is not valid UTF-8. Send JSON encoded as UTF-8.')
  }
  const text = bytes.toString('utf8')
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch (error) {
    throw new Fault(
      'invalid_json',
      `The request body is not valid JSON: ${error instanceof Error ? error.message : ''}`,
      {
        cause: error,
      },
    )
  }
  if (!isJsonObject(body)) throw new Fault('invalid_json', 'The request body must be a JSON object.')
  return { text, body }
}

function tooLarge(maxBytes: number): Fault {
  return new Fault(
    'request_too_large',
    `The request body is larger than the limit of ${maxBytes} bytes (PROMPTBOX_MAX_BODY_BYTES).`,
  )
}

function readBytes(incoming: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const announced = Number(incoming.headers['content-length'] ?? 0)
    if (announced > maxBytes) {
      reject(tooLarge(maxBytes))
      return
    }
    const pieces: Buffer[] = []
    let size = 0
    incoming.on('data', (piece: Buffer) => {
      size += piece.length
      if (size > maxBytes) {
        // Node goes on reading and throwing away, so that the client gets to see the answer.
        pieces.length = 0
        reject(tooLarge(maxBytes))
        return
      }
      pieces.push(piece)
    })
    incoming.on('end', () => {
      const [first] = pieces
      resolve(pieces.length === 1 && first !== undefined ? first : Buffer.concat(pieces))
      // The listeners live as long as the answer does, which may be minutes; the bytes need not.
      pieces.length = 0
    })
    incoming.on('error', (error) => {
      reject(new Fault('client_closed', 'The client went away while it sent the request.', { cause: error }))
    })
    incoming.on('close', () => {
      if (!incoming.readableEnded) reject(new Fault('client_closed', 'The client went away while it sent the request.'))
    })
  })
}

const decompressors = new Map<string, (bytes: Buffer, options: ZlibOptions) => Promise<Buffer>>([
  ['gzip', promisify(gunzip)],
  ['x-gzip', promisify(gunzip)],
  ['deflate', promisify(inflate)],
  ['br', promisify(brotliDecompress)],
])

async function decompress(bytes: Buffer, encoding: string, maxBytes: number): Promise<Buffer> {
  const run = decompressors.get(encoding)
  if (run === undefined) {
    throw new Fault(
      'unsupported_media_type',
      `The content encoding \`${encoding}\` is not supported. Use gzip, deflate, br or none.`,
    )
  }
  try {
    return await run(bytes, { maxOutputLength: maxBytes })
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge(maxBytes)
    throw new Fault('invalid_json', `The request body could not be decompressed as ${encoding}.`, { cause: error })
  }
}
