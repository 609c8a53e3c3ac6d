import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { RecordedExchange } from './recordings.ts'

/** One recorded exchange with Anthropic's Messages API. */
export interface AnthropicExchange extends RecordedExchange {
  /** What was asked, as Anthropic was asked it; null where only the answer was recorded. */
  readonly request: unknown
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

/** Files of the recordings' index whose row is about Anthropic. */
export function anthropicRows(): readonly string[] {
  return readFileSync(join(root, 'INDEX.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| anthropic/'))
    .map((line) => (line.split('|')[2] ?? '').trim())
}

/** Every recorded exchange with the Messages API: streams, whole answers, errors. */
export function anthropicExchanges(): readonly AnthropicExchange[] {
  return readdirSync(root, { withFileTypes: true })
    .filter((folder) => folder.isDirectory())
    .flatMap(({ name }) => (name === 'vercel-ai' ? fixtures(name) : cassettes(name)))
}

function cassettes(folder: string): AnthropicExchange[] {
  const directory = join(root, folder, '_exchanges')
  if (!existsSync(directory)) return []
  return readdirSync(directory)
    .sort()
    .flatMap((file) => {
      const exchanges = JSON.parse(readFileSync(join(directory, file), 'utf8')) as readonly Flattened[]
      return exchanges.flatMap(({ request, response }, number) => {
        if (!/api\.anthropic\.com\/v1\/messages/.test(request.url)) return []
        const body = typeof response.body === 'string' ? response.body : JSON.stringify(response.body)
        return [
          {
            name: `${folder}/${file.replace(/\.json$/, '')}#${number}`,
            url: request.url,
            request: typeof request.body === 'string' ? (JSON.parse(request.body) as unknown) : request.body,
            status: response.status,
            headers: headersOf(response.headers),
            body: Buffer.from(body),
          },
        ]
      })
    })
}

/** Events one per line without their framing. */
function fixtures(folder: string): AnthropicExchange[] {
  return readdirSync(join(root, folder))
    .filter((file) => file.startsWith('anthropic__'))
    .sort()
    .map((file) => {
      const lines = readFileSync(join(root, folder, file), 'utf8').split('\n')
      const events = lines
        .filter((line) => line !== '')
        .map((line) => `event: ${(JSON.parse(line) as { type: string }).type}\ndata: ${line}\n\n`)
      return {
        name: `${folder}/${file}`,
        url: 'https://api.anthropic.com/v1/messages',
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
