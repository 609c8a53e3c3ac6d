import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** One recorded exchange with Gemini. */
export interface GeminiExchange {
  /** `<folder>/<file>#<number>`. */
  readonly name: string
  readonly url: string
  /** What was asked, as Gemini was asked it; null where only the answer was recorded. */
  readonly request: unknown
  readonly status: number
  /** Lower case, without those that say how the bytes were framed. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

interface Flattened {
  readonly request: { readonly url: string; readonly body?: unknown }
  readonly response: {
    readonly status: number
    readonly headers: Readonly<Record<string, string | readonly string[]>>
    readonly body: unknown
  }
}

const root = resolve(process.env['PROMPTBOX_SHARED'] ?? '../shared', 'wire-fixtures')
const framing = new Set(['content-length', 'transfer-encoding', 'connection', 'content-encoding', 'keep-alive'])

/** Whether the recordings are there; they are never part of the repository. */
export function geminiRecordingsPresent(): boolean {
  if (existsSync(root)) return true
  console.warn(
    '\n*** The recorded traffic of Gemini is missing: its replay tests are SKIPPED. Set PROMPTBOX_SHARED. ***\n',
  )
  return false
}

/** Rows of the recordings' index that are about Gemini. */
export function geminiRows(): readonly string[] {
  return readFileSync(join(root, 'INDEX.md'), 'utf8')
    .split('\n')
    .filter((line) => /^\| gemini(\(|\/)/.test(line))
    .map((line) => (line.split('|')[2] ?? '').trim())
}

/** Every recorded exchange with Gemini: chat, embeddings and errors. */
export function geminiExchanges(): readonly GeminiExchange[] {
  return readdirSync(root, { withFileTypes: true })
    .filter((folder) => folder.isDirectory())
    .flatMap((folder) => (folder.name === 'vercel-ai' ? fixtures(folder.name) : cassettes(folder.name)))
}

/** The objects a recorded body holds: the data of its events, the items of its list, or itself. */
export function responsesOf(exchange: GeminiExchange): readonly unknown[] {
  const text = exchange.body.toString('utf8')
  if (/event-stream/.test(exchange.headers['content-type'] ?? '')) {
    return text
      .split(/\r?\n/)
      .filter((line) => line.startsWith('data:'))
      .map((line) => JSON.parse(line.slice(5)) as unknown)
  }
  const value = JSON.parse(text) as unknown
  return Array.isArray(value) ? value : [value]
}

function cassettes(folder: string): GeminiExchange[] {
  const directory = join(root, folder, '_exchanges')
  if (!existsSync(directory)) return []
  return readdirSync(directory)
    .sort()
    .flatMap((file) => {
      const exchanges = JSON.parse(readFileSync(join(directory, file), 'utf8')) as readonly Flattened[]
      return exchanges.flatMap(({ request, response }, number) => {
        if (!/:(stream)?[gG]enerateContent|:batchEmbedContents/.test(request.url)) return []
        const { body } = response
        return [
          {
            name: `${folder}/${file.replace(/\.json$/, '')}#${number}`,
            url: request.url,
            request: typeof request.body === 'string' ? (JSON.parse(request.body) as unknown) : request.body,
            status: response.status,
            headers: headersOf(response.headers),
            body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
          },
        ]
      })
    })
}

/** Events one per line without their framing; Google's lines end in CRLF. */
function fixtures(folder: string): GeminiExchange[] {
  return readdirSync(join(root, folder))
    .filter((file) => file.startsWith('google__'))
    .sort()
    .map((file) => {
      const lines = readFileSync(join(root, folder, file), 'utf8').split('\n')
      const events = lines.filter((line) => line !== '').map((line) => `data: ${line}\r\n\r\n`)
      return {
        name: `${folder}/${file}`,
        url: 'https://generativelanguage.googleapis.com/v1beta/models/gemini-3-pro-preview:streamGenerateContent?alt=sse',
        request: null,
        status: 200,
        headers: { 'content-type': 'text/event-stream' },
        body: Buffer.from(events.join('')),
      }
    })
}

function headersOf(recorded: Readonly<Record<string, string | readonly string[]>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(recorded)
      .map(([name, value]) => [name.toLowerCase(), typeof value === 'string' ? value : value.join(', ')] as const)
      .filter(([name]) => !framing.has(name)),
  )
}
