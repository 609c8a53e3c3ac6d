import { z } from 'zod'
import { faultFromIssues } from '../../contract/admin/explain-issues.ts'
import { readJson, readText } from '../../contract/admin/read-json.ts'
import { Fault } from '../../core/fault.ts'

/** What the schema makes of the value. Fault `invalid_request` naming every problem. */
export function accept<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  what: 'body' | 'query' | 'path',
): z.output<Schema> {
  const result = schema.safeParse(value, { reportInput: true })
  if (result.success) return result.data
  throw faultFromIssues(result.error.issues, schema, what)
}

/**
 * Query parameters as a flat object. Parameters of the form `metadata.name` or `metadata[name]` are gathered under
 * `metadata` where the schema has a record of that name. Nothing may be given twice.
 */
export function readQuery(url: string, schema: z.ZodType): Record<string, unknown> {
  const found = new Map<string, string>()
  const gathered = new Map<string, Map<string, string>>(recordsOf(schema).map((name) => [name, new Map()]))
  for (const [name, value] of new URLSearchParams(searchOf(url))) {
    if (name.includes('\0') || value.includes('\0')) throw refused(name, 'holds the character U+0000; take it out')
    const [whole, record, dotted, bracketed] = /^([a-z_]+)(?:\.(.+)|\[(.+)\])$/s.exec(name) ?? []
    const group = record === undefined ? undefined : gathered.get(record)
    const target = group ?? found
    const key = group === undefined ? name : (dotted ?? bracketed ?? whole ?? name)
    if (target.has(key)) throw refused(name, 'is given twice; give it once')
    target.set(key, value)
  }
  const records = [...gathered]
    .filter(([, pairs]) => pairs.size > 0)
    .map(([name, pairs]) => [name, Object.fromEntries(pairs)] as const)
  return Object.fromEntries<unknown>([...found, ...records])
}

function recordsOf(schema: z.ZodType): readonly string[] {
  if (!(schema instanceof z.ZodObject)) return []
  const fields = Object.entries<z.core.$ZodType>(schema.shape)
  return fields
    .filter(([, field]) => field instanceof z.ZodOptional && field.unwrap() instanceof z.ZodRecord)
    .map(([name]) => name)
}

function searchOf(url: string): string {
  const start = url.indexOf('?')
  return start === -1 ? '' : url.slice(start + 1).replace(/#.*$/s, '')
}

function refused(name: string, rule: string): Fault {
  const shown = name.replaceAll('\0', '').slice(0, 80)
  return new Fault('invalid_request', `\`${shown}\` ${rule}.`, { param: shown })
}

/** What is said to be a text, and not JSON. */
const textType = /^(?:text\/[\w.+-]+|application\/(?:x-)?(?:yaml|toml))\s*(?:;|$)/i

/** A JSON body of at most `maxBytes`, or a text where one is taken; undefined when none was sent. */
export async function readBody(request: Request, maxBytes: number, takesText: boolean): Promise<unknown> {
  const bytes = await readBytes(request, maxBytes)
  if (bytes.length === 0) return undefined
  const encoding = request.headers.get('content-encoding')
  if (encoding !== null && encoding.toLowerCase() !== 'identity') {
    throw new Fault('unsupported_media_type', 'The admin API takes bodies without content-encoding only.')
  }
  const type = request.headers.get('content-type')
  if (takesText && type !== null && textType.test(type)) return readText(bytes)
  if (type !== null && !/^application\/(?:json|[\w.+-]+\+json)\s*(?:;|$)/i.test(type)) {
    throw new Fault(
      'unsupported_media_type',
      'The body must be JSON. Send the header `content-type: application/json`.',
    )
  }
  return readJson(bytes)
}

async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array> {
  const tooLarge = new Fault(
    'request_too_large',
    `The body is larger than the ${maxBytes} bytes that the admin API takes.`,
  )
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLarge
  if (request.body === null) return new Uint8Array()
  const reader = (request.body as ReadableStream<Uint8Array>).getReader()
  const pieces: Uint8Array[] = []
  let size = 0
  for (;;) {
    const { done, value } = await reader.read().catch((cause: unknown) => {
      throw new Fault('client_closed', 'The client went away while it sent the request.', { cause })
    })
    if (done) return Buffer.concat(pieces)
    size += value.length
    if (size > maxBytes) {
      // Whether the rest can be called off makes no difference to the answer.
      reader.cancel().catch(() => undefined)
      throw tooLarge
    }
    pieces.push(value)
  }
}
