import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parse, type ScalarTag } from 'yaml'

/** One exchange of a recording, as the provider answered it. */
export interface RecordedExchange {
  /** `<folder>/<file>#<number>`. */
  readonly name: string
  readonly url: string
  readonly status: number
  /** Lower case, without those that say how the bytes were framed. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

const root = resolve(process.env['PROMPTBOX_SHARED'] ?? '../shared', 'wire-fixtures')

/** Whether the recordings are there; they are never part of the repository. */
export function recordingsPresent(): boolean {
  if (existsSync(root)) return true
  console.warn(
    '\n*** The recorded provider traffic is missing: the replay tests are SKIPPED. Set PROMPTBOX_SHARED to its folder. ***\n',
  )
  return false
}

/** Every recorded chat completion of an OpenAI-type provider. */
export function openAiTypeExchanges(): RecordedExchange[] {
  const found: RecordedExchange[] = []
  for (const folder of readdirSync(root, { withFileTypes: true })) {
    if (!folder.isDirectory()) continue
    for (const file of readdirSync(join(root, folder.name)).sort()) {
      const path = join(root, folder.name, file)
      const name = `${folder.name}/${file}`
      if (/\.ya?ml$/.test(file)) found.push(...cassette(name, readFileSync(path, 'utf8')))
      else if (folder.name === 'vercel-ai') found.push(...fixture(name, file, readFileSync(path)))
    }
  }
  return found
}

/** Ruby writes bytes that are not ASCII under a tag of its own. */
const binary: ScalarTag = { tag: '!binary', resolve: (text) => Buffer.from(text, 'base64') }

interface Cassette {
  readonly http_interactions?: readonly Interaction[]
  readonly interactions?: readonly Interaction[]
}
interface Interaction {
  readonly request: { readonly uri?: string; readonly url?: string }
  readonly response: {
    readonly status: { readonly code: number }
    readonly headers: Readonly<Record<string, string | readonly string[]>>
    readonly body?: { readonly string: string | Uint8Array }
    readonly parsed_body?: unknown
  }
}

function cassette(name: string, text: string): RecordedExchange[] {
  const document = parse(text, { customTags: [binary] }) as Cassette
  return (document.http_interactions ?? document.interactions ?? []).flatMap(({ request, response }, number) => {
    const url = request.uri ?? request.url ?? ''
    if (!url.includes('/chat/completions')) return []
    const content = response.body?.string ?? JSON.stringify(response.parsed_body)
    return [
      {
        name: `${name}#${number}`,
        url,
        status: response.status.code,
        headers: headersOf(response.headers),
        body: Buffer.from(content as Uint8Array),
      },
    ]
  })
}

/** Fixtures of single answers: events one per line without their framing, raw streams, or bodies. */
function fixture(name: string, file: string, content: Buffer): RecordedExchange[] {
  const provider = /^(openai__chat|deepseek|groq|mistral|xai|openai-compatible)__/.exec(file)
  if (provider === null) return []
  const exchange = { name, url: provider[1] ?? '', status: file.includes('error') ? 400 : 200 }
  if (file.endsWith('.json')) return [{ ...exchange, headers: { 'content-type': 'application/json' }, body: content }]
  const stream = { 'content-type': 'text/event-stream' }
  if (file.endsWith('.sse')) return [{ ...exchange, headers: stream, body: content }]
  const lines = content
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
  return [
    {
      ...exchange,
      headers: stream,
      body: Buffer.from([...lines, '[DONE]'].map((line) => `data: ${line}\n\n`).join('')),
    },
  ]
}

const framing = new Set(['content-length', 'transfer-encoding', 'connection', 'content-encoding', 'keep-alive'])

function headersOf(recorded: Readonly<Record<string, string | readonly string[]>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(recorded)
      .map(([name, value]) => [name.toLowerCase(), typeof value === 'string' ? value : value.join(', ')] as const)
      .filter(([name]) => !framing.has(name)),
  )
}
